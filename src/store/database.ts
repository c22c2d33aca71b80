/** D1 through drizzle. */
import { drizzle, type DrizzleD1Database } from "drizzle-orm/d1";

export type Database = DrizzleD1Database & { $client: D1Database };

/** Without the schema, which only relational queries need: reading it would be most of the work. */
export function createDatabase(d1: D1Database): Database {
  return drizzle(d1);
}
