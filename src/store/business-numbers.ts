/** The business numbers in D1: those with a conversation. */
import { type Database } from "./d1.ts";
import { batchedLookup } from "./rows.ts";
import { sql, withLiterals } from "./sql.ts";

/**
 * A common table `numbers (number)` of every number, and a last row of NULL. It reads one index entry
 * for each, however many conversations they have.
 */
export const NUMBERS = sql.raw(
  withLiterals(sql`
    numbers (number) AS (
      SELECT min(phone_number_id) FROM conversations
      UNION ALL
      SELECT (SELECT min(phone_number_id) FROM conversations WHERE phone_number_id > number)
      FROM numbers WHERE number IS NOT NULL)`),
);

/** Selects every number. */
export const selectNumbers = sql`
  WITH RECURSIVE ${NUMBERS} SELECT number FROM numbers WHERE number IS NOT NULL`;

type NumberRow = { number: string };

/** The rows of `selectNumbers`. */
export function numbersOf(result: D1Result | undefined): string[] {
  // The column of our own statement.
  const rows = (result?.results ?? []) as NumberRow[]; // oxlint-disable-line typescript/no-unsafe-type-assertion
  return rows.map(({ number }) => number);
}

/** Every business number that has a conversation. */
export async function listBusinessNumbers(database: Database): Promise<string[]> {
  const rows = await database.all<NumberRow>(selectNumbers);
  return rows.map(({ number }) => number);
}

/** Whether a business number has any conversation. */
export const hasConversations = batchedLookup(loadNumbers);

async function loadNumbers(
  database: Database,
  numbers: readonly string[],
): Promise<(true | null)[]> {
  const rows = await database.all<NumberRow>(sql`
    SELECT DISTINCT input.value AS number FROM json_each(${JSON.stringify(numbers)}) AS input
    WHERE EXISTS (SELECT 1 FROM conversations WHERE phone_number_id = input.value)`);
  const known = new Set(rows.map(({ number }) => number));
  return numbers.map((number) => (known.has(number) ? true : null));
}
