/**
 * Statements that insert rows which come from callers, many at once.
 *
 * Work on many rows in one transaction, and row by row where one of them spoils it.
 */
import { getTableColumns, sql, type SQL } from "drizzle-orm";
import { errorMembers, log } from "../lib/log.ts";
import { d1Failure, type Database, rendered } from "./d1.ts";
import type { conversations, messages } from "./schema.ts";

/**
 * D1 and the SQLite of an object take at most 2,000,000 bytes in one value, be it stored or bound.
 * What may be larger is split by characters here: one takes at most 3 bytes of UTF-8 per UTF-16 unit.
 * https://developers.cloudflare.com/d1/platform/limits/
 * https://developers.cloudflare.com/durable-objects/platform/limits/
 */
const VALUE_LIMIT_CHARACTERS = 600_000;

export function fitsValue(text: string): boolean {
  return text.length <= VALUE_LIMIT_CHARACTERS;
}

/** The rows as JSON arrays, each small enough to be bound; a row alone must fit. */
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

/** The first of the rows that fit into one value together; one alone must fit. */
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

/** A text in parts that fit, none of which ends within a surrogate pair. */
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
 * Makes a function that gives the statements for rows, whatever their number: each row of JSON, with the
 * columns' defaults where it has none. A row that is there already stays as it is. What never changes
 * of them is put together once: a table has dozens of columns.
 *
 * @param instead what stands for columns whose value is not simply the row's member
 */
export function insertInto<Table extends typeof conversations | typeof messages>(
  table: Table,
  instead: Readonly<Record<string, SQL>> = {},
) {
  const columns = Object.values(getTableColumns(table));
  const names = columns.map(({ name }) => sql.identifier(name));
  const values = columns.map((column) => {
    const value = instead[column.name] ?? sql`value ->> ${column.name}`;
    return column.default === undefined ? value : sql`coalesce(${value}, ${column.default})`;
  });
  const into = sql.raw(
    rendered(
      sql`INSERT INTO ${table} (${sql.join(names, sql`, `)}) SELECT ${sql.join(values, sql`, `)}`,
    ),
  );

  /** @param condition what must hold of a row, which is there as JSON in `value` */
  return (rows: readonly Table["$inferInsert"][], condition: SQL): SQL[] =>
    jsonChunks(rows).map(
      (chunk) => sql`${into} FROM json_each(${chunk}) WHERE ${condition} ON CONFLICT DO NOTHING`,
    );
}

/**
 * Tries all rows at once. If D1 refuses their content for good, each row is tried alone, and those
 * that are refused again are returned. Throws where D1 itself is the trouble.
 */
export async function isolateRefused<Row>(
  rows: readonly Row[],
  work: (rows: readonly Row[]) => Promise<void>,
): Promise<Row[]> {
  try {
    await work(rows);
    return [];
  } catch (error) {
    // Without rows it is something else in the work that D1 refused.
    if (rows.length === 0 || d1Failure(error) !== "content") throw error;
  }
  const refused: Row[] = [];
  for (const row of rows) {
    try {
      await work([row]);
    } catch (error) {
      if (d1Failure(error) !== "content") throw error;
      log("error", "row_refused", errorMembers(error));
      refused.push(row);
    }
  }
  return refused;
}

/**
 * A look-up of one thing, of which those asked for at the same time become one query: a batch of
 * 500 sends asks the same questions 500 times, and an invocation may ask D1 a thousand.
 *
 * @param load finds what the keys stand for, each at its key's place; null where nothing is
 */
export function batchedLookup<Key, Value>(
  load: (database: Database, keys: readonly Key[]) => Promise<readonly (Value | null)[]>,
): (database: Database, key: Key) => Promise<Value | null> {
  // Each request has its own Database: nothing is shared between two.
  const asked = new WeakMap<
    Database,
    { keys: Key[]; values: Promise<readonly (Value | null)[]> }
  >();
  return async (database, key) => {
    let question = asked.get(database);
    if (question === undefined) {
      const keys: Key[] = [];
      const values = Promise.resolve().then(() => {
        asked.delete(database);
        return load(database, keys);
      });
      question = { keys, values };
      asked.set(database, question);
    }
    const place = question.keys.push(key) - 1;
    return (await question.values)[place] ?? null;
  };
}
