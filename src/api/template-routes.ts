/** `/v1/templates`: what Meta has, and how it is brought in line with the registry. */
import { Hono, type Context } from "hono";
import { NO_BUSINESS_ACCOUNT } from "../config.ts";
import { problemResponse, type ProblemResponse } from "../http/problem.ts";
import { createDatabase, type Database } from "../store/database.ts";
import {
  findTemplatesNamed,
  lastTemplateSync,
  listTemplates,
  type TemplatePosition,
} from "../store/templates.ts";
import { pushTemplates, type PushedTemplate } from "../templates/push-templates.ts";
import { templateRegistry } from "../templates/registry.ts";
import { syncTemplates } from "../templates/sync-templates.ts";
import { templateDrift } from "../templates/template-drift.ts";
import type { ApiEnvironment } from "./api-environment.ts";
import { authorize } from "./authorize.ts";
import { metaProblem } from "./meta-problem.ts";
import { pageQuery } from "./page-query.ts";
import { pageView, parsePage, type Position } from "./page.ts";
import type {
  PushedTemplateView,
  TemplateListView,
  TemplatePushView,
  TemplateSyncView,
} from "./schemas/template-schemas.ts";
import { templateView } from "./template-view.ts";
import { timestamp, timestampOrNull } from "./time.ts";

export const templateRoutes = new Hono<ApiEnvironment>()
  .get("/v1/templates", authorize("read"), pageQuery(parsePage), async (context) => {
    const { limit, after } = context.req.valid("query");
    const database = createDatabase(context.env.DB);
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
  .post("/v1/templates/sync", authorize("admin"), async (context) => {
    const { config, requestId } = context.var;
    if (config.businessAccountId === null) return noBusinessAccount(context);
    const database = createDatabase(context.env.DB);
    const synced = await syncTemplates(database, config, config.businessAccountId);
    if (!synced.ok) return problemResponse(metaProblem(synced, "rejected_by_meta"), requestId);
    const { synced_at, listed, gone } = synced.value;
    const drift = await driftOf(database);
    const view: TemplateSyncView = { synced_at: timestamp(synced_at), listed, gone, drift };
    return context.json(view, 200);
  })
  .post("/v1/templates/push", authorize("admin"), async (context) => {
    const { config, requestId } = context.var;
    if (config.businessAccountId === null) return noBusinessAccount(context);
    const database = createDatabase(context.env.DB);
    const pushed = await pushTemplates(database, config, config.businessAccountId);
    if (!pushed.ok) return problemResponse(metaProblem(pushed, "rejected_by_meta"), requestId);
    const drift = await driftOf(database);
    const view: TemplatePushView = { data: pushed.value.map(pushedView), drift };
    return context.json(view, 200);
  });

/** From the code and what is known of the account; Meta is not asked. */
async function driftOf(database: Database): Promise<TemplateListView["drift"]> {
  const names = templateRegistry.map(({ name }) => name);
  return templateDrift(templateRegistry, await findTemplatesNamed(database, names));
}

function pushedView({ meta_id: id, error, ...pushed }: PushedTemplate): PushedTemplateView {
  if (error === null) return { ...pushed, id, meta_error: null };
  const { code, subcode = null, message, details, fbtrace_id } = error;
  return { ...pushed, id, meta_error: { code, subcode, message, details, fbtrace_id } };
}

/** No language has a space in it. */
function templatePosition({ at, id }: Position): TemplatePosition {
  const space = id.indexOf(" ");
  return { created_at: at, name: id.slice(space + 1), language: id.slice(0, Math.max(space, 0)) };
}

function noBusinessAccount(context: Context<ApiEnvironment>): ProblemResponse {
  const { setting, remedy } = NO_BUSINESS_ACCOUNT;
  const detail = `${setting}: ${remedy}`;
  return problemResponse({ code: "not_configured", detail }, context.var.requestId);
}
