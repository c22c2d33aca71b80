/** Lists of conversations in D1, by any filters, newest first. */
import { MINUTE_MS, SECOND_MS } from "../lib/time.ts";
import { mergeRuns } from "./conversation-runs.ts";
import {
  type ConversationRow,
  isWith,
  NEWEST_FIRST,
  selectConversations,
} from "./conversations.ts";
import { type Database } from "./d1.ts";
import type { ListedConversation } from "./listed-conversation.ts";
import { isFoundBy, type SearchTerm } from "./name-search.ts";
import { limitTo, sql, type SQL } from "./sql.ts";

/** A person, an owner and an assignee have an index; the other filters share one. */
export type ConversationFilter =
  | { by: "status"; status: ConversationRow["status"] }
  /** Not closed. */
  | { by: "open" }
  /** Null: nobody. */
  | { by: "assignee"; assignee: string | null }
  /** The customer waits: these come longest first, from `listWaiting`. */
  | { by: "waiting" }
  | { by: "unread" }
  | { by: "owner"; owner: string }
  | { by: "phone"; phone: string }
  | { by: "user"; user_id: string }
  /** An identity that is neither a phone nor a BSUID. */
  | { by: "verbatim"; identity: string }
  | { by: "phone_number_id"; phone_number_id: string }
  /** Has no index: D1 reads every conversation. */
  | { by: "search"; terms: readonly SearchTerm[] };

/** Where a page ends, newest first. */
export type ConversationPosition = { last_message_at: number; id: string };

export type WrittenSince = {
  at: number;
  /** `recent`: only those whose last message has a recent stamp, so that D1 reads few rows. */
  among: "all" | "recent";
};

type ConversationListing = {
  /** All filters must match; without filters every conversation does. */
  filters: readonly ConversationFilter[];
  after: ConversationPosition | null;
  /** Only conversations that existed at this time and were written since. */
  written?: WrittenSince | null;
  limit: number;
};

/** Newest first by (last message, id). */
export async function listConversations(
  database: Database,
  listing: ConversationListing,
): Promise<ListedConversation[]> {
  const [narrowest] = NARROWEST_FIRST.flatMap((by) =>
    listing.filters.filter((filter) => filter.by === by),
  );
  return narrowest === undefined
    ? listFromRuns(database, listing)
    : listFrom(database, narrowest, listing);
}

/** Filters that the other index does not serve, in the order of how few rows each leaves to read. */
const NARROWEST_FIRST: readonly ConversationFilter["by"][] = [
  "phone",
  "user",
  "verbatim",
  "owner",
  "search",
];

/** The narrowest filter uses its index; the others test the rows that it finds. */
async function listFrom(
  database: Database,
  narrowest: ConversationFilter,
  { filters, after, written = null, limit }: ConversationListing,
): Promise<ListedConversation[]> {
  // A "+" stops SQLite from using an index: it can't know which of two filters is narrower.
  const others = filters.filter((filter) => filter !== narrowest);
  const conditions = [
    matches(narrowest),
    ...others.map((filter) => sql`+(${matches(filter)})`),
    ...(after === null ? [] : [comesAfter(after)]),
    ...(written === null ? [] : isWritten(written)),
  ];
  return selectConversations(
    database,
    sql`WHERE ${sql.join(conditions, sql` AND `)} ${NEWEST_FIRST} ${limitTo(limit)}`,
  );
}

// SQLite chooses a partial index only if the query repeats the index's condition.
export function matches(filter: ConversationFilter): SQL {
  switch (filter.by) {
    case "status":
      return sql`status = ${filter.status}`;
    case "open":
      return sql`status <> 'closed'`;
    case "assignee":
      return filter.assignee === null
        ? sql`assignee IS NULL`
        : sql`assignee IS NOT NULL AND assignee = ${filter.assignee}`;
    case "waiting":
      return sql`waiting_since IS NOT NULL`;
    case "unread":
      return sql`unread_count > 0`;
    case "owner":
      return sql`owner IS NOT NULL AND owner = ${filter.owner}`;
    case "phone":
      return isWith(filter.phone);
    case "user":
      return isWith(filter.user_id);
    case "verbatim":
      return isWith(filter.identity);
    case "phone_number_id":
      return sql`phone_number_id = ${filter.phone_number_id}`;
    case "search":
      return isFoundBy(filter.terms);
  }
}

const STATUSES: readonly ConversationRow["status"][] = ["pending", "active", "closed"];

function listFromRuns(
  database: Database,
  { filters, after, written = null, limit }: ConversationListing,
): Promise<ListedConversation[]> {
  const [number = null, ...others] = filters.flatMap((filter) =>
    filter.by === "phone_number_id" ? [filter.phone_number_id] : [],
  );
  const statuses = STATUSES.filter((status) =>
    filters.every(
      (filter) =>
        (filter.by !== "status" || filter.status === status) &&
        (filter.by !== "open" || status !== "closed"),
    ),
  );
  const [assigned, ...alsoAssigned] = filters.flatMap((filter) =>
    filter.by === "assignee" ? [filter] : [],
  );
  const canMatch =
    others.every((other) => other === number) &&
    alsoAssigned.every(({ assignee }) => assignee === assigned?.assignee);
  const isUnread = filters.some(({ by }) => by === "unread") ? [true] : [false, true];
  return mergeRuns(database, {
    kinds: canMatch
      ? statuses.flatMap((status) => isUnread.map((each) => ({ status, isUnread: each })))
      : [],
    number,
    ...(assigned === undefined ? {} : { assignee: assigned.assignee }),
    bounds: {
      before: after ?? BEFORE_NONE,
      lastMessageFrom: written?.among === "recent" ? recentSince(written) : 0,
      updatedFrom: written === null ? 0 : updatedSince(written),
      createdUntil: written?.at ?? Number.MAX_SAFE_INTEGER,
    },
    limit,
  });
}

/** All conversations come behind it. */
const BEFORE_NONE: ConversationPosition = { last_message_at: Number.MAX_SAFE_INTEGER, id: "" };

function comesAfter(position: ConversationPosition): SQL {
  return sql`(last_message_at, id) < (${position.last_message_at}, ${position.id})`;
}

/** A change of an object reaches D1 at once, or after one or two alarms. */
const PROJECTION_MAX_LATE_MS = MINUTE_MS;

/** Who does not know what was shown gets only what may still have been on its way: all else would come twice. */
const RECENT_MAX_LATE_MS = 2 * SECOND_MS;

/** Meta stamps a message on receipt and delivers it seconds later, or minutes later after an outage. */
const DELIVERY_MAX_LATE_MS = 10 * MINUTE_MS;

/** The conditions of what was written since, for a list that another index sorts. */
export function isWritten(written: WrittenSince): SQL[] {
  const { at, among } = written;
  return [
    sql`+updated_at >= ${updatedSince(written)} AND +created_at <= ${at}`,
    ...(among === "recent" ? [sql`+last_message_at >= ${recentSince(written)}`] : []),
  ];
}

function updatedSince({ at, among }: WrittenSince): number {
  return at - (among === "recent" ? RECENT_MAX_LATE_MS : PROJECTION_MAX_LATE_MS);
}

/** Of the times of a conversation only `last_message_at` has an index. */
function recentSince({ at }: WrittenSince): number {
  return at - DELIVERY_MAX_LATE_MS;
}
