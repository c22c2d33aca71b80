/**
 * Work on many rows at once: JSON parameters within D1's limits, inserts, a fallback to row by row if D1
 * refuses one, and look-ups that become one query.
 */
import { errorMembers, log } from "../lib/log.ts";
import { d1Failure, type Database } from "./d1.ts";
import type { conversations, messages } from "./schema.ts";
import { sql, type SQL, type SqlValue, withLiterals } from "./sql.ts";
import tables from "./tables.json" with { type: "json" };

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

type Insertable = {
  conversations: typeof conversations.$inferInsert;
  messages: typeof messages.$inferInsert;
};

/**
 * Makes a function that returns the statements to insert any number of rows, each as JSON, with the
 * columns' defaults for absent members. Existing rows stay as they are. The constant part is put together
 * once: a table has dozens of columns.
 *
 * @param instead expressions for columns whose value is not the row's member
 * @param onKnown what happens to rows that exist
 */
export function insertInto<Table extends keyof Insertable>(
  table: Table,
  instead: Readonly<Record<string, SQL>> = {},
  onKnown = sql`ON CONFLICT DO NOTHING`,
) {
  const columns: readonly [string, SqlValue][] = Object.entries(tables[table]);
  const names = columns.map(([name]) => sql.raw(name));
  const values = columns.map(([name, ifAbsent]) => {
    const value = instead[name] ?? sql`value ->> ${name}`;
    return ifAbsent === null ? value : sql`coalesce(${value}, ${ifAbsent})`;
  });
  const into = sql.raw(
    withLiterals(sql`
      INSERT INTO ${sql.raw(table)} (${sql.join(names, sql`, `)})
      SELECT ${sql.join(values, sql`, `)}`),
  );

  /** @param condition the condition for a row, whose JSON is in `value` */
  return (rows: readonly Insertable[Table][], condition: SQL): SQL[] =>
    jsonChunks(rows).map(
      (chunk) => sql`${into} FROM json_each(${chunk}) WHERE ${condition} ${onKnown}`,
    );
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
