/** `/v1/doctor`: what is wrong with this installation, and what to do about it. */
import { Hono } from "hono";
import { createMiddleware } from "hono/factory";
import { parseConfig, readApiTokens, type Settings } from "../config.ts";
import { examine } from "../doctor/examine.ts";
import { worst } from "../doctor/verdict.ts";
import { problemResponse, type ProblemResponse } from "../http/problem.ts";
import type { ApiEnvironment } from "./api-environment.ts";
import { bearerToken, checkCaller, withKnownQuery } from "./authorize.ts";
import type { DoctorView } from "./schemas/doctor-schema.ts";
import { timestamp } from "./time.ts";

/** It speaks where the rest of the API can't: of the configuration it needs the tokens alone. */
const authorizeAdmin = createMiddleware<ApiEnvironment, string, object, ProblemResponse>(
  async (context, next) => {
    const apiTokens = readApiTokens({ ...context.env });
    if (apiTokens.length === 0) {
      const detail = settingProblems({ ...context.env }, "API_TOKENS").join("; ");
      return problemResponse({ code: "not_configured", detail }, context.var.requestId);
    }
    const presented = bearerToken(context.req.header("authorization"));
    const check = await checkCaller(context.env, apiTokens, presented, "admin");
    if (!check.ok) return problemResponse(check.problem, context.var.requestId);
    context.set("caller", check.caller);
    return withKnownQuery(context, next);
  },
);

export const doctorRoutes = new Hono<ApiEnvironment>().get(
  "/v1/doctor",
  authorizeAdmin,
  async (context) => {
    const now = Date.now();
    const checks = await examine(context.env, new URL("/webhook", context.req.url).href, now);
    const view: DoctorView = { result: worst(checks), checked_at: timestamp(now), checks };
    return context.json(view, 200);
  },
);

/** What is wrong with one setting, in words. */
function settingProblems(settings: Settings, name: string): string[] {
  const result = parseConfig(settings);
  const problems = result.ok ? [] : result.problems.filter(({ setting }) => setting === name);
  return problems.map(({ setting, remedy }) => `${setting}: ${remedy}`);
}
