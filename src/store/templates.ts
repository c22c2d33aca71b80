/** Templates in D1, as Meta last reported them. */
import { runLogged } from "./change-log.ts";
import type { Database } from "./d1.ts";
import { batchedLookup, jsonChunks } from "./rows.ts";
import type { templates } from "./schema.ts";
import { limitTo, sql, type SQL } from "./sql.ts";

export type TemplateRow = typeof templates.$inferSelect;

/** Name and language together identify a template. */
export type TemplateKey = Pick<TemplateRow, "name" | "language">;

/** One report of a template and its time; null for what the report leaves out. */
export type TemplateUpdate = Pick<
  TemplateRow,
  | "name"
  | "language"
  | "business_account_id"
  | "meta_id"
  | "status"
  | "category"
  | "quality"
  | "reason"
  | "components"
  | "components_whole"
  | "parameter_format"
> & { at: number };

/** A report without content. */
export const EMPTY_UPDATE = {
  business_account_id: null,
  meta_id: null,
  status: null,
  category: null,
  quality: null,
  reason: null,
  components: null,
  components_whole: false,
  parameter_format: null,
} as const satisfies Omit<TemplateUpdate, keyof TemplateKey | "at">;

/** Where a page ends, newest first. */
export type TemplatePosition = TemplateKey & { created_at: number };

/** SQLite's booleans are 0 and 1. */
type StoredTemplate = Omit<TemplateRow, "components_whole"> & {
  components_whole: 0 | 1;
  synced_at: number | null;
};

/** A template as last reported. */
export async function findTemplateRow(
  database: Database,
  name: string,
  language: string,
): Promise<TemplateRow | null> {
  return findByKey(database, { name, language });
}

const findByKey = batchedLookup(async (database: Database, keys: readonly TemplateKey[]) => {
  const rows = await findTemplateRows(database, keys);
  return keys.map(
    ({ name, language }) =>
      rows.find((row) => row.name === name && row.language === language) ?? null,
  );
});

/** The known ones of these templates, in any order; few keys make one query, no keys none. */
export async function findTemplateRows(
  database: Database,
  keys: readonly TemplateKey[],
): Promise<TemplateRow[]> {
  const rows: TemplateRow[] = [];
  for (const wanted of jsonChunks(keys.map(({ name, language }) => [name, language]))) {
    const isWanted = sql`WHERE (name, language) IN (
      SELECT value ->> 0, value ->> 1 FROM json_each(${wanted}))`;
    rows.push(...(await selectTemplates(database, isWanted)));
  }
  return rows;
}

/** The templates of these names in every known language. */
export async function findTemplatesNamed(
  database: Database,
  names: readonly string[],
): Promise<TemplateRow[]> {
  return selectTemplates(
    database,
    sql`WHERE name IN (SELECT value FROM json_each(${JSON.stringify(names)}))`,
  );
}

/** The account's templates that were not in its last whole list. */
export async function findGoneTemplates(
  database: Database,
  businessAccountId: string,
): Promise<TemplateKey[]> {
  return database.all(sql`
    SELECT name, language FROM templates JOIN template_syncs USING (business_account_id)
    WHERE business_account_id = ${businessAccountId} AND updated_at < synced_at`);
}

/** A page of templates, those that became known last first. */
export async function listTemplates(
  database: Database,
  { after, limit }: { after: TemplatePosition | null; limit: number },
): Promise<TemplateRow[]> {
  const isBehind =
    after === null
      ? sql`true`
      : sql`(created_at, name, language) < (${after.created_at}, ${after.name}, ${after.language})`;
  return selectTemplates(
    database,
    sql`WHERE ${isBehind} ORDER BY created_at DESC, name DESC, language DESC ${limitTo(limit)}`,
  );
}

/** When the whole list of the account was last read, in milliseconds; null if never. */
export async function lastTemplateSync(
  database: Database,
  businessAccountId: string,
): Promise<number | null> {
  const rows = await database.all<{ synced_at: number }>(
    sql`SELECT synced_at FROM template_syncs WHERE business_account_id = ${businessAccountId}`,
  );
  return rows[0]?.synced_at ?? null;
}

/** Stores reports: of two about the same column the later one wins, in any order of arrival. */
export async function keepTemplateUpdates(
  database: Database,
  updates: readonly TemplateUpdate[],
): Promise<void> {
  await runLogged(database, jsonChunks(updates).map(upsert), { templates: true });
}

