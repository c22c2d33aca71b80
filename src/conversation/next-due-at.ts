import type { ConversationStorage } from "./conversation-storage.ts";
import type { Links } from "./links.ts";

/**
 * When a conversation's object has something to do next; null if nothing is due.
 *
 * @param soon when what is unfinished is tried again
 */
export function nextDueAt(storage: ConversationStorage, links: Links, soon: number): number | null {
  const { inbox, outbox, state, record, leaving } = storage;
  if (record.kind === "moved" && record.departing !== null) return soon;
  if (state === null) return null;
  const unfinished =
    inbox.hasUnsettled() ||
    outbox.hasUnrecorded() ||
    storage.hasEventsToTell() ||
    leaving !== null ||
    links.hasOpen();
  const dues = [
    unfinished ? soon : null,
    outbox.dueAt(),
    inbox.pruneDueAt(),
    outbox.pruneDueAt(),
  ].filter((due) => due !== null);
  return dues.length === 0 ? null : Math.min(...dues);
}
