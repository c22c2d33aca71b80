/** What SQLite plans for what the store asks of D1, and what it then reads. */
import { env } from "cloudflare:workers";
import { createDatabase, type Database } from "../../src/store/d1.ts";
import { recordedD1 } from "./recorded-d1.ts";
import { allRows } from "./store-rows.ts";

/** What SQLite plans for every statement that the work sends to D1. */
export async function plansOf(work: (database: Database) => Promise<unknown>): Promise<string[]> {
  const { database, record } = recordedD1(env.DB);
  await work(createDatabase(database));
  const plans = await Promise.all(
    record.statements.map(({ sql, values }) => allRows(`EXPLAIN QUERY PLAN ${sql}`, ...values)),
  );
  return plans.flat().map(({ detail }) => String(detail));
}

/** The rows that the work's statements read. */
export async function rowsRead(work: (database: Database) => Promise<unknown>): Promise<number> {
  const { database, record } = recordedD1(env.DB);
  await work(createDatabase(database));
  const results = await env.DB.batch(
    record.statements.map(({ sql, values }) => env.DB.prepare(sql).bind(...values)),
  );
  return results.reduce((sum, { meta }) => sum + meta.rows_read, 0);
}
