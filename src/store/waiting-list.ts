/** The conversations whose customers wait for an answer, longest first. */
import {
  type ConversationFilter,
  isWritten,
  matches,
  type WrittenSince,
} from "./conversation-lists.ts";
import { selectConversations } from "./conversations.ts";
import type { Database } from "./d1.ts";
import type { ListedConversation } from "./listed-conversation.ts";
import { limitTo, sql } from "./sql.ts";

/** Where a page ends: since when its last customer waits. */
export type WaitingPosition = { waiting_since: number; id: string };

type WaitingListing = {
  /** The other filters: all must match. */
  filters: readonly ConversationFilter[];
  after: WaitingPosition | null;
  /** Only conversations that existed at this time and were written since. */
  written?: WrittenSince | null;
  limit: number;
};

/** The filters test the rows that the index gives in order: those that wait are few. */
export async function listWaiting(
  database: Database,
  { filters, after, written = null, limit }: WaitingListing,
): Promise<ListedConversation[]> {
  const conditions = [
    matches({ by: "waiting" }),
    // A "+" keeps SQLite from taking the index of a filter.
    ...filters.map((filter) => sql`+(${matches(filter)})`),
    ...(written === null ? [] : isWritten(written)),
    ...(after === null ? [] : [sql`(waiting_since, id) > (${after.waiting_since}, ${after.id})`]),
  ];
  return selectConversations(
    database,
    sql`WHERE ${sql.join(conditions, sql` AND `)} ORDER BY waiting_since, id ${limitTo(limit)}`,
  );
}
