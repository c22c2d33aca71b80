/**
 * `/v1/templates`: lists the account's templates, asks Meta for them again, and submits those that the
 * registry has and the account lacks.
 */
import type { Context } from "hono";
import { NO_BUSINESS_ACCOUNT } from "../../config/config.ts";
import type { ApiEnvironment } from "../../http/context.ts";
import { jsonBody } from "../../http/body.ts";
import { authorize } from "../../http/middleware.ts";
import { metaProblem, refuse } from "../../http/problems.ts";
import { createRoutes } from "../../http/routes.ts";
import type { Problem, ProblemResponse } from "../../lib/problem.ts";
import type { Database } from "../../store/d1.ts";
import {
  findTemplateRow,
  findTemplatesNamed,
  lastTemplateSync,
  listTemplates,
  type TemplatePosition,
  type TemplateRow,
} from "../../store/templates.ts";
import { templateDrift } from "../../templates/drift.ts";
import { parseComponents, templateKey } from "../../templates/known.ts";
import { previewTemplate } from "../../templates/preview.ts";
import { findTemplate, templateRegistry } from "../../templates/registry.ts";
import { type PushedTemplate, pushTemplates, syncTemplates } from "../../templates/sync.ts";
import { pageQuery, pageView, parsePage, type Position } from "../page.ts";
import { timestamp, timestampOrNull } from "../schema.ts";
import { templatePreviewBody } from "./body.ts";
import type {
  PushedTemplateView,
  TemplateListView,
  TemplatePreviewView,
  TemplatePushView,
  TemplateSyncView,
  TemplateView,
} from "./schema.ts";

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

const NO_TEMPLATE: Problem = {
  code: "not_found",
  detail:
    "Neither Meta nor the registry has reported the text of this template in this language: POST /v1/templates/sync asks Meta.",
};

export const templateRoutes = createRoutes()
  .get("/templates", authorize("read"), pageQuery(parsePage), async (context) => {
    const { limit, after } = context.req.valid("query");
    const { database } = context.var;
    const { businessAccountId } = context.var.config;
    const [rows, drift, syncedAt] = await Promise.all([
      listTemplates(database, {
        after: after === null ? null : templatePosition(after),
        limit: limit + 1,
      }),
      driftOf(database),
      businessAccountId === null ? null : lastTemplateSync(database, businessAccountId),
    ]);
    const page = pageView(
      rows,
      limit,
      ({ created_at, name, language }) => ({ at: created_at, id: `${language} ${name}` }),
      templateView,
    );
    const list: TemplateListView = { ...page, synced_at: timestampOrNull(syncedAt), drift };
    return context.json(list, 200);
  })
  .post("/templates/preview", authorize("read"), jsonBody(templatePreviewBody), async (context) => {
    const { language, ...given } = context.req.valid("json");
    const code = typeof language === "object" ? language.code : language;
    const content = { ...given, ...(code === undefined ? {} : { language: { code } }) };
    const key = templateKey(content);
    const row = await findTemplateRow(context.var.database, key.name, key.language);
    const preview = previewTemplate(content, row);
    if (preview === null) return refuse(context, NO_TEMPLATE);
    const { buttons, errors } = preview;
    const view: TemplatePreviewView = { ...preview, buttons: [...buttons], errors: [...errors] };
    return context.json(view, 200);
  })
  .post("/templates/sync", authorize("admin"), async (context) => {
    const { config, database } = context.var;
    if (config.businessAccountId === null) return noBusinessAccount(context);
    const synced = await syncTemplates(database, config, config.businessAccountId);
    if (!synced.ok) return refuse(context, metaProblem(synced, "rejected_by_meta"));
    const { synced_at, listed, gone } = synced.value;
    const drift = await driftOf(database);
    const view: TemplateSyncView = { synced_at: timestamp(synced_at), listed, gone, drift };
    return context.json(view, 200);
  })
  .post("/templates/push", authorize("admin"), async (context) => {
    const { config, database } = context.var;
    if (config.businessAccountId === null) return noBusinessAccount(context);
    const pushed = await pushTemplates(database, config, config.businessAccountId);
    if (!pushed.ok) return refuse(context, metaProblem(pushed, "rejected_by_meta"));
    const drift = await driftOf(database);
    const view: TemplatePushView = { data: pushed.value.map(pushedView), drift };
    return context.json(view, 200);
  });

/** The differences between the registry and D1, without a call to Meta. */
async function driftOf(database: Database): Promise<TemplateListView["drift"]> {
  const names = templateRegistry.map(({ name }) => name);
  return templateDrift(templateRegistry, await findTemplatesNamed(database, names));
}

function pushedView({ meta_id: id, error, ...pushed }: PushedTemplate): PushedTemplateView {
  if (error === null) return { ...pushed, id, meta_error: null };
  const { code, subcode = null, message, details, fbtrace_id } = error;
  return { ...pushed, id, meta_error: { code, subcode, message, details, fbtrace_id } };
}

/** The id is language, space, name; no language contains a space. */
function templatePosition({ at, id }: Position): TemplatePosition {
  const space = id.indexOf(" ");
  return { created_at: at, name: id.slice(space + 1), language: id.slice(0, Math.max(space, 0)) };
}

function noBusinessAccount(context: Context<ApiEnvironment>): ProblemResponse {
  const { setting, remedy } = NO_BUSINESS_ACCOUNT;
  const detail = `${setting}: ${remedy}`;
  return refuse(context, { code: "not_configured", detail });
}
