/** Whether D1 has what this version's statements name. */
import { getTableColumns, getTableName, is, sql } from "drizzle-orm";
import { SQLiteTable } from "drizzle-orm/sqlite-core";
import type { Database } from "./database.ts";
import { runBatch } from "./run-batch.ts";
import * as schema from "./schema.ts";

/** Reads no row; throws D1's own words for the first table or column that is not there. */
export async function requireSchema(database: Database): Promise<void> {
  const tables = Object.values(schema).filter((member) => is(member, SQLiteTable));
  await runBatch(
    database,
    tables.map((table) => {
      const name = getTableName(table);
      const columns = Object.keys(getTableColumns(table)).map((column) => `${name}.${column}`);
      return sql.raw(`SELECT ${columns.join(", ")} FROM ${name} LIMIT 0`);
    }),
  );
}
