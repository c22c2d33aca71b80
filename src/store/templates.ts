/** Templates in D1, as Meta last reported them. */
import { runLogged } from "./change-log.ts";
import type { Database } from "./d1.ts";
import { batchedLookup, jsonChunks } from "./rows.ts";
import type { templates } from "./schema.ts";
import { insertInto, limitTo, listOf, member, sql, type SQL } from "./sql.ts";

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
  return selectTemplates(database, sql`WHERE name IN ${listOf(names)}`);
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

/** Columns that a report may leave out, each with the time of its report. */
const REPORTED = [
  ["business_account_id", "updated_at"],
  ["meta_id", "updated_at"],
  ["status", "status_at"],
  ["category", "category_at"],
  ["quality", "quality_at"],
  ["components", "components_at"],
  ["parameter_format", "components_at"],
] as const;

const TIMES = ["status_at", "category_at", "quality_at", "components_at", "updated_at"] as const;

/**
 * Of two values for the same second the lesser text wins, so the order of arrival changes nothing. Among
 * statuses that is APPROVED: if it is wrong, the only cost is a refusal by Meta.
 */
function upsert(rows: string): SQL {
  return insertInto(
    "templates",
    `name, language, business_account_id, meta_id, status, status_at, reason, category, category_at, quality,
    quality_at, components, components_at, components_whole, parameter_format, created_at, updated_at`,
    sql`
      FROM json_each(${rows})
      WHERE true
      ON CONFLICT (name, language) DO UPDATE SET
        ${sql.join(
          REPORTED.map(([column, time]) => sql.raw(`${column} = ${newerOf(column, column, time)}`)),
          sql`, `,
        )},
        ${sql.join(
          TIMES.map((time) => sql.raw(`${time} = max(excluded.${time}, ${time})`)),
          sql`, `,
        )},
        reason = iif(
          excluded.status = status AND excluded.status_at = status_at,
          min(coalesce(reason, excluded.reason), coalesce(excluded.reason, reason)),
          ${sql.raw(newerOf("reason", "status", "status_at"))}),
        components_whole = iif(
          excluded.components = components AND excluded.components_at = components_at,
          max(excluded.components_whole, components_whole),
          ${sql.raw(newerOf("components_whole", "components", "components_at"))}),
        created_at = min(excluded.created_at, created_at)`,
    {
      status_at: ifReported("status", "at", 0),
      reason: ifReported("status", "reason", null),
      category_at: ifReported("category", "at", 0),
      quality_at: ifReported("quality", "at", 0),
      components_at: ifReported("components", "at", 0),
      components_whole: ifReported("components", "components_whole", 0),
      created_at: member("at"),
      updated_at: member("at"),
    },
  );
}

/** A member of the report where it has a value for the column. */
function ifReported(column: string, name: string, otherwise: 0 | null): SQL {
  return sql`iif(${member(column)} IS NULL, ${otherwise}, ${member(name)})`;
}

/** What a column becomes: the report's where that replaces the current value of another column. */
function newerOf(column: string, of: string, time: string): string {
  return `iif(
    excluded.${of} IS NOT NULL AND (
      ${of} IS NULL OR excluded.${time} > ${time}
      OR excluded.${time} = ${time} AND excluded.${of} < ${of}),
    excluded.${column}, ${column})`;
}