/** Stores an account's whole list at a time: templates that it lacks count as deleted since then. */
export async function keepTemplateList(
  database: Database,
  businessAccountId: string,
  list: readonly TemplateUpdate[],
  at: number,
): Promise<void> {
  const statements = [
    ...jsonChunks(list).map(upsert),
    sql`
      INSERT INTO template_syncs (business_account_id, synced_at)
      VALUES (${businessAccountId}, ${at})
      ON CONFLICT (business_account_id) DO UPDATE SET
        synced_at = max(excluded.synced_at, synced_at)`,
  ];
  await runLogged(database, statements, { templates: true });
}

/**
 * A template that Meta's own list lacks is deleted, in spite of earlier reports.
 *
 * @param which what follows FROM: a condition, an order, a limit
 */
async function selectTemplates(database: Database, which: SQL): Promise<TemplateRow[]> {
  const rows = await database.all<StoredTemplate>(sql`
    SELECT templates.*, synced_at
    FROM templates LEFT JOIN template_syncs USING (business_account_id) ${which}`);
  return rows.map(({ synced_at, ...row }) => ({
    ...row,
    status: row.updated_at < (synced_at ?? 0) ? "DELETED" : row.status,
    components_whole: row.components_whole === 1,
  }));
}

/**
 * Of two values for the same second the lesser text wins, so the order of arrival changes nothing. Among
 * statuses that is APPROVED: if it is wrong, the only cost is a refusal by Meta.
 */
function upsert(rows: string): SQL {
  return sql`
    INSERT INTO templates (
      name, language, business_account_id, meta_id, status, status_at, reason, category,
      category_at, quality, quality_at, components, components_at, components_whole,
      parameter_format, created_at, updated_at)
    SELECT
      value ->> 'name', value ->> 'language', value ->> 'business_account_id',
      value ->> 'meta_id',
      value ->> 'status', iif(value ->> 'status' IS NULL, 0, value ->> 'at'),
      iif(value ->> 'status' IS NULL, NULL, value ->> 'reason'),
      value ->> 'category', iif(value ->> 'category' IS NULL, 0, value ->> 'at'),
      value ->> 'quality', iif(value ->> 'quality' IS NULL, 0, value ->> 'at'),
      value ->> 'components', iif(value ->> 'components' IS NULL, 0, value ->> 'at'),
      iif(value ->> 'components' IS NULL, 0, value ->> 'components_whole'),
      value ->> 'parameter_format', value ->> 'at', value ->> 'at'
    FROM json_each(${rows})
    WHERE true
    ON CONFLICT (name, language) DO UPDATE SET
      business_account_id = iif(
        ${isNewer("business_account_id", "updated_at")},
        excluded.business_account_id, business_account_id),
      meta_id = iif(${isNewer("meta_id", "updated_at")}, excluded.meta_id, meta_id),
      status = iif(${isNewer("status", "status_at")}, excluded.status, status),
      reason = iif(
        excluded.status = status AND excluded.status_at = status_at,
        min(coalesce(reason, excluded.reason), coalesce(excluded.reason, reason)),
        iif(${isNewer("status", "status_at")}, excluded.reason, reason)),
      status_at = max(excluded.status_at, status_at),
      category = iif(${isNewer("category", "category_at")}, excluded.category, category),
      category_at = max(excluded.category_at, category_at),
      quality = iif(${isNewer("quality", "quality_at")}, excluded.quality, quality),
      quality_at = max(excluded.quality_at, quality_at),
      components = iif(${isNewer("components", "components_at")}, excluded.components, components),
      components_whole = iif(
        excluded.components = components AND excluded.components_at = components_at,
        max(excluded.components_whole, components_whole),
        iif(
          ${isNewer("components", "components_at")}, excluded.components_whole, components_whole)),
      components_at = max(excluded.components_at, components_at),
      parameter_format = iif(
        ${isNewer("parameter_format", "components_at")},
        excluded.parameter_format, parameter_format),
      created_at = min(excluded.created_at, created_at),
      updated_at = max(excluded.updated_at, updated_at)`;
}

/** Whether the report replaces the current value of a column. */
function isNewer(column: string, time: string): SQL {
  const [held, heldAt] = [sql.raw(column), sql.raw(time)];
  return sql`
    excluded.${held} IS NOT NULL AND (
      ${held} IS NULL OR excluded.${heldAt} > ${heldAt}
      OR excluded.${heldAt} = ${heldAt} AND excluded.${held} < ${held})`;
}
