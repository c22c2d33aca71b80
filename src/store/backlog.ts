/** What in D1 waits for time or for somebody, counted. */
import { sql } from "drizzle-orm";
import type { Database } from "./database.ts";

/** Counting stops here: more says nothing more. */
const COUNTED_MAX = 1000;

/** Sends that Meta refused for now, by our code and its reason. */
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
