/** What the caller of a send is to know where its customer was erased meanwhile. */
import { conversations } from "../conversation/client.ts";
import { erasureId } from "../lib/erasure-id.ts";
import { errorMembers, log } from "../lib/log.ts";
import type { Problem } from "../lib/problem.ts";
import { APPLY_MIGRATIONS, type Database, lacksMigrations } from "../store/d1.ts";
import { listErased } from "../store/erasures.ts";
import type { Claim, MessageRow } from "../store/messages.ts";

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

export const NOTHING_SENT: Problem = {
  code: "not_found",
  detail:
    "This customer was erased since the request was made, and nothing was sent: to write to them anew, make a new request with a new Idempotency-Key.",
};

/** Without a word of a new key: whoever obeyed it might write to the customer twice. */
const MAYBE_SENT: Problem = {
  code: "not_found",
  detail:
    "This customer was erased, and the message may have been sent before: what became of it is not kept. Repeating the request sends nothing.",
  members: { may_have_been_sent: true },
};

/** Why a claim did not stand: the person was erased, and with them what its key may have sent. */
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

/** What a key stands for whose message was erased; null where none was. */
export async function erasedUnderKey(
  database: Database,
  erasedKeyId: string,
): Promise<Problem | null> {
  return (await listErased(database, [erasedKeyId])).size > 0 ? MAYBE_SENT : null;
}

/** Why the object of a claimed message does not have it: it was erased, or there is none yet. */
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

/** Nobody knows what an object did that does not answer; but a message of an erased one is not sent later. */
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
