/** The people who signed in to the inbox, in D1. */
import { DAY_MS } from "../lib/time.ts";
import type { Database } from "./d1.ts";
import type { staff } from "./schema.ts";
import { sql } from "./sql.ts";

export type StaffRow = typeof staff.$inferSelect;

/** Notes that a person is here: a row a day, since each load of the page asks for it. */
export async function noteStaff(
  database: Database,
  { name, display_name }: Pick<StaffRow, "name" | "display_name">,
  now: number,
): Promise<void> {
  await database.run(sql`
    INSERT INTO staff (name, display_name, last_seen_at) VALUES (${name}, ${display_name}, ${now})
    ON CONFLICT DO UPDATE SET display_name = excluded.display_name, last_seen_at = ${now}
    WHERE staff.last_seen_at <= ${now - DAY_MS} OR staff.display_name IS NOT excluded.display_name`);
}

/** More people than look after one inbox. */
const STAFF_MAX = 500;

/** Everybody who ever signed in, who was here last first. */
export async function listStaff(database: Database): Promise<StaffRow[]> {
  return database.all<StaffRow>(
    sql`SELECT * FROM staff ORDER BY last_seen_at DESC, name LIMIT ${STAFF_MAX}`,
  );
}
