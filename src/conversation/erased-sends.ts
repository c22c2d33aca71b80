/** What of a conversation's messages had left when its person was erased. */
import { isMadeBy } from "../messages/message-id.ts";
import type { ConversationStorage } from "./conversation-storage.ts";

/** What became of a message that an object does not have. */
export type SendFate =
  | "not_erased"
  /** It was taken back, or came too late. */
  | "unsent"
  /** Meta was called, or nobody remembers. */
  | "may_have_been_sent";

/**
 * Kept in memory alone: whoever waits for an answer keeps the object awake. After a restart it is not
 * known of any message whether it left.
 */
export class ErasedSends {
  readonly #left = new Set<string>();
  /** Of what was made later it is known whether it left. */
  #knownSince = Infinity;

  /** Right before the erasure. */
  note({ record, tombstone, outbox }: ConversationStorage): void {
    for (const id of outbox.left()) this.#left.add(id);
    // An outbox is whole since the last erasure, unless it moved.
    const wholeSince = tombstone?.erased_at ?? 0;
    this.#knownSince =
      record.kind === "moved" ? Date.now() : Math.min(wholeSince, this.#knownSince);
  }

  fateOf({ tombstone }: ConversationStorage, messageId: string, isBeingErased: boolean): SendFate {
    if (tombstone === null || !isMadeBy(messageId, tombstone.erased_at)) {
      return isBeingErased ? "unsent" : "not_erased";
    }
    const isKnown = !isMadeBy(messageId, this.#knownSince);
    return isKnown && !this.#left.has(messageId) ? "unsent" : "may_have_been_sent";
  }
}
