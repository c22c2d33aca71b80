/** Dead letters in D1: messages that could not be processed, for the operator to see and replay. */
import { randomSuffix } from "../lib/ids.ts";
import { type Database, runBatch } from "./d1.ts";
import { type AboutPeople, isAboutNobodyErased } from "./erasures.ts";
import { dropOversized, keepOversized, readOversized } from "./raw-values.ts";
import { fitsValue, jsonChunks } from "./rows.ts";
import { insertInto, limitTo, sql, type SQL } from "./sql.ts";

export type NewDeadLetter = {
  /** `webhook`, or the queue whose consumer gave up. */
  source: string;
  reason: string;
  /** JSON text. */
  payload: string;
  /** Whom it is about; absent where it names no person. */
  about?: AboutPeople;
};

export type DeadLetterRow = Omit<NewDeadLetter, "about"> & { id: string; created_at: number };

/** In D1, the payload is null if it is larger than a row. */
type StoredLetter = Omit<DeadLetterRow, "payload"> & { payload: string | null };

export async function keepDeadLetters(
  database: Database,
  letters: readonly NewDeadLetter[],
  now: number,
): Promise<void> {
  const rows = letters.map((letter) => ({
    ...letter,
    id: `ded_${randomSuffix(now)}`,
    created_at: now,
  }));
  await runBatch(database, [
    ...jsonChunks(
      rows.map((row) => ({ ...row, payload: fitsValue(row.payload) ? row.payload : null })),
    ).map(insertLetters),
    ...rows.flatMap(({ id, payload }) => keepOversized("dead_letters", id, payload)),
  ]);
}

/** A page of dead letters, newest first; `after` is the last id of the page before. */
export async function listDeadLetters(
  database: Database,
  { after, limit }: { after: string | null; limit: number },
): Promise<DeadLetterRow[]> {
  const isBehind = after === null ? sql`true` : sql`id < ${after}`;
  const rows = await database.all<StoredLetter>(
    sql`SELECT * FROM dead_letters WHERE ${isBehind} ORDER BY id DESC ${limitTo(limit)}`,
  );
  const oversized = await readOversized(
    database,
    rows.filter(({ payload }) => payload === null).map(({ id }) => id),
  );
  return rows.map((row) => ({ ...row, payload: row.payload ?? oversized.get(row.id) ?? "null" }));
}

export async function findDeadLetter(
  database: Database,
  id: string,
): Promise<DeadLetterRow | null> {
  const [row] = await database.all<StoredLetter>(sql`SELECT * FROM dead_letters WHERE id = ${id}`);
  if (row === undefined) return null;
  const payload = row.payload ?? (await readOversized(database, [id])).get(id);
  return { ...row, payload: payload ?? "null" };
}

/** Deletes a dead letter after its replay. */
export async function dropDeadLetter(database: Database, id: string): Promise<void> {
  await runBatch(database, [sql`DELETE FROM dead_letters WHERE id = ${id}`, dropOversized(id)]);
}

/** One statement for many rows: D1 counts statements. */
function insertLetters(rows: string): SQL {
  return insertInto(
    "dead_letters",
    "id, source, reason, payload, created_at",
    sql`
      FROM json_each(${rows}) AS input
      WHERE ${isAboutNobodyErased(sql`input.value`)}
      ON CONFLICT DO NOTHING`,
  );
}
