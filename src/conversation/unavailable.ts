import { errorMembers, log } from "../observability/log.ts";
import { APPLY_MIGRATIONS, lacksMigrations } from "../store/d1-failure.ts";
import type { Problem } from "../http/problem.ts";

/** What the caller of a send is to know where something of ours did not answer. */
const DETAILS = {
  nothing_sent: "The database did not answer, and nothing was sent: repeat the request.",
  claim_unknown:
    "The database did not answer, so it is not known whether the message was taken. Repeat the request only with the same Idempotency-Key, or look the message up first.",
  conversation_not_reached:
    "Its conversation did not answer. The message stands and is sent by itself within minutes, unless its customer is erased before: repeat the request only with the same Idempotency-Key, or look the message up.",
  outcome_not_read:
    "The message was taken, but the database did not answer when asked what became of it: repeat the request only with the same Idempotency-Key, or look the message up.",
} as const;

/** The refusal of a send that did not get to its end; the error stands in the log. */
export function unavailable(
  what: keyof typeof DETAILS,
  messageId: string | null,
  error: unknown,
): Problem {
  const members = messageId === null ? {} : { message_id: messageId };
  log("error", "send_unavailable", { what, ...members, ...errorMembers(error) });
  // A claim is one transaction: where a table is missing, nothing of it stands.
  if ((what === "nothing_sent" || what === "claim_unknown") && lacksMigrations(error)) {
    const detail = `The database lacks migrations, and nothing was sent: ${APPLY_MIGRATIONS}.`;
    return { code: "not_configured", detail };
  }
  return { code: "unavailable", detail: DETAILS[what], members };
}
