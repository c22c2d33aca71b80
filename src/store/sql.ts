/** SQL with its values, by the tag `sql`: what stands in `${}` is bound, or is SQL itself. */

/** A value that D1 stores. */
export type SqlValue = string | number | null;

export type SQL = {
  /** The text around the values: one piece more than there are values. */
  readonly texts: readonly string[];
  readonly values: readonly SqlValue[];
};

export function sql(texts: TemplateStringsArray, ...parts: readonly (SQL | SqlValue)[]): SQL {
  const pieces = parts.flatMap((part, place) => [
    isSql(part) ? part : { texts: ["", ""], values: [part] },
    sql.raw(texts[place + 1] ?? ""),
  ]);
  return joined([sql.raw(texts[0] ?? ""), ...pieces]);
}

/** SQL that is no user's: a name, or a constant part. */
sql.raw = (text: string): SQL => ({ texts: [text], values: [] });

/** The parts with a separator between them. */
sql.join = (parts: readonly SQL[], separator: SQL): SQL =>
  joined(parts.flatMap((part, place) => (place === 0 ? [part] : [separator, part])));

/**
 * The elements of a JSON list, each as `value`, for a FROM clause. LIMIT keeps them apart from the rest of
 * the statement: otherwise SQLite writes an element out anew at each mention of `value`.
 */
export function eachOf(list: SQL): SQL {
  return sql`(SELECT value FROM json_each(${list}) LIMIT -1)`;
}

/** The values of a list, of any length, as one bound value. */
export function listOf(values: readonly string[]): SQL {
  return sql`(SELECT value FROM json_each(${JSON.stringify(values)}))`;
}

/** A member of a JSON row that is `value`. */
export function member(name: string): SQL {
  return sql.raw(`value ->> '${name}'`);
}

/**
 * An INSERT of JSON rows, each as `value`.
 *
 * @param columns with commas between them; each gets the member of its name
 * @param from what follows their values, from FROM on
 * @param others what a column gets instead
 */
export function insertInto(
  table: string,
  columns: string,
  from: SQL,
  others: Readonly<Record<string, SQL>> = {},
): SQL {
  const values = columns.split(/,\s*/).map((name) => others[name] ?? member(name));
  return sql`
    INSERT INTO ${sql.raw(`${table} (${columns})`)}
    SELECT ${sql.join(values, sql`, `)} ${from}`;
}

/** The text with the values as literals; its lines become one, since D1 gets and reads it each time. */
export function withLiterals({ texts, values }: SQL): string {
  const literals = [...values.map(literal), ""];
  return texts
    .map((text, place) => text.replaceAll(/\s+/g, " ") + (literals[place] ?? ""))
    .join("")
    .trim();
}

function literal(value: SqlValue): string {
  return typeof value === "string" ? `'${value.replaceAll("'", "''")}'` : String(value);
}

/**
 * LIMIT with a bound value. The sum keeps SQLite from looking at the value: it would plan the statement
 * anew for each one, instead of using the plan that D1 keeps for its text.
 */
export function limitTo(count: number): SQL {
  return sql`LIMIT ${count} + 0`;
}

function isSql(part: SQL | SqlValue): part is SQL {
  return typeof part === "object" && part !== null;
}

function joined(parts: readonly SQL[]): SQL {
  const texts = [""];
  for (const [first = "", ...more] of parts.map((part) => part.texts)) {
    texts.push(`${texts.pop() ?? ""}${first}`, ...more);
  }
  return { texts, values: parts.flatMap(({ values }) => values) };
}
