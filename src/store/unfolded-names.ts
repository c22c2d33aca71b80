/** Names in D1 that are not folded for search yet: those that a Worker of 0.1.0 wrote, and copies from contacts. */
import { folded, foldedTogether } from "../lib/folded.ts";
import { type Database, runBatch, statementOf } from "./d1.ts";
import { IS_UNFOLDED } from "./name-search.ts";
import { jsonChunks } from "./rows.ts";
import { sql } from "./sql.ts";

/** A longer step would block D1's single thread. */
const ROWS_AT_ONCE = 500;

type Names = {
  id: string;
  contact_name: string | null;
  profile_name: string | null;
  username: string | null;
};

/** Folds some of them; returns how many. A name that changes meanwhile waits for the next step. */
export async function foldNames(database: Database): Promise<number> {
  const rows = await database.all<Names>(sql`
    SELECT id, contact_name, profile_name, username FROM conversations
    WHERE ${IS_UNFOLDED} LIMIT ${ROWS_AT_ONCE}`);
  const names = rows.map(({ contact_name, profile_name, username, ...row }) => ({
    ...row,
    names: [contact_name, profile_name, username],
    profile_folded: foldedTogether([profile_name, username]),
    contact_folded: contact_name === null ? null : folded(contact_name),
  }));
  await runBatch(database, jsonChunks(names).map(storeFolded));
  return rows.length;
}

const storeFolded = statementOf(
  (rows) => sql`
    UPDATE conversations SET
      profile_folded = input.value ->> 'profile_folded',
      contact_folded = input.value ->> 'contact_folded'
    FROM json_each(${rows}) AS input
    WHERE conversations.id = input.value ->> 'id' AND contact_name IS input.value ->> '$.names[0]'
      AND profile_name IS input.value ->> '$.names[1]' AND username IS input.value ->> '$.names[2]'`,
);
