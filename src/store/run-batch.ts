import type { SQLWrapper } from "drizzle-orm";
import type { Database } from "./database.ts";

/**
 * Runs statements in one transaction and one round trip; none at all is no round trip. Throws what
 * D1 throws. (drizzle's own `batch` can't bind the parameters of raw statements.)
 */
export async function runBatch(
  database: Database,
  statements: readonly SQLWrapper[],
): Promise<void> {
  if (statements.length === 0) return;
  const { $client: client } = database;
  await client.batch(
    statements.map((statement) => {
      const query = database.run(statement).getQuery();
      return client.prepare(query.sql).bind(...query.params);
    }),
  );
}
