/** Which conversations a list shows, and in which order. Pure. */
import type { Conversation } from "./views.ts";

export type Tab = "all" | "pending" | "active" | "closed";

export const TABS: readonly Tab[] = ["all", "pending", "active", "closed"];

/** What staff chose to see. */
export type Choice = { tab: Tab; unreadOnly: boolean; search: string };

/** The oldest conversation that was listed without a gap; null once all have been. */
export type Horizon = { at: string; id: string } | null;

/** The query of the API for this choice. A search looks in all tabs. */
export function listQuery({ tab, unreadOnly, search }: Choice): Record<string, string> {
  if (search !== "") return { include: "last_message", q: search };
  return {
    include: "last_message",
    ...(tab === "all" ? {} : { status: tab }),
    ...(unreadOnly ? { unread: "true" } : {}),
  };
}

/** Whether a conversation belongs into a tab; what a search finds, the server says. */
export function fits({ tab, unreadOnly, search }: Choice, conversation: Conversation): boolean {
  if (search !== "") return true;
  return (
    (tab === "all" || conversation.status === tab) && (!unreadOnly || conversation.unread_count > 0)
  );
}

/** The ids to show, newest first. What is older than the horizon waits until its page is loaded. */
export function orderedIds(
  conversations: Iterable<Conversation>,
  isShown: (conversation: Conversation) => boolean,
  horizon: Horizon,
): string[] {
  const shown: Conversation[] = [];
  for (const conversation of conversations) {
    const isWithin =
      horizon === null ||
      conversation.last_message_at > horizon.at ||
      (conversation.last_message_at === horizon.at && conversation.id >= horizon.id);
    if (isWithin && isShown(conversation)) shown.push(conversation);
  }
  return shown.toSorted(newestFirst).map(({ id }) => id);
}

function newestFirst(one: Conversation, other: Conversation): number {
  return compare(other.last_message_at, one.last_message_at) || compare(other.id, one.id);
}

function compare(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
