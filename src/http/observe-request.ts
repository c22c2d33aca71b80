/** Gives each request its id, and tells in one line how it went: its route, never its address. */
import { createMiddleware } from "hono/factory";
import { matchedRoutes } from "hono/route";
import type { ApiEnvironment } from "../api/api-environment.ts";
import { observe } from "../observability/observe.ts";
import { withinRequest } from "../observability/request-scope.ts";

const WEBHOOK_ROUTE = "/webhook";

/** Of a request that no route is for; its path could hold anything. */
const NO_ROUTE = "none";

export const observeRequest = createMiddleware<ApiEnvironment>(async (context, next) => {
  const requestId = crypto.randomUUID();
  const startedAt = Date.now();
  context.set("requestId", requestId);
  await withinRequest(requestId, async () => {
    await next();
    const { method } = context.req;
    const route = matchedRoutes(context).findLast(({ method: of }) => of !== "ALL")?.path;
    observe({
      event: route === WEBHOOK_ROUTE && method === "POST" ? "webhook" : "request",
      subject: `${method} ${route ?? NO_ROUTE}`,
      outcome: String(context.res.status),
      count: 1,
      duration_ms: Date.now() - startedAt,
      more: { caller: context.get("caller")?.name ?? null, ...context.get("observed") },
    });
  });
  context.header("x-request-id", requestId);
});
