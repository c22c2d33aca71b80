/**
 * The list of templates, as Graph takes and answers it.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/template-management
 */
import type { TemplatePage } from "../../graph/graph-client.ts";
import type { FieldError } from "../../http/problem.ts";

/**
 * What goes on to Meta; nothing else does, for Graph takes commands in a query as well, such as
 * `method=delete`.
 */
const PARAMETERS = [
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
] as const;

/** Plain names: an expansion such as `name{…}` could lead to other objects. */
const FIELDS = /^[a-z_]+(,[a-z_]+)*$/;

export type TemplateQuery =
  | { ok: true; query: Readonly<Record<string, string>> }
  | { ok: false; errors: FieldError[] };

export function templateQuery(given: Readonly<Record<string, string>>): TemplateQuery {
  const { fields } = given;
  if (fields !== undefined && !FIELDS.test(fields)) {
    const detail = 'must be names with commas between them, such as "name,status,category"';
    return { ok: false, errors: [{ pointer: "/fields", detail }] };
  }
  const query = PARAMETERS.flatMap((name) => {
    const value = given[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ok: true, query: Object.fromEntries(query) };
}

/**
 * A page whose links lead back to us: Meta's own carry the access token.
 *
 * @param asked the URL of the request
 */
export function templateListAnswer({ data, cursors, next, previous }: TemplatePage, asked: string) {
  if (cursors === null) return { data };
  return {
    data,
    paging: {
      cursors,
      ...(next ? { next: pageUrl(asked, "after", cursors.after) } : {}),
      ...(previous ? { previous: pageUrl(asked, "before", cursors.before) } : {}),
    },
  };
}

function pageUrl(asked: string, direction: "after" | "before", cursor: string): string {
  const url = new URL(asked);
  for (const name of ["access_token", "after", "before"]) url.searchParams.delete(name);
  url.searchParams.set(direction, cursor);
  return url.href;
}
