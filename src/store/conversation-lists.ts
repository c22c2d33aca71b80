/** Lists of conversations in D1, by any filters, newest first. */
import { MINUTE_MS } from "../lib/time.ts";
import { NUMBERS } from "./business-numbers.ts";
import {
  type ConversationRow,
  isWith,
  NEWEST_FIRST,
  selectConversations,
} from "./conversations.ts";
import { type Database } from "./d1.ts";
import { isFoundBy, type SearchTerm } from "./name-search.ts";
import { sql, type SQL, withLiterals } from "./sql.ts";

/** A person and an owner have an index; the other filters share one. */
export type ConversationFilter =
  | { by: "status"; status: ConversationRow["status"] }
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

type WrittenSince = {
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
): Promise<ConversationRow[]> {
  const [narrowest] = NARROWEST_FIRST.flatMap((by) =>
    listing.filters.filter((filter) => filter.by === by),
  );
  return narrowest === undefined
    ? mergeRuns(database, listing)
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
): Promise<ConversationRow[]> {
  // A "+" stops SQLite from using an index: it can't know which of two filters is narrower.
  const others = filters.filter((filter) => filter !== narrowest);
  const conditions = [
    matches(narrowest),
    ...others.map((filter) => sql`+(${matches(filter)})`),
    ...(after === null ? [] : [comesAfter(after)]),
    ...(written === null ? [] : [wasWrittenTo(written)]),
    ...(written?.among === "recent" ? [sql`last_message_at >= ${recentSince(written)}`] : []),
  ];
  return selectConversations(
    database,
    sql`WHERE ${sql.join(conditions, sql` AND `)} ${NEWEST_FIRST} LIMIT ${limit}`,
  );
}

// SQLite chooses a partial index only if the query repeats the index's condition.
function matches(filter: ConversationFilter): SQL {
  switch (filter.by) {
    case "status":
      return sql`status = ${filter.status}`;
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

/**
 * The index has a run, in order, for each number, status and whether unread. The runs that match are
 * merged as a queue: it begins with the newest of each, and where one leaves it, the next of the same run
 * enters. So a page reads one entry for each run and two for each row. (D1 allows a UNION of five
 * members, and SQLite merges no others without a sort.)
 */
async function mergeRuns(
  database: Database,
  { filters, after, written = null, limit }: ConversationListing,
): Promise<ConversationRow[]> {
  const numbers = filters.flatMap((filter) =>
    filter.by === "phone_number_id" ? [filter.phone_number_id] : [],
  );
  const statuses = STATUSES.filter((status) =>
    filters.every((filter) => filter.by !== "status" || filter.status === status),
  );
  const isUnread = filters.some(({ by }) => by === "unread");
  const given = JSON.stringify({
    numbers: numbers.slice(0, 1).filter((number) => numbers.every((each) => each === number)),
    statuses,
    unread: isUnread ? [1] : [0, 1],
    at: after?.last_message_at ?? Number.MAX_SAFE_INTEGER,
    id: after?.id ?? "",
    since: written?.among === "recent" ? recentSince(written) : 0,
  });
  return database.all<ConversationRow>(sql`
    WITH RECURSIVE given (v) AS (SELECT ${given}),
      ${numbers.length === 0 ? NUMBERS : GIVEN_NUMBERS}, ${QUEUE}
    SELECT conversations.* FROM queue CROSS JOIN conversations
    WHERE conversations.id = substr(queue.entry, ${TIME_DIGITS + 1})
      AND ${written === null ? sql`true` : wasWrittenTo(written)}
    LIMIT ${limit}`);
}

/** Digits of a time in milliseconds before an id, so that entries sort as texts. */
const TIME_DIGITS = 15;

const DIGITS = sql.raw(String(TIME_DIGITS));

/** The newest entry of a run that comes after a position. */
function nextOf(run: string, position: SQL): SQL {
  const of = (member: string) => sql.raw(`${run}.${member}`);
  return sql`(
    SELECT printf('%0${DIGITS}d', c.last_message_at) || c.id FROM conversations AS c
    WHERE c.phone_number_id = ${of("number")} AND c.status = ${of("status")}
      AND (c.unread_count > 0) = ${of("unread")} AND (c.last_message_at, c.id) < (${position})
      AND c.last_message_at >= ${of("since")}
    ORDER BY c.last_message_at DESC, c.id DESC LIMIT 1)`;
}

const GIVEN_NUMBERS = sql.raw(
  `numbers (number) AS (SELECT value FROM given CROSS JOIN json_each(v, '$.numbers'))`,
);

const QUEUE = sql.raw(
  withLiterals(sql`
    runs (number, status, unread, since, at, id) AS (
      SELECT number, status.value, unread.value, v ->> 'since', v ->> 'at', v ->> 'id'
      FROM given CROSS JOIN numbers
        CROSS JOIN json_each(v, '$.statuses') AS status CROSS JOIN json_each(v, '$.unread') AS unread
      WHERE number IS NOT NULL),
    queue (entry, number, status, unread, since) AS (
      SELECT ${nextOf("runs", sql`runs.at, runs.id`)}, number, status, unread, since FROM runs
      UNION ALL
      SELECT
        ${nextOf("queue", sql`CAST(substr(entry, 1, ${DIGITS}) AS INTEGER), substr(entry, ${DIGITS} + 1)`)},
        number, status, unread, since
      FROM queue WHERE entry IS NOT NULL
      ORDER BY 1 DESC)`),
);

function comesAfter(position: ConversationPosition): SQL {
  return sql`(last_message_at, id) < (${position.last_message_at}, ${position.id})`;
}

/** A change of an object reaches D1 at once, or after one or two alarms. */
const PROJECTION_MAX_LATE_MS = MINUTE_MS;

/** Meta stamps a message on receipt and delivers it seconds later, or minutes later after an outage. */
const DELIVERY_MAX_LATE_MS = 10 * MINUTE_MS;

function wasWrittenTo({ at }: WrittenSince): SQL {
  return sql`conversations.updated_at >= ${at - PROJECTION_MAX_LATE_MS}
    AND conversations.created_at <= ${at}`;
}

/** Of the times of a conversation only `last_message_at` has an index. */
function recentSince({ at }: WrittenSince): number {
  return at - DELIVERY_MAX_LATE_MS;
}
