/** When something last came from Meta, by what it left in D1. */
import { sql } from "drizzle-orm";
import type { Database } from "./database.ts";

/** Newest messages looked at, so that it stays cheap whatever the business has sent. */
const MESSAGES_LOOKED_AT = 200;

/** Times in milliseconds; null where there is none. */
export type Arrivals = {
  /** The newest message, status or account event. */
  newest: number | null;
  /** Of the messages that Meta took before `quiet_since`, the oldest it never spoke of again. */
  oldest_silent: number | null;
};

export async function readArrivals(database: Database, quietSince: number): Promise<Arrivals> {
  const [row] = await database.all<Arrivals>(sql`
    WITH recent AS (
      SELECT direction, state, meta_status, created_at, received_at,
        max(coalesce(sent_at, 0), coalesce(delivered_at, 0), coalesce(read_at, 0),
          coalesce(meta_failed_at, 0)) AS status_at
      FROM messages ORDER BY id DESC LIMIT ${MESSAGES_LOOKED_AT})
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
