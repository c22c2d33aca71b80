/** What could not be processed, kept for the operator. */
import { desc, lt } from "drizzle-orm";
import { randomSuffix } from "../messages/message-id.ts";
import type { Database } from "./database.ts";
import { keepOversized, readOversized } from "./oversized-values.ts";
import { runBatch } from "./run-batch.ts";
import { deadLetters } from "./schema.ts";
import { fitsValue } from "./value-size.ts";

export type NewDeadLetter = {
  /** `webhook`, or the queue that gave it up. */
  source: string;
  reason: string;
  /** JSON text. */
  payload: string;
};

export type DeadLetterRow = NewDeadLetter & { id: string; created_at: number };

export async function keepDeadLetters(
  database: Database,
  letters: readonly NewDeadLetter[],
  now: number,
): Promise<void> {
  await runBatch(
    database,
    letters.flatMap((letter) => {
      const id = `ded_${randomSuffix(now)}`;
      const payload = fitsValue(letter.payload) ? letter.payload : null;
      return [
        database.insert(deadLetters).values({ ...letter, id, payload, created_at: now }),
        ...keepOversized(database, id, letter.payload),
      ];
    }),
  );
}

/** A page of dead letters, newest first; `after` is the last id of the page before. */
export async function listDeadLetters(
  database: Database,
  { after, limit }: { after: string | null; limit: number },
): Promise<DeadLetterRow[]> {
  const rows = await database
    .select()
    .from(deadLetters)
    .where(after === null ? undefined : lt(deadLetters.id, after))
    .orderBy(desc(deadLetters.id))
    .limit(limit);
  const oversized = await readOversized(
    database,
    rows.filter(({ payload }) => payload === null).map(({ id }) => id),
  );
  return rows.map((row) => ({ ...row, payload: row.payload ?? oversized.get(row.id) ?? "null" }));
}
