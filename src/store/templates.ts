/** Templates as Meta last told of them. */
import { and, eq, sql, type SQL } from "drizzle-orm";
import type { Database } from "./database.ts";
import { runBatch } from "./run-batch.ts";
import { templates } from "./schema.ts";
import { jsonChunks } from "./value-size.ts";

export type TemplateRow = typeof templates.$inferSelect;

/** What a webhook tells of one template; null = not told. */
export type TemplateUpdate = Pick<
  TemplateRow,
  "name" | "language" | "meta_id" | "status" | "category" | "quality" | "reason"
> & { at: number };

export async function findTemplateRow(
  database: Database,
  name: string,
  language: string,
): Promise<TemplateRow | null> {
  const rows = await database
    .select()
    .from(templates)
    .where(and(eq(templates.name, name), eq(templates.language, language)));
  return rows[0] ?? null;
}

/** Of two updates that tell of the same thing the later one holds, whichever comes first. */
export async function keepTemplateUpdates(
  database: Database,
  updates: readonly TemplateUpdate[],
): Promise<void> {
  await runBatch(database, jsonChunks(updates).map(upsert));
}

function upsert(rows: string): SQL {
  return sql`
    INSERT INTO templates (
      name, language, meta_id, status, status_at, category, category_at, quality, quality_at,
      reason, updated_at)
    SELECT
      value ->> 'name', value ->> 'language', value ->> 'meta_id',
      value ->> 'status', iif(value ->> 'status' IS NULL, 0, value ->> 'at'),
      value ->> 'category', iif(value ->> 'category' IS NULL, 0, value ->> 'at'),
      value ->> 'quality', iif(value ->> 'quality' IS NULL, 0, value ->> 'at'),
      iif(value ->> 'status' IS NULL, NULL, value ->> 'reason'), value ->> 'at'
    FROM json_each(${rows})
    WHERE true
    ON CONFLICT (name, language) DO UPDATE SET
      meta_id = coalesce(excluded.meta_id, meta_id),
      status = iif(excluded.status_at >= status_at, coalesce(excluded.status, status), status),
      reason = iif(
        excluded.status IS NOT NULL AND excluded.status_at >= status_at, excluded.reason, reason),
      status_at = max(excluded.status_at, status_at),
      category =
        iif(excluded.category_at >= category_at, coalesce(excluded.category, category), category),
      category_at = max(excluded.category_at, category_at),
      quality = iif(excluded.quality_at >= quality_at, coalesce(excluded.quality, quality), quality),
      quality_at = max(excluded.quality_at, quality_at),
      updated_at = max(excluded.updated_at, updated_at)`;
}
