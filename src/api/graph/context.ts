/** Middleware of the Graph-compatible routes: settings, the caller, and refusals in Graph's shape. */
import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import type { Scope } from "../../config/api-tokens.ts";
import { isGraphId } from "../../graph/url.ts";
import type { ApiEnvironment } from "../../http/context.ts";
import { bearerToken, checkCaller, readConfig } from "../../http/middleware.ts";
import { unknownProblem } from "../../http/problems.ts";
import type { Problem } from "../../lib/problem.ts";
import { graphErrorResponse } from "./errors.ts";

export function refuse(context: Context<ApiEnvironment>, problem: Problem): Response {
  return graphErrorResponse(problem, context.var.requestId);
}

/** Requires a token with the scope; like Graph, it also accepts one in the query. */
export function authorizeGraph(scope: Scope) {
  return createMiddleware<ApiEnvironment>(async (context, next) => {
    const reading = readConfig(context.env);
    if (!reading.ok) return refuse(context, reading.problem);
    const { config } = reading;
    const presented =
      bearerToken(context.req.header("authorization")) ?? context.req.query("access_token");
    const check = await checkCaller(context.env, config.apiTokens, presented, scope);
    if (!check.ok) return refuse(context, check.problem);
    context.set("config", config);
    context.set("caller", check.caller);
    await next();
    return undefined;
  });
}

/** Refuses a parameter that can't be an id of Meta's, as Graph refuses an unknown one. */
export function requireGraphId(parameter: string) {
  return createMiddleware<ApiEnvironment>(async (context, next) => {
    if (!isGraphId(context.req.param(parameter) ?? "")) {
      return refuse(context, unknownProblem("object of Meta's"));
    }
    await next();
    return undefined;
  });
}
