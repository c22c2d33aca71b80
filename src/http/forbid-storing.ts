import { createMiddleware } from "hono/factory";

/** Nearly every answer shows persons: no cache keeps one that does not say itself who may keep it. */
export const forbidStoring = createMiddleware(async (context, next) => {
  await next();
  if (!context.res.headers.has("cache-control")) context.header("cache-control", "no-store");
});
