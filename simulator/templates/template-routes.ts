import { Hono } from "hono";
import type { GraphContext, GraphEnvironment } from "../graph/graph-context.ts";
import { isBusinessAccount, refuse } from "../graph/graph-context.ts";
import { graphError, unknownObject } from "../graph/graph-error.ts";
import type { JsonObject } from "../json.ts";
import { parseJson } from "../json.ts";
import type { Template, TemplateSeed } from "./template.ts";
import { readSubmission } from "./template-submission.ts";

const DUPLICATE_SUBCODE = 2388024;
const DEFAULT_PAGE_SIZE = 25;
const DEFAULT_FIELDS = "name,language,status,category,components";

/** The business account's templates: submitting and listing. */
export function templateRoutes(): Hono<GraphEnvironment> {
  const routes = new Hono<GraphEnvironment>();

  routes.post("/:id/message_templates", async (c) => {
    if (!isBusinessAccount(c, c.req.param("id"))) {
      return refuse(c, unknownObject(c.req.param("id")));
    }
    const { templates, settings } = c.env.stage;
    const submission = readSubmission(parseJson(await c.req.text()));
    if (!submission.ok) return refuse(c, submission.error);
    const { seed } = submission;
    if (templates.find(seed.name, seed.language) !== undefined) {
      return refuse(c, duplicate(seed));
    }
    const category = settings.recategorizedTemplates.includes(seed.name)
      ? "MARKETING"
      : seed.category;
    const template = templates.add({ ...seed, category });
    return c.json({ id: template.id, status: template.status, category });
  });

  routes.get("/:id/message_templates", (c) =>
    isBusinessAccount(c, c.req.param("id"))
      ? c.json(page(c))
      : refuse(c, unknownObject(c.req.param("id"))),
  );

  return routes;
}

function duplicate({ name, language }: TemplateSeed): ReturnType<typeof graphError> {
  return graphError(100, `There is already ${language} content for the template ${name}.`, {
    subcode: DUPLICATE_SUBCODE,
    userTitle: "Content in this language already exists",
  });
}

/** One page of the list, with Graph's cursors; a cursor is the position after the last item. */
function page(c: GraphContext): JsonObject {
  const { fields = DEFAULT_FIELDS, name, status, limit, after } = c.req.query();
  const matching = c.env.stage.templates
    .all()
    .filter((template) => name === undefined || template.name.includes(name))
    .filter((template) => status === undefined || template.status === status);
  const start = after === undefined ? 0 : Number(after);
  const end = start + (limit === undefined ? DEFAULT_PAGE_SIZE : Number(limit));
  const data = matching.slice(start, end).map((template) => templateObject(template, fields));
  if (data.length === 0) return { data };
  const cursors = { before: String(start), after: String(end) };
  return {
    data,
    paging: { cursors, next: end < matching.length ? nextPage(c, cursors.after) : undefined },
  };
}

function nextPage(c: GraphContext, after: string): string {
  const url = new URL(c.req.url);
  url.searchParams.set("after", after);
  return url.href;
}

function templateObject(template: Template, fields: string): JsonObject {
  const all = {
    ...template,
    parameter_format: "POSITIONAL",
    quality_score: { score: "UNKNOWN" },
  };
  const asked = new Set(["id", ...fields.split(",")]);
  return Object.fromEntries(Object.entries(all).filter(([field]) => asked.has(field)));
}
