/** What remains after a person was erased: the time, and nothing of the person. Pure. */
import { beginningOfSecond, isMadeBy, isSameMessage } from "../../lib/ids.ts";
import type { InboundMessage } from "../../message/inbound-message.ts";
import type { OutgoingMessage } from "../../message/outgoing-message.ts";

export type Tombstone = {
  /** In milliseconds. */
  erased_at: number;
  /** Ids of the erased messages with a timestamp in that second or after it. */
  message_ids: readonly string[];
};

/** Asks to forget everything up to `at`, in milliseconds. */
export type Erase = {
  at: number;
  /** Ids of messages that the person's other objects had in that second. */
  elsewhere?: readonly string[];
  onlyIfSilent?: boolean;
};

/** The last version that D1 may have, and the messages of that second that must not come back. */
export type Erased = {
  version: number;
  message_ids: readonly string[];
  /** The time that this object uses; an object of 0.1.0 names none. */
  erased_at?: number;
};

/** Sorts before the ids of all messages with a timestamp in the second of the erasure. */
export function secondErased(erasedAt: number): string {
  return beginningOfSecond(erasedAt);
}

/**
 * The messages since the erasure. Meta's timestamps are whole seconds: of the second of the erasure, only
 * messages that the object had are erased, whatever order they have now.
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

/** Whether something with this time is from before the erasure. */
export function wasErasedAt(tombstone: Tombstone | null, at: number): boolean {
  return tombstone !== null && at <= tombstone.erased_at;
}

/** The outgoing messages made since the erasure; a fallback counts by the message that it replaces. */
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
