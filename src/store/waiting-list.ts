/** The conversations whose customers wait for an answer, longest first. */
import { NUMBERS } from "./business-numbers.ts";
import { type ConversationFilter, matches } from "./conversation-lists.ts";
import type { ListedConversation } from "./listed-conversation.ts";
import type { Database } from "./d1.ts";
import { limitTo, sql, type SQL, withLiterals } from "./sql.ts";

/** Where a page ends: since when its last customer waits. */
export type WaitingPosition = { waiting_since: number; id: string };

type WaitingListing = {
  /** The other filters: all must match. */
  filters: readonly ConversationFilter[];
  after: WaitingPosition | null;
  limit: number;
};

/**
 * The index has a run for each number. A recursive query is a queue of them: it begins with the first entry of
 * each, and where one leaves it, the next of the same number enters. The other filters test the rows: those that
 * wait are few. Whoever begins to wait joins at the end, so no page misses one.
 */
export async function listWaiting(
  database: Database,
  { filters, after, limit }: WaitingListing,
): Promise<ListedConversation[]> {
  const [number] = filters.flatMap((filter) =>
    filter.by === "phone_number_id" ? [filter.phone_number_id] : [],
  );
  const given = JSON.stringify({
    numbers: number === undefined ? [] : [number],
    at: after?.waiting_since ?? 0,
    id: after?.id ?? "",
  });
  const tests = filters.map((filter) => sql` AND +(${matches(filter)})`);
  return database.all<ListedConversation>(sql`
    WITH RECURSIVE given (v) AS (SELECT ${given}),
      ${number === undefined ? NUMBERS : GIVEN_NUMBERS}, ${QUEUE}
    SELECT conversations.* FROM queue CROSS JOIN conversations
    WHERE conversations.id = substr(queue.entry, ${TIME_DIGITS + 1}) ${sql.join(tests, sql``)}
    ${limitTo(limit)}`);
}

/** The numbers that `given` names, in the place of `NUMBERS`. */
const GIVEN_NUMBERS = sql.raw(
  `numbers (number) AS (SELECT value FROM given CROSS JOIN json_each(v, '$.numbers'))`,
);

/** Digits of a time in milliseconds before an id, so that entries sort as texts. */
const TIME_DIGITS = 15;

const DIGITS = sql.raw(String(TIME_DIGITS));

/** The entry of a number that comes next after a position. */
function nextOf(run: string, position: SQL): SQL {
  return sql`(
    SELECT printf('%0${DIGITS}d', c.waiting_since) || c.id FROM conversations AS c
    WHERE c.phone_number_id = ${sql.raw(run)}.number AND c.waiting_since IS NOT NULL
      AND (c.waiting_since, c.id) > (${position})
    ORDER BY c.waiting_since, c.id LIMIT 1)`;
}

const POSITION_OF_ENTRY = sql`
  CAST(substr(entry, 1, ${DIGITS}) AS INTEGER), substr(entry, ${DIGITS} + 1)`;

const QUEUE = sql.raw(
  withLiterals(sql`
    runs (number, at, id) AS (
      SELECT number, v ->> 'at', v ->> 'id' FROM given CROSS JOIN numbers WHERE number IS NOT NULL),
    queue (entry, number) AS (
      SELECT ${nextOf("runs", sql`runs.at, runs.id`)}, number FROM runs
      UNION ALL
      SELECT ${nextOf("queue", POSITION_OF_ENTRY)}, number FROM queue WHERE entry IS NOT NULL
      ORDER BY 1)`),
);
