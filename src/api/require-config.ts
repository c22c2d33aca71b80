/** The API works with a whole configuration or says what is missing. */
import { createMiddleware } from "hono/factory";
import { parseConfig, type Config } from "../config.ts";
import { problemResponse, type Problem } from "../http/problem.ts";
import type { ApiEnvironment } from "./api-environment.ts";

export type ConfigReading = { ok: true; config: Config } | { ok: false; problem: Problem };

/** The configuration, or all that is missing or wrong in it. */
export function readConfig(env: Env): ConfigReading {
  const result = parseConfig({ ...env });
  if (result.ok) return result;
  const detail = result.problems.map(({ setting, remedy }) => `${setting}: ${remedy}`).join("; ");
  return { ok: false, problem: { code: "not_configured", detail } };
}

export const requireConfig = createMiddleware<ApiEnvironment>(async (context, next) => {
  const reading = readConfig(context.env);
  if (!reading.ok) return problemResponse(reading.problem, context.var.requestId);
  context.set("config", reading.config);
  context.set("caller", null);
  await next();
  return undefined;
});
