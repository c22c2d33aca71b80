/** A template as the API shows it. */
import type { TemplateRow } from "../store/templates.ts";
import { findTemplate } from "../templates/registry.ts";
import { parseComponents } from "../templates/template-parts.ts";
import type { TemplateView } from "./schemas/template-schemas.ts";
import { timestamp } from "./time.ts";

export function templateView(row: TemplateRow): TemplateView {
  const { name, language } = row;
  const components = parseComponents(row.components);
  const parameters = findTemplate(name, language)?.parameters;
  return {
    name,
    language,
    id: row.meta_id,
    status: row.status,
    reason: row.reason,
    category: row.category,
    quality: row.quality,
    parameter_format: row.parameter_format,
    components: components === null ? null : [...components],
    params: parameters === undefined ? null : [...parameters],
    created_at: timestamp(row.created_at),
    updated_at: timestamp(row.updated_at),
  };
}
