/** Whether those who are to be told of events take one. */
import { refusalOf, type PostOutcome } from "../delivery/post-event.ts";
import { fail, ok, type Verdict } from "./verdict.ts";

/** A subscriber by its host, and its answer to a test event. */
export type TestedSubscriber = { host: string; outcome: PostOutcome };

export function judgeSubscribers(tested: readonly TestedSubscriber[]): Verdict {
  if (tested.length === 0) {
    return ok("EVENT_SUBSCRIBERS is not set: nobody is told of events.");
  }
  // Who does not want it is there to say so.
  const refusing = tested
    .filter(({ outcome }) => outcome.kind !== "delivered" && outcome.kind !== "gone")
    .map(({ host, outcome }) => `${host}: ${refusalOf(outcome)}`);
  if (refusing.length === 0) return ok(`Subscribers that took a test event: ${tested.length}.`);
  return fail(
    `A test event was not taken by ${refusing.join(", ")}.`,
    "Start what listens there, let it verify with a secret of EVENT_SUBSCRIBERS and answer 2xx to types it does not know; POST /v1/subscribers/test tries one alone. What waits for it is kept for three days.",
  );
}
