import { finding, type Finding } from "./finding.ts";
import type { Ledger, WrittenMessage } from "./ledger.ts";
import type { Store } from "./read-store.ts";
import { keyOfStored, type StoredMessage } from "./store-views.ts";

const SESSION_WINDOW_MS = 24 * 60 * 60 * 1000;

/** One conversation per customer and number, with the unread count and window that follow. */
export function auditConversations(
  { written, readMarks }: Ledger,
  { conversations, messages }: Store,
): Finding[] {
  const writtenIn = Map.groupBy(written, ({ conversation }) => conversation);
  const byWamid = new Map(messages.map((message) => [message.wamid, message]));
  const byId = new Map(messages.map((message) => [message.id, message]));
  const seen = new Set<string>();
  return conversations.flatMap((stored): Finding[] => {
    const key = keyOfStored(stored);
    if (seen.has(key)) return [finding("split", key)];
    seen.add(key);
    const own = writtenIn.get(key) ?? [];
    const marked = byId.get(readMarks.get(stored.id) ?? "") ?? null;
    const { least, most } = expectedUnread(own, byWamid, marked);
    const expiresAt = windowExpiresAt(own);
    const { unread_count, session_window } = stored;
    return [
      ...(unread_count >= least && unread_count <= most
        ? []
        : [finding("unread", `${key}: ${unread_count} instead of ${least} to ${most}`)]),
      ...(session_window.expires_at === expiresAt
        ? []
        : [finding("window", `${key}: ${session_window.expires_at} instead of ${expiresAt}`)]),
    ];
  });
}

/**
 * What came after the read mark. What has the mark's own second may have come before staff read, or
 * after: only there is the count not exact.
 */
function expectedUnread(
  written: readonly WrittenMessage[],
  stored: ReadonlyMap<string | null, StoredMessage>,
  marked: StoredMessage | null,
): { least: number; most: number } {
  const counting = written
    .filter(({ countsAsUnread }) => countsAsUnread)
    .map(({ wamid }) => stored.get(wamid));
  const mark = marked?.id ?? "";
  const after = counting.filter((message) => (message?.id ?? "") > mark);
  const before = counting.filter((message) => (message?.id ?? "") < mark);
  const tied = before.filter((message) => message?.created_at === marked?.created_at);
  return { least: after.length, most: after.length + tied.length };
}

/** 24 hours after the newest message by Meta's clock; null if there is none. */
function windowExpiresAt(written: readonly WrittenMessage[]): string | null {
  if (written.length === 0) return null;
  const newest = written.reduce((latest, { at }) => Math.max(latest, at), 0);
  return new Date(newest + SESSION_WINDOW_MS).toISOString();
}
