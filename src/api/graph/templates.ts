/**
 * `GET /{waba_id}/message_templates`: the account's templates as Meta lists them now.
 */
import { createGraphClient, type TemplatePage } from "../../graph/client.ts";
import { invalidProblem, metaProblem } from "../../http/problems.ts";
import { createRoutes } from "../../http/routes.ts";
import { authorizeGraph, refuse, requireGraphId } from "./context.ts";
import type { GraphTemplatePageView } from "./schema.ts";
import { templateQuery } from "./template-query.ts";

/**
 * A page whose links lead back to Paloma: Meta's own contain the operator's access token.
 *
 * @param asked the URL of this request
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

export const graphTemplateRoutes = createRoutes().get(
  "/:waba_id/message_templates",
  authorizeGraph("read"),
  requireGraphId("waba_id"),
  async (context) => {
    const asked = templateQuery(context.req.query());
    if (!asked.ok) return refuse(context, invalidProblem(asked.errors));
    const client = createGraphClient(context.var.config);
    const page = await client.listTemplates(context.req.param("waba_id"), asked.query);
    return page.ok
      ? context.json(templateListAnswer(page.value, context.req.url))
      : refuse(context, metaProblem(page, "rejected_by_meta"));
  },
);
