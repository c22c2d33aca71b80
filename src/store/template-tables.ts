/** The tables of templates, a part of `schema.ts`. */
import { index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";

/**
 * Templates as Meta last reported them, by webhook or by a sync. Status, category, quality and
 * components each have the time of their report, so a late report never restores an old value.
 */
export const templates = sqliteTable(
  "templates",
  {
    name: text().notNull(),
    language: text().notNull(),
    /** The account in the latest report. */
    business_account_id: text(),
    meta_id: text(),
    status: text(),
    status_at: integer().notNull(),
    category: text(),
    category_at: integer().notNull(),
    quality: text(),
    quality_at: integer().notNull(),
    /** Why Meta rejected or paused the template. */
    reason: text(),
    /** Meta's `components`, as JSON. */
    components: text(),
    components_at: integer().notNull().default(0),
    /** False if a webhook reported them: it leaves out file headers and some buttons. */
    components_whole: integer({ mode: "boolean" }).notNull().default(false),
    /** `POSITIONAL` or `NAMED`; webhooks leave it out. */
    parameter_format: text(),
    /** When Meta first reported the template. */
    created_at: integer().notNull().default(0),
    /** When Meta last reported the template. */
    updated_at: integer().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.name, table.language] }),
    // GET /v1/templates
    index("templates_by_time").on(table.created_at, table.name, table.language),
  ],
);

/**
 * When the whole list of each account's templates was last read. A template of the account without a
 * later report was not in that list: Meta deleted it.
 */
export const templateSyncs = sqliteTable("template_syncs", {
  business_account_id: text().primaryKey(),
  /** When the listing began. */
  synced_at: integer().notNull(),
});
