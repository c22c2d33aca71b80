/**
 * Why a send was refused where D1 or the object did not answer, or where its customer was erased: each
 * problem says whether the message may have been sent, so that the caller knows whether to repeat.
 */
import { conversations } from "../conversation/client.ts";
import type { Address } from "../lib/address.ts";
import { erasureId } from "../lib/erasure-id.ts";
import { errorMembers, log } from "../lib/log.ts";
import type { Problem } from "../lib/problem.ts";
import { APPLY_MIGRATIONS, type Database, lacksMigrations } from "../store/d1.ts";
import { listErased } from "../store/erasures.ts";

/** What the caller needs to know where D1 or an object did not answer. */
const DETAILS = {
  nothing_sent: "The database did not answer, and nothing was sent: repeat the request.",
  conversation_not_reached:
    "Its conversation did not answer. The message is kept and will be sent within minutes, unless its customer is erased: repeat the request only with the same Idempotency-Key, or look the message up.",
  not_kept:
    "Neither its conversation nor the database answered, so we don't know whether the message was taken: repeat the request only with the same Idempotency-Key, or look the message up.",
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
  if (what === "nothing_sent" && lacksMigrations(error)) {
    const detail = `The database lacks migrations, and nothing was sent: ${APPLY_MIGRATIONS}.`;
    return { code: "not_configured", detail };
  }
  return { code: "unavailable", detail: DETAILS[what], members };
}

/** Of a key whose message no conversation has, and whose request can't be made again. */
export function notStarted(message_id: string): Problem {
  const detail =
    "The first request with this Idempotency-Key was interrupted, and nothing was sent: use a new key.";
  return { code: "unavailable", detail, members: { message_id } };
}

export const NOTHING_SENT: Problem = {
  code: "not_found",
  detail:
    "This customer was erased, and nothing was sent: to write to them again, repeat the request with a new Idempotency-Key.",
};

/** Does not mention a new key: a caller who used one might write to the customer twice. */
export const MAYBE_SENT: Problem = {
  code: "not_found",
  detail:
    "This customer was erased, and the message may have been sent: its outcome is not kept, and repeating the request sends nothing.",
  members: { may_have_been_sent: true },
};

/** Of a key that stands for another message. */
export function keyReused(message_id: string): Problem {
  const detail =
    "This idempotency key came with another message before: use a new key for a new one.";
  return { code: "idempotency_key_reused", detail, members: { message_id } };
}

/** The problem of a key whose message was erased; null where none was. */
export async function erasedUnderKey(
  database: Database,
  erasedKeyId: string,
): Promise<Problem | null> {
  return (await listErased(database, [erasedKeyId])).size > 0 ? MAYBE_SENT : null;
}

/** A message that an object was to take. */
export type Handed = {
  id: string;
  conversationId: string;
  /** The addresses of its customer that are known. */
  addresses: readonly Address[];
  /** When it was made, in milliseconds. */
  madeAt: number;
};

/** Why the object does not have a message; null if its person was not erased. Throws the object's error. */
export async function whyNotTaken(
  env: Env,
  { conversationId, id, madeAt }: Handed,
): Promise<Problem | null> {
  switch (await conversations(env).fateOf(conversationId, id, madeAt)) {
    case "unsent":
      return NOTHING_SENT;
    case "may_have_been_sent":
      return MAYBE_SENT;
    case "not_erased":
      return null;
  }
}

/**
 * An object that does not answer may or may not have sent the message. Where D1 knows of an erasure
 * since, the message is not sent later either.
 */
export async function whyNotReached(
  env: Env,
  database: Database,
  { id, conversationId, addresses, madeAt }: Handed,
  reason: unknown,
): Promise<Problem> {
  const ids = [conversationId, ...addresses.map((address) => erasureId(env.CONVERSATION, address))];
  try {
    const erased = await listErased(database, ids);
    if (Math.max(0, ...erased.values()) >= madeAt) return MAYBE_SENT;
  } catch (error) {
    return unavailable("not_kept", id, error);
  }
  return unavailable("conversation_not_reached", id, reason);
}
