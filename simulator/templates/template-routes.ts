import { Hono } from "hono";
import type { GraphContext, GraphEnvironment } from "../graph/graph-context.ts";
import { isBusinessAccount, refuse } from "../graph/graph-context.ts";
import type { GraphError } from "../graph/graph-error.ts";
import { badParameter, graphError, unknownObject } from "../graph/graph-error.ts";
import type { JsonObject } from "../json.ts";
import { parseJson } from "../json.ts";
import { bodyText, type Template, type TemplateSeed } from "./template.ts";
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
  "message_send_ttl_seconds",
  "previous_category",
  // Of these no template of the simulator has a value, and Graph then leaves the field out.
  "correct_category",
  "cta_url_link_tracking_opted_out",
  "degrees_of_freedom_spec",
  "library_template_name",
  "sub_category",
]);

const SUMMARY_FIELDS: ReadonlySet<string> = new Set([
  "total_count",
  "message_template_count",
  "message_template_limit",
  "are_translations_complete",
]);

/** Of an account that Meta has not verified. */
const TEMPLATE_LIMIT = 250;

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
    const changed = settings.recategorizedTemplates.includes(seed.name)
      ? ({ category: "MARKETING", previous_category: seed.category } as const)
      : {};
    const { id, status, category } = templates.add({ ...seed, ...changed });
    return c.json({ id, status, category });
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
  summary = "total_count",
  limit = "1",
  after,
}: Readonly<Record<string, string | undefined>>): GraphError | null {
  const unknown =
    fields.split(",").find((field) => !KNOWN_FIELDS.has(field)) ??
    summary.split(",").find((field) => !SUMMARY_FIELDS.has(field));
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
  const { fields = DEFAULT_FIELDS, limit, after, summary } = c.req.query();
  const all = c.env.stage.templates.all();
  const matching = all.filter((template) => suits(template, c.req.query()));
  const { settings } = c.env.stage;
  const now = settings.now();
  const start = after === undefined ? 0 : Number(atob(after));
  const asked = limit === undefined ? DEFAULT_PAGE_SIZE : Number(limit);
  const end = start + Math.min(asked, settings.templatesPerPage);
  const data = matching.slice(start, end).map((template) => templateObject(template, fields, now));
  const summed =
    summary === undefined ? {} : { summary: summaryObject(matching, all.length, summary) };
  if (data.length === 0) return { data, ...summed };
  const cursors = { before: btoa(String(start)), after: btoa(String(end)) };
  return {
    data,
    ...summed,
    paging: { cursors, next: end < matching.length ? nextPage(c, cursors.after) : undefined },
  };
}

function suits(template: Template, query: Readonly<Record<string, string>>): boolean {
  const { name = "", content = "", name_or_content: either = "" } = query;
  const text = bodyText(template);
  return (
    template.name.includes(name) &&
    text.includes(content) &&
    (template.name.includes(either) || text.includes(either)) &&
    isAmong(template.status, query["status"]) &&
    isAmong(template.category, query["category"]) &&
    isAmong(template.language, query["language"]) &&
    isAmong(template.quality ?? "UNKNOWN", query["quality_score"])
  );
}

/** A filter is one value, or several with commas between them. */
function isAmong(value: string, filter: string | undefined): boolean {
  return filter === undefined || filter.split(",").includes(value);
}

function summaryObject(matching: readonly Template[], count: number, fields: string): JsonObject {
  const all = {
    total_count: matching.length,
    message_template_count: count,
    message_template_limit: TEMPLATE_LIMIT,
    are_translations_complete: true,
  };
  const asked = new Set(fields.split(","));
  return Object.fromEntries(Object.entries(all).filter(([field]) => asked.has(field)));
}

function nextPage(c: GraphContext, after: string): string {
  const url = new URL(c.req.url);
  url.searchParams.set("after", after);
  return url.href;
}

function templateObject(template: Template, fields: string, now: number): JsonObject {
  const { quality = "UNKNOWN", parameter_format = "POSITIONAL", ...rest } = template;
  const all = {
    ...rest,
    parameter_format,
    quality_score: { score: quality, date: Math.floor(now / 1000) },
    rejected_reason: template.status === "REJECTED" ? "INVALID_FORMAT" : "NONE",
  };
  const asked = new Set(["id", ...fields.split(",")]);
  return Object.fromEntries(Object.entries(all).filter(([field]) => asked.has(field)));
}
