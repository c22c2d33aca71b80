/** The earliest thing that an object has to do: its alarm is set for it. */
import type { Links } from "./identity/links.ts";
import type { ConversationStorage } from "./storage/storage.ts";

/**
 * When the object has something to do next; null if nothing is due.
 *
 * @param soon when the object tries again what is unfinished
 */
export function nextDueAt(storage: ConversationStorage, links: Links, soon: number): number | null {
  const { inbox, outbox, state, record, leaving } = storage;
  if (record.kind === "moved" && record.departing !== null) return soon;
  if (state === null) return null;
  const unfinished =
    inbox.hasUnsettled() ||
    outbox.hasUnrecorded() ||
    storage.hasEventsToQueue() ||
    leaving !== null ||
    links.hasOpen();
  const dues = [
    unfinished ? soon : null,
    outbox.waiting.dueAt(),
    outbox.records.pruneDueAt(),
  ].filter((due) => due !== null);
  return dues.length === 0 ? null : Math.min(...dues);
}
