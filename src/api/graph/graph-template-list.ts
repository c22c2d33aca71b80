/** The list of templates, as Graph answers it. */
import type { TemplatePage } from "../../graph/graph-client.ts";
import type { GraphTemplatePageView } from "../schemas/graph-schemas.ts";

/**
 * A page whose links lead back to us: Meta's own carry the access token.
 *
 * @param asked the URL of the request
 */
export function templateListAnswer(
  { data, cursors, next, previous, summary }: TemplatePage,
  asked: string,
): GraphTemplatePageView {
  const page = { data: [...data], ...(summary === null ? {} : { summary }) };
  if (cursors === null) return page;
  return {
    ...page,
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
