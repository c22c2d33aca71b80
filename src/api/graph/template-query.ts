/**
 * The query of the list of templates, as Graph takes it.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/template-management
 */
import type { FieldError } from "../../lib/problem.ts";

/**
 * The only parameters that go on to Meta, because Graph also takes commands in a query, such as
 * `method=delete`.
 */
export const TEMPLATE_PARAMETERS = [
  "fields",
  "limit",
  "after",
  "before",
  "name",
  "name_or_content",
  "content",
  "status",
  "category",
  "language",
  "quality_score",
  "summary",
] as const;

/** Only plain names: an expansion such as `name{…}` could read other objects. */
const FIELDS = /^[a-z_]+(,[a-z_]+)*$/;

const NAMED = ["fields", "summary"] as const;

type TemplateQuery =
  | { ok: true; query: Readonly<Record<string, string>> }
  | { ok: false; errors: FieldError[] };

export function templateQuery(given: Readonly<Record<string, string>>): TemplateQuery {
  const detail = 'must be names with commas between them, such as "name,status,category"';
  const errors = NAMED.flatMap((name) => {
    const names = given[name];
    return names === undefined || FIELDS.test(names) ? [] : [{ pointer: `/${name}`, detail }];
  });
  if (errors.length > 0) return { ok: false, errors };
  const query = TEMPLATE_PARAMETERS.flatMap((name) => {
    const value = given[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ok: true, query: Object.fromEntries(query) };
}
