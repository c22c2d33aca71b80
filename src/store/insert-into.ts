/** Statements that insert rows which come from callers, many at once. */
import { getTableColumns, sql, type SQL } from "drizzle-orm";
import type { conversations, messages } from "./schema.ts";
import { rendered } from "./statement.ts";
import { jsonChunks } from "./value-size.ts";

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
