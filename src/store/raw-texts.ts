/** Raw values that may name somebody: account events and dead letters, looked through in windows. */
import { sql, type SQL } from "drizzle-orm";
import type { Database } from "./database.ts";
import { readOversized } from "./oversized-values.ts";
import { runBatch } from "./run-batch.ts";

/** Rows looked through in one statement, so that none holds D1's one thread for long. */
const ROWS_AT_ONCE = 1000;

export type RawTable = "account_events" | "dead_letters";

export type RawText = { id: string; text: string };

const TEXT_COLUMNS = { account_events: "value", dead_letters: "payload" } as const;

/**
 * What may name one of the identities: it has one's characters in it, or is too large to be looked
 * through in D1. Whoever gets it looks closer.
 *
 * @param identities phones as digits, which are found with separators in between too, and other ids
 */
export async function* rawTextsWith(
  database: Database,
  table: RawTable,
  identities: { phones: readonly string[]; ids: readonly string[] },
): AsyncGenerator<RawText> {
  const name = sql.identifier(table);
  const text = sql.identifier(TEXT_COLUMNS[table]);
  const compact = [" ", "-", ".", "(", ")", "/"].reduce<SQL>(
    (inner, separator) => sql`replace(${inner}, ${separator}, '')`,
    sql`${text}`,
  );
  const isSuspect = sql.join(
    [
      sql`${text} IS NULL`,
      ...identities.phones.map((phone) => sql`instr(${compact}, ${phone})`),
      ...identities.ids.map((id) => sql`instr(${text}, ${id})`),
    ],
    sql` OR `,
  );
  for (let after = ""; ;) {
    const [window] = await database.all<{ last: string | null }>(sql`
      SELECT max(id) AS last FROM (
        SELECT id FROM ${name} WHERE id > ${after} ORDER BY id LIMIT ${ROWS_AT_ONCE})`);
    const last = window?.last ?? null;
    if (last === null) return;
    const rows = await database.all<{ id: string; text: string | null }>(sql`
      SELECT id, ${text} AS text FROM ${name}
      WHERE id > ${after} AND id <= ${last} AND (${isSuspect})`);
    for (const row of rows) {
      const whole = row.text ?? (await readOversized(database, [row.id])).get(row.id);
      if (whole !== undefined) yield { id: row.id, text: whole };
    }
    after = last;
  }
}

/** Takes a row away, its parts with it. */
export async function eraseRaw(database: Database, table: RawTable, id: string): Promise<void> {
  await runBatch(database, [
    sql`DELETE FROM ${sql.identifier(table)} WHERE id = ${id}`,
    sql`DELETE FROM oversized_values WHERE owner_id = ${id}`,
  ]);
}
