/** The Hono app: the middleware that every request passes, and the routes. */
import { webhookRoutes } from "./webhook/routes.ts";
import { contactRoutes } from "./api/contacts/routes.ts";
import { conversationRoutes } from "./api/conversations/routes.ts";
import { refuse as refuseAsGraph } from "./api/graph/context.ts";
import { graphRoutes, isGraphPath } from "./api/graph/routes.ts";
import { mediaRoutes } from "./api/media/routes.ts";
import { pageRoutes } from "./api/inbox/page.ts";
import { feedRoutes } from "./api/inbox/feed.ts";
import { ownRoutes, sessionRoutes } from "./api/inbox/routes.ts";
import { staffRoutes } from "./api/inbox/staff.ts";
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
import { API_MOUNT, STAFF_MOUNT } from "./http/mounts.ts";
import { nothingAt, refuse, unexpected } from "./http/problems.ts";
import { createRoutes } from "./http/routes.ts";
import {
  isolateAnswers,
  refuseForgeries,
  requireInbox,
  requireStaff,
  tellTime,
} from "./http/staff.ts";
import type { Problem } from "./lib/problem.ts";

/** What programs and the staff ask of conversations. */
const resourceRoutes = createRoutes()
  .route("/", messageRoutes)
  .route("/", conversationRoutes)
  .route("/", contactRoutes)
  .route("/", mediaRoutes)
  .route("/", templateRoutes);

// Not strict: a path with a slash at its end is the same path.
const api = createRoutes({ strict: false })
  .use(observeRequest)
  .use(forbidStoring)
  .get("/health", (context) => context.json({ status: "ok" }))
  .route("/", webhookRoutes)
  .route("/", referenceRoutes)
  .route(API_MOUNT, doctorRoutes)
  .use(provideDatabase)
  .use(`${API_MOUNT}/*`, requireConfig)
  .route(API_MOUNT, resourceRoutes)
  .route(API_MOUNT, operatorRoutes)
  .route(API_MOUNT, subscriberRoutes);

/** The API's types for Hono's client, `hc<PalomaApi>(url)`. The Graph routes have Meta's clients. */
export type PalomaApi = typeof api;

/** The staff's page, and the same handlers for those who have signed in. */
const inbox = createRoutes()
  .use("/inbox/*", requireConfig, requireInbox, isolateAnswers, refuseForgeries)
  .route("/", pageRoutes)
  .route("/", sessionRoutes)
  .route("/", feedRoutes)
  .use(`${STAFF_MOUNT}/*`, tellTime, requireStaff)
  .route(STAFF_MOUNT, ownRoutes)
  .route(STAFF_MOUNT, staffRoutes)
  .route(STAFF_MOUNT, resourceRoutes)
  .route(STAFF_MOUNT, doctorRoutes);

export const app = api.route("/", inbox).route("/", graphRoutes);

app.notFound((context) => {
  const { method, path } = context.req;
  const allowed = allowedMethods(app.router, path);
  const problem: Problem =
    allowed.length > 0 ? notAllowed(method, allowed) : nothingAt(method, path);
  return isGraphPath(path) ? refuseAsGraph(context, problem) : refuse(context, problem);
});

app.onError((error, context) => refuse(context, unexpected(context, error)));
