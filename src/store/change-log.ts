/**
 * Writes the log of what the inbox's pages show: a batch that changes it adds one row in its own
 * transaction, and afterwards a hint goes to the feed.
 */
import { type Database, runBatch, type Statement } from "./d1.ts";
import { sql, type SQL } from "./sql.ts";

/** What a batch changes, by ids. Of a message its conversation need not be named, unless the message goes. */
export type Changed = {
  conversations?: readonly string[];
  messages?: readonly string[];
  templates?: true;
};

/** More ids than any page is sent at once: a page that reads so many loads everything anew. */
export const CHANGED_IDS_MAX = 501;

/**
 * Runs the statements as `runBatch` does, and logs what they change if there is an inbox.
 *
 * @param more selects further ids (`selectChanged`), from what stands before the statements
 * @param first so many of the statements run before that
 */
export async function runLogged(
  database: Database,
  statements: readonly (SQL | Statement)[],
  changed: Changed,
  more: readonly SQL[] = [],
  first = 0,
): Promise<D1Result[]> {
  const row =
    statements.length > 0 && database.hasFollowers() ? rowOf(changed, more, Date.now()) : null;
  if (row === null) return runBatch(database, statements);
  const results = await runBatch(database, statements.toSpliced(first, 0, row));
  const [logged] = results.splice(first, 1);
  if (logged !== undefined && logged.meta.changes > 0) database.announce();
  return results;
}

/** One kind of ids that a statement changes; `from` selects them from its FROM on. */
export function selectChanged(kind: "conversation" | "message", column: string, from: SQL): SQL {
  return sql`SELECT ${sql.raw(kind === "message" ? "'m'" : "'c'")} AS kind, ${sql.raw(column)} AS id ${from}`;
}

/** Null where nothing is named. */
function rowOf(
  { conversations = [], messages = [], templates }: Changed,
  more: readonly SQL[],
  now: number,
): SQL | Statement | null {
  const c = [...new Set(conversations)].slice(0, CHANGED_IDS_MAX);
  const m = [...new Set(messages)].slice(0, CHANGED_IDS_MAX);
  const named = JSON.stringify({
    ...(c.length === 0 ? {} : { c }),
    ...(m.length === 0 ? {} : { m }),
    ...(templates === undefined ? {} : { t: true }),
  });
  if (more.length > 0) return selectedRow(named, more, now);
  if (named === "{}") return null;
  return { text: "INSERT INTO changes (changed, at) VALUES (?1, ?2)", parameters: [named, now] };
}

/** No row where the selections find nothing and nothing else is named. */
function selectedRow(named: string, more: readonly SQL[], now: number): SQL {
  const given = sql`
    SELECT 'c' AS kind, value AS id FROM json_each(${named}, '$.c')
    UNION SELECT 'm', value FROM json_each(${named}, '$.m')`;
  // Nested, since D1 allows a UNION of five members.
  const all = more.reduce((some, each) => sql`SELECT kind, id FROM (${some}) UNION ${each}`, given);
  return sql`
    INSERT INTO changes (changed, at)
    SELECT json_object(
      'c', json(json_group_array(id) FILTER (WHERE kind = 'c')),
      'm', json(json_group_array(id) FILTER (WHERE kind = 'm'))), ${now}
    FROM (SELECT kind, id FROM (${all}) LIMIT ${CHANGED_IDS_MAX})
    HAVING count(*) > 0`;
}

/** In the place of what was not logged. */
const GAP = JSON.stringify({ gap: true });

/**
 * Notes, once, that from here on nothing is logged: a page that was open before the inbox was turned off must
 * not go on as if nothing had happened. Returns the number of rows.
 */
export async function interruptLog(database: Database, now: number): Promise<number> {
  const result = await database.run(sql`
    INSERT INTO changes (changed, at)
    SELECT ${GAP}, ${now} FROM (SELECT changed FROM changes ORDER BY seq DESC LIMIT 1)
    WHERE changed <> ${GAP}`);
  return result.meta.changes;
}
