/** What is left where a person was erased: when that was, and nothing of whom. Pure. */
import { beginningOfSecond, isMadeBy, isSameMessage } from "../lib/ids.ts";
import type { InboundMessage } from "../message/inbound-message.ts";
import type { OutgoingMessage } from "../message/outgoing-message.ts";

export type Tombstone = {
  /** In milliseconds. */
  erased_at: number;
  /** Ids of the messages that were here and are stamped in that second, or after it. */
  message_ids: readonly string[];
};

/** What to forget: all of before `at`, in milliseconds. */
export type Erase = {
  at: number;
  /** Ids of messages that the person's other objects had in that second. */
  elsewhere?: readonly string[];
  onlyIfSilent?: boolean;
};

/** The last version that D1 may have seen, and what of the second of the erasure must not come back. */
export type Erased = {
  version: number;
  message_ids: readonly string[];
  /** The moment as it holds here; an object of 0.1.0 does not tell. */
  erased_at?: number;
};

/** Sorts before the ids of all that is stamped in the second of the erasure. */
export function secondErased(erasedAt: number): string {
  return beginningOfSecond(erasedAt);
}

/**
 * The messages that are not of before. Meta's stamps are whole seconds: of the second of the erasure
 * itself only those are that were here, whatever their places were.
 */
export function sinceErased<Message extends Pick<InboundMessage, "id">>(
  tombstone: Tombstone | null,
  messages: readonly Message[],
): readonly Message[] {
  if (tombstone === null) return messages;
  const { erased_at, message_ids } = tombstone;
  const from = secondErased(erased_at);
  return messages.filter(
    ({ id }) => id >= from && !message_ids.some((here) => isSameMessage(here, id)),
  );
}

/** Whether anything else that has a time is of before. */
export function wasErasedAt(tombstone: Tombstone | null, at: number): boolean {
  return tombstone !== null && at <= tombstone.erased_at;
}

/** The messages of ours that were made since, themselves and those in whose place they go. */
export function madeSinceErased(
  tombstone: Tombstone | null,
  messages: readonly OutgoingMessage[],
): readonly OutgoingMessage[] {
  if (tombstone === null) return messages;
  const { erased_at } = tombstone;
  return messages.filter(({ id, fallback_of = id, made_at }) =>
    made_at === undefined ? !isMadeBy(fallback_of, erased_at) : made_at > erased_at,
  );
}
