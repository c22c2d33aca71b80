/** The Hono app: the middleware that every request passes, and the routes. */
import { contactRoutes } from "./api/contacts/routes.ts";
import { conversationRoutes } from "./api/conversations/routes.ts";
import { refuse } from "./api/graph/context.ts";
import { graphRoutes, isGraphPath } from "./api/graph/routes.ts";
import { mediaRoutes } from "./api/media/routes.ts";
import { messageRoutes } from "./api/messages/routes.ts";
import { referenceRoutes } from "./api/openapi/routes.ts";
import { doctorRoutes, operatorRoutes, subscriberRoutes } from "./api/operator/routes.ts";
import { templateRoutes } from "./api/templates/routes.ts";
import { allowedMethods, notAllowed } from "./http/encoding.ts";
import {
  forbidStoring,
  observeRequest,
  provideDatabase,
  requireConfig,
} from "./http/middleware.ts";
import { internalProblem } from "./http/problems.ts";
import { createRoutes } from "./http/routes.ts";
import { type Problem, problemResponse } from "./lib/problem.ts";
import { webhookRoutes } from "./webhook/routes.ts";

// Not strict: a path with a slash at its end is the same path.
const api = createRoutes({ strict: false })
  .use(observeRequest)
  .use(forbidStoring)
  .get("/health", (context) => context.json({ status: "ok" }))
  .route("/", webhookRoutes)
  .route("/", referenceRoutes)
  .route("/", doctorRoutes)
  .use(provideDatabase)
  .use("/v1/*", requireConfig)
  .route("/", messageRoutes)
  .route("/", conversationRoutes)
  .route("/", contactRoutes)
  .route("/", mediaRoutes)
  .route("/", templateRoutes)
  .route("/", operatorRoutes)
  .route("/", subscriberRoutes);

/** The API's types for Hono's client, `hc<PalomaApi>(url)`. The Graph routes have Meta's clients. */
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
