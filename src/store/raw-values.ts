/**
 * Raw values of account events and dead letters: storage in parts for those larger than a D1 value, and
 * the search for those that may name a person.
 */
import { likePhone } from "../lib/phone-in-text.ts";
import { type Database, runBatch } from "./d1.ts";
import { fitsValue, textParts } from "./rows.ts";
import { listOf, sql, type SQL } from "./sql.ts";

/**
 * Inserts for a batch that has written the owner's row, unless its person was erased; none if the value fits
 * its own column.
 */
export function keepOversized(table: RawTable, ownerId: string, text: string): SQL[] {
  if (fitsValue(text)) return [];
  return textParts(text).map(
    (part, number) => sql`
      INSERT INTO oversized_values (owner_id, part, text)
      SELECT id, ${number}, ${part} FROM ${sql.raw(table)} WHERE id = ${ownerId}
      ON CONFLICT DO NOTHING`,
  );
}

/** Deletes the parts of an owner. */
export function dropOversized(ownerId: string): SQL {
  return sql`DELETE FROM oversized_values WHERE owner_id = ${ownerId}`;
}

/** The whole values by the id of their owner. */
export async function readOversized(
  database: Database,
  ownerIds: readonly string[],
): Promise<Map<string, string>> {
  const values = new Map<string, string>();
  if (ownerIds.length === 0) return values;
  const parts = await database.all<{ owner_id: string; text: string }>(sql`
    SELECT owner_id, text FROM oversized_values
    WHERE owner_id IN ${listOf(ownerIds)}
    ORDER BY owner_id, part`);
  for (const { owner_id, text } of parts) {
    values.set(owner_id, (values.get(owner_id) ?? "") + text);
  }
  return values;
}

/** Rows searched in one statement: a longer one would block D1's single thread. */
const ROWS_AT_ONCE = 1000;

/** Text read at once for a closer look; a larger row is read alone. */
const CHARACTERS_AT_ONCE = 1_000_000;

/** JSON may escape a digit; D1 can't search such a text for a phone. */
const ESCAPED_DIGIT = String.raw`\u003`;

type RawTable = "account_events" | "dead_letters";

export type RawText = { id: string; text: string };

/** `characters` is null if the text is stored in parts. */
type Suspect = { id: string; characters: number | null };

const TEXT_COLUMNS = { account_events: "value", dead_letters: "payload" } as const;

/**
 * Yields the texts that may name one of the identities: those with its characters, and those too large
 * for a search in D1. The caller must look closer.
 *
 * @param identities phones as digits, found with any separators, and other ids
 */
export async function* rawTextsWith(
  database: Database,
  table: RawTable,
  identities: { phones: readonly string[]; ids: readonly string[] },
): AsyncGenerator<RawText> {
  const name = sql.raw(table);
  const text = sql`${name}.${sql.raw(TEXT_COLUMNS[table])}`;
  const patterns = JSON.stringify(identities.phones.map(likePhone));
  // A statement has at most 100 parameters, and a person may have more identities.
  const isSuspect = sql`${text} IS NULL
    OR EXISTS (SELECT 1 FROM json_each(${patterns}) AS phone WHERE ${text} LIKE phone.value)
    OR (${identities.phones.length} > 0 AND instr(${text}, ${ESCAPED_DIGIT}))
    OR EXISTS (
      SELECT 1 FROM json_each(${JSON.stringify(identities.ids)}) AS named
      WHERE instr(${text}, named.value))`;
  for (let after = ""; ;) {
    const [window] = await database.all<{ last: string | null }>(sql`
      SELECT max(id) AS last FROM (
        SELECT id FROM ${name} WHERE id > ${after} ORDER BY id LIMIT ${ROWS_AT_ONCE})`);
    const last = window?.last ?? null;
    if (last === null) return;
    const suspects = await database.all<Suspect>(sql`
      SELECT id, length(${text}) AS characters FROM ${name}
      WHERE id > ${after} AND id <= ${last} AND (${isSuspect}) ORDER BY id`);
    for (const ids of readableAtOnce(suspects)) yield* await textsOf(database, table, ids);
    after = last;
  }
}

/** Ids in their order, in groups small enough for one read. */
function readableAtOnce(suspects: readonly Suspect[]): string[][] {
  const groups: string[][] = [];
  let room = 0;
  for (const { id, characters } of suspects) {
    const size = characters ?? CHARACTERS_AT_ONCE;
    const group = size <= room ? groups.at(-1) : undefined;
    if (group === undefined) groups.push([id]);
    else group.push(id);
    room = (group === undefined ? CHARACTERS_AT_ONCE : room) - size;
  }
  return groups;
}

async function textsOf(
  database: Database,
  table: RawTable,
  ids: readonly string[],
): Promise<RawText[]> {
  const text = sql.raw(TEXT_COLUMNS[table]);
  const rows = await database.all<{ id: string; text: string | null }>(sql`
    SELECT id, ${text} AS text FROM ${sql.raw(table)}
    WHERE id IN ${listOf(ids)} ORDER BY id`);
  const inParts = rows.filter((row) => row.text === null).map(({ id }) => id);
  const whole = await readOversized(database, inParts);
  return rows.flatMap((row) => {
    const read = row.text ?? whole.get(row.id);
    return read === undefined ? [] : [{ id: row.id, text: read }];
  });
}

/** Deletes a row and its parts. */
export async function eraseRaw(database: Database, table: RawTable, id: string): Promise<void> {
  await runBatch(database, [
    sql`DELETE FROM ${sql.raw(table)} WHERE id = ${id}`,
    dropOversized(id),
  ]);
}

/** Replaces the text of a row after the erasure of a person; the id stays the same. */
export async function replaceRaw(
  database: Database,
  table: RawTable,
  id: string,
  text: string,
): Promise<void> {
  const column = sql.raw(TEXT_COLUMNS[table]);
  await runBatch(database, [
    sql`UPDATE ${sql.raw(table)} SET ${column} = ${fitsValue(text) ? text : null} WHERE id = ${id}`,
    dropOversized(id),
    ...keepOversized(table, id, text),
  ]);
}
