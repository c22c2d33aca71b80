/** Which conversations a list shows, and in which order. Pure. */
import type { Conversation } from "./views.ts";

/** What staff look at; the API's views of the same names. */
export type Tab = "open" | "waiting" | "mine" | "closed";

export const TABS: readonly Tab[] = ["open", "waiting", "mine", "closed"];

/** What staff chose to see. */
export type Choice = {
  tab: Tab;
  unreadOnly: boolean;
  /** A business number's id; null for all of them. */
  number: string | null;
  search: string;
  /** Who looks: their name, as in `assignee`. */
  me: string;
};

/** Where a list ends, in its order. */
export type Position = { at: string; id: string };

/** The last conversation that was listed without a gap; null once all have been. */
export type Horizon = Position | null;

/** The query of the API for this choice. A search looks in all tabs. */
export function listQuery({ tab, unreadOnly, number, search }: Choice): Record<string, string> {
  if (search !== "") return { include: "last_message", q: search };
  return {
    include: "last_message",
    view: tab,
    ...(unreadOnly ? { unread: "true" } : {}),
    ...(number === null ? {} : { phone_number_id: number }),
  };
}

/** Whether a conversation belongs into a tab; what a search finds, the server says. */
export function fits(choice: Choice, conversation: Conversation): boolean {
  const { unreadOnly, number, search } = choice;
  if (search !== "") return true;
  return (
    isIn(choice, conversation) &&
    (!unreadOnly || conversation.unread_count > 0) &&
    (number === null || conversation.phone_number_id === number)
  );
}

function isIn({ tab, me }: Choice, { status, waiting_since, assignee }: Conversation): boolean {
  switch (tab) {
    case "open":
      return status !== "closed";
    case "waiting":
      return waiting_since !== null;
    case "mine":
      return status !== "closed" && assignee === me;
    case "closed":
      return status === "closed";
  }
}

/**
 * The ids to show, in order. What is behind the horizon waits until its page is loaded. The open conversation
 * stays until another one is opened, where it was when it last belonged here: `kept`.
 */
export function orderedIds(
  conversations: Iterable<Conversation>,
  choice: Choice,
  isShown: (conversation: Conversation) => boolean,
  horizon: Horizon,
  kept: Position | null = null,
): string[] {
  const shown: Position[] = [];
  for (const conversation of conversations) {
    const isKept = kept?.id === conversation.id && !isShown(conversation);
    const position = isKept && isByWait(choice) ? kept : positionIn(choice, conversation);
    const isWithin = horizon === null || inOrder(choice)(position, horizon) <= 0;
    if (isWithin && (isKept || isShown(conversation))) shown.push(position);
  }
  return shown.toSorted(inOrder(choice)).map(({ id }) => id);
}

/** The last of these in the order of the list, or `before` if that is behind them. */
export function lastOf(
  choice: Choice,
  conversations: readonly Conversation[],
  before: Horizon,
): Horizon {
  const order = inOrder(choice);
  return conversations
    .map((conversation) => positionIn(choice, conversation))
    .reduce(
      (last: Horizon, each) => (last === null || order(each, last) > 0 ? each : last),
      before,
    );
}

export function positionIn(choice: Choice, conversation: Conversation): Position {
  const { id, last_message_at, waiting_since } = conversation;
  return { id, at: isByWait(choice) ? (waiting_since ?? "") : last_message_at };
}

/** Newest first; those who wait, longest first. */
export function inOrder(choice: Choice): (one: Position, other: Position) => number {
  const direction = isByWait(choice) ? 1 : -1;
  return (one, other) => direction * (compare(one.at, other.at) || compare(one.id, other.id));
}

/**
 * The order of a list while it is held, without what has gone. What is new waits, unless it stands behind
 * all that was there: the list has then grown at its end.
 */
export function heldOrder(held: readonly string[], ids: readonly string[]): readonly string[] {
  const now = new Set(ids);
  const before = new Set(held);
  const end = ids.findLastIndex((id) => before.has(id));
  return end === -1 ? ids : [...held.filter((id) => now.has(id)), ...ids.slice(end + 1)];
}

/** How many rows of a held order would stand elsewhere in the true one, or are not among them yet. */
export function waitingChanges(held: readonly string[], ids: readonly string[]): number {
  const places = new Map(held.map((id, place) => [id, place]));
  // The most rows that keep their order among themselves: a run of each length, by the least place that it ends at.
  const ends: number[] = [];
  for (const id of ids) {
    const place = places.get(id);
    if (place !== undefined) ends[ends.findLastIndex((end) => end < place) + 1] = place;
  }
  return ids.length - ends.length;
}

function isByWait({ tab, search }: Choice): boolean {
  return tab === "waiting" && search === "";
}

function compare(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
