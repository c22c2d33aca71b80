/** The Hono app: what every request passes, and the routes. */
import { Hono } from "hono";
import type { ApiEnvironment } from "./api/api-environment.ts";
import { boundPatience } from "./api/bound-patience.ts";
import { contactRoutes } from "./api/contact-routes.ts";
import { conversationRoutes } from "./api/conversation-routes.ts";
import { doctorRoutes } from "./api/doctor-routes.ts";
import { graphRoutes } from "./api/graph/graph-routes.ts";
import { internalProblem } from "./api/internal-problem.ts";
import { mediaRoutes } from "./api/media-routes.ts";
import { messageRoutes } from "./api/message-routes.ts";
import { operatorRoutes } from "./api/operator-routes.ts";
import { referenceRoutes } from "./api/reference-routes.ts";
import { requireConfig } from "./api/require-config.ts";
import { templateRoutes } from "./api/template-routes.ts";
import { forbidStoring } from "./http/forbid-storing.ts";
import { observeRequest } from "./http/observe-request.ts";
import { problemResponse } from "./http/problem.ts";
import { webhookRoutes } from "./webhook/webhook-routes.ts";

const api = new Hono<ApiEnvironment>()
  .use(observeRequest)
  .use(forbidStoring)
  .get("/health", (context) => context.json({ status: "ok" }))
  .route("/", webhookRoutes)
  .route("/", referenceRoutes)
  .route("/", doctorRoutes)
  .use(boundPatience)
  .use("/v1/*", requireConfig)
  .route("/", messageRoutes)
  .route("/", conversationRoutes)
  .route("/", contactRoutes)
  .route("/", mediaRoutes)
  .route("/", templateRoutes)
  .route("/", operatorRoutes);

/** What Hono's client needs to know of the API: `hc<PalomaApi>(url)`. Graph has clients of its own. */
export type PalomaApi = typeof api;

export const app = api.route("/", graphRoutes);

app.notFound((context) => {
  const detail = `There is nothing at ${context.req.method} ${new URL(context.req.url).pathname}.`;
  return problemResponse({ code: "not_found", detail }, context.var.requestId);
});

app.onError((error, { req, var: { requestId } }) =>
  problemResponse(internalProblem(error, { request_id: requestId, method: req.method }), requestId),
);
