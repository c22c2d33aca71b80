/**
 * Work on many rows at once: JSON parameters within D1's limits, a fallback to row by row if D1
 * refuses one, and look-ups that become one query.
 */
import { errorMembers, log } from "../lib/log.ts";
import { d1Failure, type Database } from "./d1.ts";

/**
 * D1 and the SQLite of an object accept at most 2,000,000 bytes in one value, stored or bound. The limit
 * here is in UTF-16 units, of at most 3 bytes of UTF-8 each.
 * https://developers.cloudflare.com/d1/platform/limits/
 * https://developers.cloudflare.com/durable-objects/platform/limits/
 */
const VALUE_LIMIT_CHARACTERS = 600_000;

export function fitsValue(text: string): boolean {
  return text.length <= VALUE_LIMIT_CHARACTERS;
}

/** The rows as JSON arrays, each small enough to bind; a single row must fit. */
export function jsonChunks(rows: readonly unknown[]): string[] {
  const chunks: string[] = [];
  let chunk: string[] = [];
  let characters = 0;
  for (const row of rows) {
    const text = JSON.stringify(row);
    if (chunk.length > 0 && characters + text.length > VALUE_LIMIT_CHARACTERS) {
      chunks.push(`[${chunk.join(",")}]`);
      chunk = [];
      characters = 0;
    }
    chunk.push(text);
    characters += text.length + 1;
  }
  if (chunk.length > 0) chunks.push(`[${chunk.join(",")}]`);
  return chunks;
}

/** The first rows that fit into one value together; a single row must fit. */
export function firstToFit<Row>(rows: Iterable<Row>): Row[] {
  const fitting: Row[] = [];
  let characters = 0;
  for (const row of rows) {
    characters += JSON.stringify(row).length + 1;
    if (fitting.length > 0 && characters > VALUE_LIMIT_CHARACTERS) break;
    fitting.push(row);
  }
  return fitting;
}

/** A text in parts that fit; no part ends within a surrogate pair. */
export function textParts(text: string): string[] {
  const parts: string[] = [];
  let start = 0;
  while (start < text.length) {
    let end = Math.min(start + VALUE_LIMIT_CHARACTERS, text.length);
    if (end < text.length && isHighSurrogate(text.charCodeAt(end - 1))) end -= 1;
    parts.push(text.slice(start, end));
    start = end;
  }
  return parts;
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

/**
 * Tries all rows at once, in halves where D1 refuses their content for good, and so on: one row of a
 * thousand is found in 20 tries, and an invocation may make 1,000 queries. Returns the rows that D1
 * refuses alone. Throws if D1 itself fails.
 */
export async function isolateRefused<Row>(
  rows: readonly Row[],
  work: (rows: readonly Row[]) => Promise<void>,
): Promise<Row[]> {
  try {
    await work(rows);
    return [];
  } catch (error) {
    // Without rows D1 refused something else in the work.
    if (rows.length === 0 || d1Failure(error) !== "content") throw error;
    if (rows.length === 1) {
      log("error", "row_refused", errorMembers(error));
      return [...rows];
    }
  }
  const middle = Math.ceil(rows.length / 2);
  const refused = await isolateRefused(rows.slice(0, middle), work);
  return [...refused, ...(await isolateRefused(rows.slice(middle), work))];
}

/**
 * Makes a look-up of one key; look-ups at the same time become one query. A batch of 500 sends makes the
 * same look-ups 500 times, and one invocation may query D1 1,000 times.
 *
 * @param load returns the value of each key at the key's position; null if there is none
 */
export function batchedLookup<Key, Value>(
  load: (database: Database, keys: readonly Key[]) => Promise<readonly (Value | null)[]>,
): (database: Database, key: Key) => Promise<Value | null> {
  // Each request has its own Database, so requests share nothing.
  const pending = new WeakMap<
    Database,
    { keys: Key[]; values: Promise<readonly (Value | null)[]> }
  >();
  return async (database, key) => {
    let query = pending.get(database);
    if (query === undefined) {
      const keys: Key[] = [];
      const values = Promise.resolve().then(() => {
        pending.delete(database);
        return load(database, keys);
      });
      query = { keys, values };
      pending.set(database, query);
    }
    const place = query.keys.push(key) - 1;
    return (await query.values)[place] ?? null;
  };
}
