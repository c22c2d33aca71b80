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
import { templateRoutes } from "./api/template-routes.ts";
import { requireConfig } from "./api/require-config.ts";
import { observeRequest } from "./http/observe-request.ts";
import { problemResponse } from "./http/problem.ts";
import { webhookRoutes } from "./webhook/webhook-routes.ts";

export const app = new Hono<ApiEnvironment>();

app.use(observeRequest);

app.get("/health", (context) => context.json({ status: "ok" }));

app.route("/", webhookRoutes);

app.route("/", doctorRoutes);

app.use(boundPatience);
app.use("/v1/*", requireConfig);
app.route("/", messageRoutes);
app.route("/", conversationRoutes);
app.route("/", contactRoutes);
app.route("/", mediaRoutes);
app.route("/", templateRoutes);
app.route("/", operatorRoutes);

app.route("/", graphRoutes);

app.notFound((context) => {
  const detail = `There is nothing at ${context.req.method} ${new URL(context.req.url).pathname}.`;
  return problemResponse({ code: "not_found", detail }, context.var.requestId);
});

app.onError((error, { req, var: { requestId } }) =>
  problemResponse(internalProblem(error, { request_id: requestId, method: req.method }), requestId),
);
