/** Erasures in D1: every write leaves out data older than the erasure of its person. */
import { type Database, runBatch } from "./d1.ts";
import { jsonChunks } from "./rows.ts";
import { insertInto, sql, type SQL } from "./sql.ts";

/** Up to so many erasures, about 1 MB, one read of all is faster than a look-up of each. */
const READ_WHOLE_MAX = 10_000;

export type Erasure = {
  /** A conversation's id, the `erasureId` of an address, or the `erasedKeyId` of an idempotency key. */
  id: string;
  /** The conversation's last version; 0 for other ids. */
  version: number;
  erased_at: number;
};

type ErasedId = Pick<Erasure, "id" | "erased_at">;

/** Stores erasures; of a repeated one the later time and version win. */
export async function rememberErased(
  database: Database,
  erasures: readonly Erasure[],
): Promise<void> {
  await runBatch(
    database,
    jsonChunks(erasures).map((chunk) =>
      insertInto(
        "erasures",
        "id, version, erased_at",
        sql`
          FROM json_each(${chunk})
          WHERE true
          ON CONFLICT DO UPDATE SET
            version = max(version, excluded.version),
            erased_at = max(erased_at, excluded.erased_at)`,
      ),
    ),
  );
}

/** The time of the erasure by id; ids that were not erased are left out. */
export async function listErased(
  database: Database,
  ids: readonly string[],
): Promise<Map<string, number>> {
  const erased = new Map<string, number>();
  for (const chunk of jsonChunks(ids)) {
    const rows = await database.all<ErasedId>(sql`
      SELECT erasures.id, erased_at
      FROM json_each(${chunk}) AS asked CROSS JOIN erasures
      WHERE erasures.id = asked.value`);
    for (const { id, erased_at } of rows) erased.set(id, erased_at);
  }
  return erased;
}

/** The same for all erasures; null if there are too many for one read. */
export async function listAllErased(database: Database): Promise<Map<string, number> | null> {
  const rows = await database.all<ErasedId>(
    sql`SELECT id, erased_at FROM erasures LIMIT ${READ_WHOLE_MAX + 1}`,
  );
  return rows.length > READ_WHOLE_MAX
    ? null
    : new Map(rows.map(({ id, erased_at }) => [id, erased_at]));
}

/** True unless the conversation was erased at this version or a later one. */
export function isOfNow(conversationId: SQL, version: SQL): SQL {
  return sql`NOT EXISTS (
    SELECT 1 FROM erasures WHERE id = ${conversationId} AND version >= ${version})`;
}

/** People, by the ids that record their erasures, and since when a write knows of them. */
export type AboutPeople = {
  /** Conversations' ids, and `erasureId`s of addresses. */
  erasure_ids: readonly string[];
  /** In milliseconds: an erasure at this time or later leaves the write out. */
  at: number;
};

/**
 * True unless one of the people in a row's member `about` was erased: D1 may execute a write after its
 * caller has given up waiting, and after an erasure.
 *
 * @param row the row as JSON
 */
export function isAboutNobodyErased(row: SQL): SQL {
  return sql`NOT EXISTS (
    SELECT 1 FROM json_each(${row}, '$.about.erasure_ids') AS named CROSS JOIN erasures
    WHERE erasures.id = named.value AND erasures.erased_at >= ${row} ->> '$.about.at')`;
}

/** True unless this id of any kind was erased at this time, in milliseconds, or later. */
export function isSinceErased(id: SQL, at: SQL): SQL {
  return sql`NOT EXISTS (SELECT 1 FROM erasures WHERE id = ${id} AND erased_at >= ${at})`;
}
