/** What the doctor reads in D1: the last arrivals from Meta, the backlog, and the schema's presence. */
import { listConversations } from "./conversation-lists.ts";
import { type Database, runBatch } from "./d1.ts";
import { sql } from "./sql.ts";
import tables from "./tables.json" with { type: "json" };

/** The conversations read, and the newest messages of each: cheap for a business of any size. */
const CONVERSATIONS_READ = 50;
const MESSAGES_READ_OF_EACH = 4;

/** Times in milliseconds; null if there is none. */
export type Arrivals = {
  /** The newest message, status or account event. */
  newest: number | null;
  /** Of the messages that Meta accepted before `quietSince`, the oldest without any status. */
  oldest_silent: number | null;
};

export async function readArrivals(database: Database, quietSince: number): Promise<Arrivals> {
  const newest = await listConversations(database, {
    filters: [],
    after: null,
    limit: CONVERSATIONS_READ,
  });
  const [row] = await database.all<Arrivals>(sql`
    WITH recent AS MATERIALIZED (
      SELECT direction, state, meta_status, created_at, received_at,
        max(coalesce(sent_at, 0), coalesce(delivered_at, 0), coalesce(read_at, 0),
          coalesce(meta_failed_at, 0)) AS status_at
      FROM json_each(${JSON.stringify(newest.map(({ id }) => id))}) AS newest CROSS JOIN messages
      WHERE conversation_id = newest.value AND messages.id IN (
        SELECT id FROM messages AS m WHERE m.conversation_id = newest.value
        ORDER BY id DESC LIMIT ${MESSAGES_READ_OF_EACH}))
    SELECT
      nullif(max(
        coalesce((SELECT max(received_at) FROM recent), 0),
        coalesce((SELECT max(status_at) FROM recent), 0),
        coalesce((SELECT max(received_at) FROM message_statuses WHERE message_id IS NULL), 0),
        coalesce((SELECT received_at FROM account_events ORDER BY received_at DESC LIMIT 1), 0)
      ), 0) AS newest,
      (SELECT min(created_at) FROM recent
        WHERE direction = 'outbound' AND state = 'accepted' AND meta_status IS NULL
          AND created_at < ${quietSince}) AS oldest_silent`);
  return row ?? { newest: null, oldest_silent: null };
}

/** Counting stops here: a larger number would not help the operator more. */
const COUNTED_MAX = 1000;

/** Sends that Meta refused for now, by our code and Meta's reason. */
export type RefusedSends = { code: string; detail: string; count: number };

export type Backlog = {
  dead_letters: number;
  unconfirmed: number;
  refused: readonly RefusedSends[];
};

export async function readBacklog(database: Database): Promise<Backlog> {
  const [counts, refused] = await Promise.all([
    database.all<Omit<Backlog, "refused">>(sql`
      SELECT
        (SELECT count(*) FROM (SELECT 1 FROM dead_letters LIMIT ${COUNTED_MAX})) AS dead_letters,
        (SELECT count(*) FROM (
          SELECT 1 FROM messages
          WHERE state IN ('pending', 'unconfirmed') AND state = 'unconfirmed' LIMIT ${COUNTED_MAX}
        )) AS unconfirmed`),
    database.all<RefusedSends>(sql`
      SELECT code, detail, count(*) AS count
      FROM (
        SELECT error ->> 'code' AS code, error ->> 'detail' AS detail FROM messages
        WHERE state = 'queued' AND error IS NOT NULL ORDER BY id LIMIT ${COUNTED_MAX})
      GROUP BY code, detail ORDER BY count DESC, code, detail`),
  ]);
  return { dead_letters: 0, unconfirmed: 0, ...counts[0], refused };
}

/** Reads no row; throws D1's own error for the first missing table or column. */
export async function requireSchema(database: Database): Promise<void> {
  await runBatch(
    database,
    Object.entries(tables).map(([name, columns]) =>
      sql.raw(`SELECT ${columns} FROM ${name} LIMIT 0`),
    ),
  );
}
