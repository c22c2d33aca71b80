/** What waits for somebody: dead letters, sends nobody confirmed, sends that Meta refuses for now. */
import type { Backlog, RefusedSends } from "../store/backlog.ts";
import { fail, ok, warn, withoutFullStop, type Verdict } from "./verdict.ts";

export function judgeDeadLetters({ dead_letters: count }: Backlog): Verdict {
  return count === 0
    ? ok("There are no dead letters.")
    : warn(
        `${count} could not be processed.`,
        "GET /v1/dead-letters tells why. Once that is mended: POST /v1/dead-letters/{id}/replay.",
      );
}

export function judgeUnconfirmed({ unconfirmed: count }: Backlog): Verdict {
  return count === 0
    ? ok("Meta answered to every send.")
    : warn(
        `Of ${count} sends nobody knows whether they left: Meta's answer was lost.`,
        "Their statuses settle them; after 24 hours without any they fail. To send one again all the same: POST /v1/messages/{id}/resend.",
      );
}

export function judgeRefused({ refused }: Backlog): Verdict {
  const forOperator = refused.filter(({ code }) => code === "meta_unauthorized");
  if (forOperator.length > 0) {
    const reasons = forOperator.map(({ detail }) => withoutFullStop(detail)).join("; ");
    return fail(
      `${countOf(forOperator)} sends wait for you: ${reasons}.`,
      "Mend what Meta says. They are tried every 5 minutes and leave by themselves.",
    );
  }
  return refused.length > 0
    ? warn(
        `${countOf(refused)} sends wait because Meta slows them down.`,
        "They leave by themselves. If they pile up, send less at once.",
      )
    : ok("No send waits after a refusal of Meta's.");
}

function countOf(sends: readonly RefusedSends[]): number {
  return sends.reduce((sum, { count }) => sum + count, 0);
}
