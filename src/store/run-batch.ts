import type { SQLWrapper } from "drizzle-orm";
import { d1Failure } from "./d1-failure.ts";
import type { Database } from "./database.ts";

/**
 * Runs statements in one transaction and one round trip; none at all is no round trip. They must be
 * idempotent: where the connection breaks, nobody knows whether they ran, and they run once more.
 * Throws what D1 throws. (drizzle's own `batch` can't bind the parameters of raw statements.)
 */
export async function runBatch(
  database: Database,
  statements: readonly SQLWrapper[],
): Promise<void> {
  if (statements.length === 0) return;
  const { $client: client } = database;
  await repeatIfLost(() =>
    client.batch(
      statements.map((statement) => {
        const query = database.run(statement).getQuery();
        return client.prepare(query.sql).bind(...query.params);
      }),
    ),
  );
}

/** Runs what is idempotent once more where the connection broke. */
export async function repeatIfLost<Result>(run: () => Promise<Result>): Promise<Result> {
  try {
    return await run();
  } catch (error) {
    if (d1Failure(error) !== "repeat") throw error;
    return run();
  }
}
