import { Hono } from "hono";
import type { GraphContext, GraphEnvironment } from "../graph/graph-context.ts";
import { isBusinessAccount, refuse } from "../graph/graph-context.ts";
import type { GraphError } from "../graph/graph-error.ts";
import { badParameter, graphError, unknownObject } from "../graph/graph-error.ts";
import type { JsonObject } from "../json.ts";
import { parseJson } from "../json.ts";
import type { Template, TemplateSeed } from "./template.ts";
import { readSubmission } from "./template-submission.ts";

const DUPLICATE_SUBCODE = 2388024;
/** As peers report it; Meta's list of subcodes is not public. */
const DELETED_NAME_SUBCODE = 2388023;
const DEFAULT_PAGE_SIZE = 25;
const DEFAULT_FIELDS = "name,language,status,category,components";
const KNOWN_FIELDS: ReadonlySet<string> = new Set([
  "id",
  "name",
  "language",
  "status",
  "category",
  "components",
  "parameter_format",
  "quality_score",
  "rejected_reason",
]);

/** Cursors are opaque to callers: base64 of a position. */
const CURSOR = /^(?:[\w+/]{4})*(?:[\w+/]{2}==|[\w+/]{3}=|[\w+/]{4})$/;

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
    if (templates.isBlocked(seed.name, seed.language)) return refuse(c, beingDeleted(seed));
    const category = settings.recategorizedTemplates.includes(seed.name)
      ? "MARKETING"
      : seed.category;
    const template = templates.add({ ...seed, category });
    return c.json({ id: template.id, status: template.status, category });
  });

  routes.get("/:id/message_templates", (c) => {
    if (!isBusinessAccount(c, c.req.param("id"))) {
      return refuse(c, unknownObject(c.req.param("id")));
    }
    const refusal = queryRefusal(c.req.query());
    return refusal === null ? c.json(page(c)) : refuse(c, refusal);
  });

  return routes;
}

function queryRefusal({
  fields = DEFAULT_FIELDS,
  limit = "1",
  after,
}: Readonly<Record<string, string | undefined>>): GraphError | null {
  const unknown = fields.split(",").find((field) => !KNOWN_FIELDS.has(field));
  if (unknown !== undefined) {
    return badParameter(`Tried accessing nonexisting field (${unknown})`);
  }
  if (!/^[1-9]\d*$/.test(limit)) return badParameter("Param limit must be a positive integer");
  const isCursor = after === undefined || (CURSOR.test(after) && /^\d+$/.test(atob(after)));
  return isCursor ? null : badParameter("Invalid cursor");
}

function beingDeleted({ name, language }: TemplateSeed): GraphError {
  return graphError(
    100,
    `New ${language} content for ${name} can't be added while the existing content is being deleted. Try again in 4 weeks or create a new message template.`,
    { subcode: DELETED_NAME_SUBCODE, userTitle: "Message template language is being deleted" },
  );
}

function duplicate({ name, language }: TemplateSeed): GraphError {
  return graphError(100, `There is already ${language} content for the template ${name}.`, {
    subcode: DUPLICATE_SUBCODE,
    userTitle: "Content in this language already exists",
  });
}

/** One page of the list, with Graph's cursors. */
function page(c: GraphContext): JsonObject {
  const { fields = DEFAULT_FIELDS, name, status, limit, after } = c.req.query();
  const matching = c.env.stage.templates
    .all()
    .filter((template) => name === undefined || template.name.includes(name))
    .filter((template) => status === undefined || template.status === status);
  const { templatesPerPage } = c.env.stage.settings;
  const start = after === undefined ? 0 : Number(atob(after));
  const asked = limit === undefined ? DEFAULT_PAGE_SIZE : Number(limit);
  const end = start + Math.min(asked, templatesPerPage);
  const data = matching.slice(start, end).map((template) => templateObject(template, fields));
  if (data.length === 0) return { data };
  const cursors = { before: btoa(String(start)), after: btoa(String(end)) };
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
  const { quality = "UNKNOWN", parameter_format = "POSITIONAL", ...rest } = template;
  const all = {
    ...rest,
    parameter_format,
    quality_score: { score: quality },
    rejected_reason: template.status === "REJECTED" ? "INVALID_FORMAT" : "NONE",
  };
  const asked = new Set(["id", ...fields.split(",")]);
  return Object.fromEntries(Object.entries(all).filter(([field]) => asked.has(field)));
}
