/** What was erased and must not come back, in D1: whoever writes there leaves out what is of before. */
import { sql, type SQL } from "drizzle-orm";
import { type Database, runBatch } from "./d1.ts";
import { jsonChunks } from "./rows.ts";

/** So many erasures are read whole rather than asked for one by one: about 1 MB. */
const READ_WHOLE_MAX = 10_000;

export type Erasure = {
  /** A conversation's, or the `erasureId` of an address, or the `erasedKeyId` of an idempotency key. */
  id: string;
  /** The conversation's last version; else 0. */
  version: number;
  erased_at: number;
};

type ErasedId = Pick<Erasure, "id" | "erased_at">;

/** Erased again, the later time and version hold. */
export async function rememberErased(
  database: Database,
  erasures: readonly Erasure[],
): Promise<void> {
  await runBatch(
    database,
    jsonChunks(erasures).map(
      (chunk) => sql`
        INSERT INTO erasures (id, version, erased_at)
        SELECT value ->> 'id', value ->> 'version', value ->> 'erased_at'
        FROM json_each(${chunk})
        WHERE true
        ON CONFLICT DO UPDATE SET
          version = max(version, excluded.version),
          erased_at = max(erased_at, excluded.erased_at)`,
    ),
  );
}

/** When each of these was erased, by id; those that were not are left out. */
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

/** The same of everything that was erased; null where that is too much to be read at once. */
export async function listAllErased(database: Database): Promise<Map<string, number> | null> {
  const rows = await database.all<ErasedId>(
    sql`SELECT id, erased_at FROM erasures LIMIT ${READ_WHOLE_MAX + 1}`,
  );
  return rows.length > READ_WHOLE_MAX
    ? null
    : new Map(rows.map(({ id, erased_at }) => [id, erased_at]));
}

/** True of what is not of before its conversation was erased, by version. */
export function isOfNow(conversationId: SQL, version: SQL): SQL {
  return sql`NOT EXISTS (
    SELECT 1 FROM erasures WHERE id = ${conversationId} AND version >= ${version})`;
}

/** The same where only a time in milliseconds is known. */
export function isSinceErased(id: SQL, at: SQL): SQL {
  return sql`NOT EXISTS (SELECT 1 FROM erasures WHERE id = ${id} AND erased_at >= ${at})`;
}
