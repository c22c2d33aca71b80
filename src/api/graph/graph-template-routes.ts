/** `GET /{waba_id}/message_templates`: what Meta says now. */
import { Hono } from "hono";
import { createGraphClient } from "../../graph/graph-client.ts";
import type { ApiEnvironment } from "../api-environment.ts";
import { invalidProblem } from "../invalid-request.ts";
import { metaProblem } from "../meta-problem.ts";
import { authorizeGraph, refuse, requireGraphId } from "./graph-context.ts";
import { templateListAnswer } from "./graph-template-list.ts";
import { templateQuery } from "./graph-template-query.ts";

export const graphTemplateRoutes = new Hono<ApiEnvironment>().get(
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
