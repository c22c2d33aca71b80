/** A template as Meta last told of it. */
import type { TemplateRow } from "../store/templates.ts";
import { timestamp } from "./time.ts";

export function templateView(row: TemplateRow) {
  const { name, language, meta_id, status, category, quality, reason, updated_at } = row;
  return {
    name,
    language,
    meta_id,
    status,
    category,
    quality,
    reason,
    updated_at: timestamp(updated_at),
  };
}
