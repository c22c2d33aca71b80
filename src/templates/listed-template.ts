import { objectMember, objectsMember, textMember, type JsonObject } from "../json/json.ts";
import type { TemplateUpdate } from "../store/templates.ts";

/** A template as Meta lists it; null if it has no name or language. */
export function listedTemplate(
  template: JsonObject,
  businessAccountId: string,
  at: number,
): TemplateUpdate | null {
  const name = textMember(template, "name");
  const language = textMember(template, "language");
  if (name === null || language === null) return null;
  return {
    name,
    language,
    business_account_id: businessAccountId,
    meta_id: textMember(template, "id"),
    status: textMember(template, "status"),
    category: textMember(template, "category"),
    quality: textMember(objectMember(template, "quality_score") ?? {}, "score"),
    reason: textMember(template, "rejected_reason"),
    components: JSON.stringify(objectsMember(template, "components")),
    components_whole: true,
    parameter_format: textMember(template, "parameter_format"),
    at,
  };
}
