/** The API works with a whole configuration or says what is missing. */
import { createMiddleware } from "hono/factory";
import { parseConfig } from "../config.ts";
import { problemResponse } from "../http/problem.ts";
import type { ApiEnvironment } from "./api-environment.ts";

export const requireConfig = createMiddleware<ApiEnvironment>(async (context, next) => {
  const result = parseConfig({ ...context.env });
  if (!result.ok) {
    const detail = result.problems.map(({ setting, remedy }) => `${setting}: ${remedy}`).join("; ");
    return problemResponse({ code: "not_configured", detail }, context.var.requestId);
  }
  context.set("config", result.config);
  context.set("caller", null);
  await next();
  return undefined;
});
