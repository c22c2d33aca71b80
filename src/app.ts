/** The Hono app: what every request passes, and the routes. */
import { Hono } from "hono";
import type { ApiEnvironment } from "./api/api-environment.ts";
import { boundPatience } from "./api/bound-patience.ts";
import { contactRoutes } from "./api/contact-routes.ts";
import { conversationRoutes } from "./api/conversation-routes.ts";
import { doctorRoutes } from "./api/doctor-routes.ts";
import { graphRoutes, isGraphPath } from "./api/graph/graph-routes.ts";
import { refuse } from "./api/graph/graph-context.ts";
import { internalProblem } from "./api/internal-problem.ts";
import { mediaRoutes } from "./api/media-routes.ts";
import { messageRoutes } from "./api/message-routes.ts";
import { operatorRoutes } from "./api/operator-routes.ts";
import { referenceRoutes } from "./api/reference-routes.ts";
import { requireConfig } from "./api/require-config.ts";
import { subscriberRoutes } from "./api/subscriber-routes.ts";
import { templateRoutes } from "./api/template-routes.ts";
import { allowedMethods, notAllowed } from "./http/allowed-methods.ts";
import { forbidStoring } from "./http/forbid-storing.ts";
import { observeRequest } from "./http/observe-request.ts";
import { problemResponse, type Problem } from "./http/problem.ts";
import { webhookRoutes } from "./webhook/webhook-routes.ts";

// Not strict: a slash at the end changes nothing.
const api = new Hono<ApiEnvironment>({ strict: false })
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
  .route("/", operatorRoutes)
  .route("/", subscriberRoutes);

/** What Hono's client needs to know of the API: `hc<PalomaApi>(url)`. Graph has clients of its own. */
export type PalomaApi = typeof api;

export const app = api.route("/", graphRoutes);

app.notFound((context) => {
  const { method, path } = context.req;
  const allowed = allowedMethods(app.router, path);
  const problem: Problem =
    allowed.length > 0
      ? notAllowed(method, allowed)
      : { code: "not_found", detail: `There is nothing at ${method} ${path}.` };
  return isGraphPath(path)
    ? refuse(context, problem)
    : problemResponse(problem, context.var.requestId);
});

app.onError((error, { req, var: { requestId } }) =>
  problemResponse(internalProblem(error, { request_id: requestId, method: req.method }), requestId),
);
