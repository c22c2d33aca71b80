import { getTableColumns, sql, type SQL } from "drizzle-orm";
import type { Database } from "./database.ts";
import type { conversations, messages } from "./schema.ts";
import { jsonChunks } from "./value-size.ts";

/** Tables whose rows come from callers, many at once. */
type Table = typeof conversations | typeof messages;

/**
 * Statements that insert rows, whatever their number: each row of JSON, with the columns' defaults
 * where it has none. A row that is there already stays as it is.
 *
 * @param condition what must hold of a row, which is there as JSON in `value`
 */
export function insertAll<Into extends Table>(
  database: Database,
  table: Into,
  rows: readonly Into["$inferInsert"][],
  condition: SQL,
) {
  const columns = Object.values(getTableColumns(table)).map((column) => {
    const value = sql`value ->> ${sql.raw(`'${column.name}'`)}`;
    return column.default === undefined ? value : sql`coalesce(${value}, ${column.default})`;
  });
  return jsonChunks(rows).map((chunk) =>
    database
      .insert(table)
      .select(sql`SELECT ${sql.join(columns, sql`, `)} FROM json_each(${chunk}) WHERE ${condition}`)
      .onConflictDoNothing(),
  );
}
