/** A template as the API shows it. */
import type { TemplateRow } from "../store/templates.ts";
import { findTemplate } from "../templates/registry.ts";
import { parseComponents } from "../templates/template-parts.ts";
import { timestamp } from "./time.ts";

export function templateView(row: TemplateRow) {
  const { name, language } = row;
  return {
    name,
    language,
    id: row.meta_id,
    status: row.status,
    reason: row.reason,
    category: row.category,
    quality: row.quality,
    parameter_format: row.parameter_format,
    components: parseComponents(row.components),
    /** What the short form `params` takes; null where the registry does not have the template. */
    params: findTemplate(name, language)?.parameters ?? null,
    created_at: timestamp(row.created_at),
    updated_at: timestamp(row.updated_at),
  };
}
