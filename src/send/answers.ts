/**
 * Why a send was refused where D1 or the object did not answer, or where its customer was erased: each
 * problem says whether the message may have been sent, so that the caller knows whether to repeat.
 */
import { conversations } from "../conversation/client.ts";
import { erasureId } from "../lib/erasure-id.ts";
import { errorMembers, log } from "../lib/log.ts";
import type { Problem } from "../lib/problem.ts";
import { APPLY_MIGRATIONS, type Database, lacksMigrations } from "../store/d1.ts";
import { listErased } from "../store/erasures.ts";
import type { Claim, MessageRow } from "../store/messages.ts";

/** What the caller needs to know where D1 or an object did not answer. */
const DETAILS = {
  nothing_sent: "The database did not answer, and nothing was sent: repeat the request.",
  claim_unknown:
    "The database did not answer, so we don't know whether it took the message. Repeat the request only with the same Idempotency-Key, or look the message up first.",
  conversation_not_reached:
    "Its conversation did not answer. The message is kept and will be sent within minutes, unless its customer is erased before: repeat the request only with the same Idempotency-Key, or look the message up.",
  outcome_not_read:
    "The message was taken, but the database did not answer with its outcome: repeat the request only with the same Idempotency-Key, or look the message up.",
} as const;

/** The refusal of a send that was interrupted; logs the error. */
export function unavailable(
  what: keyof typeof DETAILS,
  messageId: string | null,
  error: unknown,
): Problem {
  const members = messageId === null ? {} : { message_id: messageId };
  log("error", "send_unavailable", { what, ...members, ...errorMembers(error) });
  // A claim is one transaction: where a table is missing, nothing of it was written.
  if ((what === "nothing_sent" || what === "claim_unknown") && lacksMigrations(error)) {
    const detail = `The database lacks migrations, and nothing was sent: ${APPLY_MIGRATIONS}.`;
    return { code: "not_configured", detail };
  }
  return { code: "unavailable", detail: DETAILS[what], members };
}

export const NOTHING_SENT: Problem = {
  code: "not_found",
  detail:
    "This customer was erased since the request was made, and nothing was sent: to write to them again, make a new request with a new Idempotency-Key.",
};

/** Does not mention a new key: a caller who used one might write to the customer twice. */
const MAYBE_SENT: Problem = {
  code: "not_found",
  detail:
    "This customer was erased, and the message may have been sent before: its outcome is not kept. Repeating the request sends nothing.",
  members: { may_have_been_sent: true },
};

/** Why D1 refused a claim: the person was erased, and with them the message that its key may have sent. */
export async function whyNotClaimed(
  database: Database,
  { erased_key_id }: Pick<Claim, "erased_key_id">,
): Promise<Problem> {
  if (erased_key_id === undefined) return NOTHING_SENT;
  try {
    return (await erasedUnderKey(database, erased_key_id)) ?? NOTHING_SENT;
  } catch (error) {
    return unavailable("claim_unknown", null, error);
  }
}

/** The problem of a key whose message was erased; null where none was. */
export async function erasedUnderKey(
  database: Database,
  erasedKeyId: string,
): Promise<Problem | null> {
  return (await listErased(database, [erasedKeyId])).size > 0 ? MAYBE_SENT : null;
}

/** Why the object does not have a claimed message: it was erased, or there is no object yet. */
export async function whyNotTaken(env: Env, database: Database, row: MessageRow): Promise<Problem> {
  try {
    const fate = await conversations(env).fateOf(row.conversation_id, row.id, row.created_at);
    switch (fate) {
      case "unsent":
        return NOTHING_SENT;
      case "may_have_been_sent":
        return MAYBE_SENT;
      case "not_erased":
        return await whyNotReached(env, database, row, new Error("no object yet"));
    }
  } catch (error) {
    return whyNotReached(env, database, row, error);
  }
}

/**
 * An object that does not answer may or may not have sent the message. Where D1 knows of an erasure
 * since, the message is not sent later either.
 */
export async function whyNotReached(
  env: Env,
  database: Database,
  { id, conversation_id, created_at, conversation: { phone, user_id } }: MessageRow,
  reason: unknown,
): Promise<Problem> {
  const ids = [
    conversation_id,
    ...(phone === null ? [] : [erasureId(env.CONVERSATION, { kind: "phone", phone })]),
    ...(user_id === null ? [] : [erasureId(env.CONVERSATION, { kind: "user", user_id })]),
  ];
  try {
    const erased = await listErased(database, ids);
    if (Math.max(0, ...erased.values()) >= created_at) return MAYBE_SENT;
  } catch (error) {
    return unavailable("conversation_not_reached", id, error);
  }
  return unavailable("conversation_not_reached", id, reason);
}
