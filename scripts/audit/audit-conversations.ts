import { finding, type Finding } from "./finding.ts";
import type { Ledger } from "./ledger.ts";
import type { Store } from "./read-store.ts";
import { keyOfStored } from "./store-views.ts";

const SESSION_WINDOW_MS = 24 * 60 * 60 * 1000;

/** One conversation per customer and number, with the unread count and window that follow. */
export function auditConversations(
  { written, readMarks }: Ledger,
  { conversations, messages }: Store,
): Finding[] {
  const writtenIn = Map.groupBy(written, ({ conversation }) => conversation);
  const ids = new Map(messages.map(({ wamid, id }) => [wamid, id]));
  const seen = new Set<string>();
  return conversations.flatMap((stored): Finding[] => {
    const key = keyOfStored(stored);
    if (seen.has(key)) return [finding("split", key)];
    seen.add(key);
    const own = writtenIn.get(key) ?? [];
    const mark = readMarks.get(stored.id) ?? "";
    const unread = own.filter(
      ({ wamid, countsAsUnread }) => countsAsUnread && (ids.get(wamid) ?? "") > mark,
    ).length;
    const lastAt = own.reduce((latest, { at }) => Math.max(latest, at), 0);
    const expiresAt = own.length === 0 ? null : new Date(lastAt + SESSION_WINDOW_MS).toISOString();
    const { unread_count, session_window } = stored;
    return [
      ...differs("unread", key, unread_count, unread),
      ...differs("window", key, session_window.expires_at, expiresAt),
    ];
  });
}

function differs(
  kind: "unread" | "window",
  key: string,
  stored: number | string | null,
  expected: number | string | null,
): Finding[] {
  return stored === expected ? [] : [finding(kind, `${key}: ${stored} instead of ${expected}`)];
}
