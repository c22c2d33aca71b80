/**
 * What an object remembers of the messages that it took from Meta: pure rules on lists of them. An id names
 * its wamid, since its last digits are the wamid's digest.
 */
import { tailOf } from "../../lib/ids.ts";

/** 1 = counts after the read mark; 0 = read, or never counts; 2 = counts in another conversation. */
export type Unread = 0 | 1 | 2;

/**
 * A message. `due` is the number of its event until D1 and the queues have both, 0 for one without a
 * number; null = they have it.
 */
export type SeenEntry = readonly [id: string, unread: Unread, due: number | null];

/** The one row of an object is written for each message, so it holds only the last ones. */
export const RECENT_MAX = 64;

/** So many leave the row together: each then costs a fraction of a row. */
export const PAGE_ENTRIES = 48;

export function entryOf(entries: readonly SeenEntry[], id: string): SeenEntry | null {
  const tail = tailOf(id);
  return entries.find(([known]) => known.endsWith(tail)) ?? null;
}

/** Adds an entry; beyond RECENT_MAX the oldest leave, in the order in which they were taken. */
export function withEntries(
  entries: readonly SeenEntry[],
  more: readonly SeenEntry[],
): { recent: readonly SeenEntry[]; pages: readonly (readonly SeenEntry[])[] } {
  const all = [...entries, ...more];
  const pages: SeenEntry[][] = [];
  let left = 0;
  for (; all.length - left > RECENT_MAX; left += PAGE_ENTRIES) {
    pages.push(all.slice(left, left + PAGE_ENTRIES));
  }
  return { recent: all.slice(left), pages };
}

/** The number of unread messages after the read mark, and the id of the first. */
export type UnreadCount = { count: number; first: string | null };

export function unreadAfter(entries: readonly SeenEntry[], mark: string): UnreadCount {
  return entries.reduce<UnreadCount>(
    (sum, [id, unread]) =>
      unread === 1 && id > mark ? addUnread(sum, { count: 1, first: id }) : sum,
    { count: 0, first: null },
  );
}

export function addUnread(one: UnreadCount, other: UnreadCount): UnreadCount {
  const first =
    one.first === null || (other.first !== null && other.first < one.first)
      ? other.first
      : one.first;
  return { count: one.count + other.count, first };
}

/** Marks as read what the mark covers: a merge may move the mark back. The same list if nothing changes. */
export function withMark(entries: readonly SeenEntry[], mark: string): readonly SeenEntry[] {
  return changed(entries, ([id, unread, due]) =>
    unread === 1 && id <= mark ? [id, 0, due] : null,
  );
}

/** Marks messages that D1 and the queues have, by their tails. The same list if nothing changes. */
export function settled(
  entries: readonly SeenEntry[],
  tails: ReadonlySet<string>,
): readonly SeenEntry[] {
  return changed(entries, ([id, unread, due]) =>
    due !== null && tails.has(tailOf(id)) ? [id, unread, null] : null,
  );
}

/** Gives messages the ids that D1 has for them. The same list if nothing changes. */
export function renamed(
  entries: readonly SeenEntry[],
  ids: ReadonlyMap<string, string>,
): readonly SeenEntry[] {
  return changed(entries, ([id, unread, due]) => {
    const held = ids.get(tailOf(id));
    return held === undefined || held === id ? null : [held, unread, due];
  });
}

/** Marks messages that count in another conversation, by their tails. The same list if nothing changes. */
export function leftToOther(
  entries: readonly SeenEntry[],
  tails: ReadonlySet<string>,
): readonly SeenEntry[] {
  return changed(entries, ([id, unread, due]) =>
    unread === 1 && tails.has(tailOf(id)) ? [id, 2, due] : null,
  );
}

/** A message as one object sends it to another. */
export type SeenMessage = {
  /** Older objects know messages by it; a digest of the wamid where the sender has no other. */
  wamid: string;
  message_id: string;
  unread: number;
  received_at: number;
  /** D1 and the queues may lack it: its object stopped before, and Meta delivers it again. */
  is_due?: boolean;
};

/**
 * Takes over what another object knows of the same messages, by their tails: a message read in one of both
 * is read. The same list if nothing changes.
 */
export function mergedWith(
  entries: readonly SeenEntry[],
  arriving: ReadonlyMap<string, SeenMessage>,
): readonly SeenEntry[] {
  return changed(entries, ([id, unread, due]) => {
    const seen = arriving.get(tailOf(id));
    if (seen === undefined) return null;
    const least = unreadOf(Math.min(unread, seen.unread));
    return seen.message_id === id && least === unread ? null : [seen.message_id, least, due];
  });
}

/** A message that moves in. One that D1 may lack gets the number of its event when Meta delivers it again. */
export function entryOfSeen({ message_id, unread, is_due = false }: SeenMessage): SeenEntry {
  return [message_id, unreadOf(unread), is_due ? 0 : null];
}

/** @param mark the read mark of the conversation that leaves */
export function seenOfEntry(
  [message_id, unread, due]: SeenEntry,
  mark: string,
  received_at: number,
): SeenMessage {
  const isRead = unread === 1 && message_id <= mark;
  return {
    wamid: digestWamid(message_id),
    message_id,
    unread: isRead ? 0 : unread,
    received_at,
    ...(due === null ? {} : { is_due: true }),
  };
}

/** Stands for the wamid of a message of which only the id is known. */
export function digestWamid(messageId: string): string {
  return `digest:${tailOf(messageId)}`;
}

function unreadOf(value: number): Unread {
  return value === 1 || value === 2 ? value : 0;
}

/** The list with each entry replaced for which `change` returns another. */
function changed(
  entries: readonly SeenEntry[],
  change: (entry: SeenEntry) => SeenEntry | null,
): readonly SeenEntry[] {
  let isChanged = false;
  const after = entries.map((entry) => {
    const other = change(entry);
    if (other !== null) isChanged = true;
    return other ?? entry;
  });
  return isChanged ? after : entries;
}
