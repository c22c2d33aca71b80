import type { SQLWrapper } from "drizzle-orm";
import { d1Failure } from "./d1-failure.ts";
import type { Database } from "./database.ts";
import { statementFrom, type Statement } from "./statement.ts";

/**
 * Runs statements in one transaction and one round trip; none at all is no round trip. They must be
 * idempotent: where the connection breaks, nobody knows whether they ran, and they run once more.
 * Returns their results in order;
 * throws what D1 throws. (drizzle's own `batch` can't bind the parameters of raw statements.)
 */
export async function runBatch(
  database: Database,
  statements: readonly (SQLWrapper | Statement)[],
): Promise<D1Result[]> {
  if (statements.length === 0) return [];
  const { $client: client } = database;
  return onceMoreIfBroken(() =>
    client.batch(
      statements.map((statement) => {
        const { text, parameters } = "text" in statement ? statement : statementFrom(statement);
        return client.prepare(text).bind(...parameters);
      }),
    ),
  );
}

/** Repeats idempotent work at once where the connection broke. */
async function onceMoreIfBroken<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (d1Failure(error) !== "repeat") throw error;
    return work();
  }
}
