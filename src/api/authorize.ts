/** Bearer tokens, their scopes, and how often each may ask. */
import type { Context, Next } from "hono";
import { createMiddleware } from "hono/factory";
import type { ApiToken, Scope } from "../config.ts";
import type { ApiEnvironment } from "./api-environment.ts";
import { problemResponse, type Problem, type ProblemResponse } from "../http/problem.ts";
import { queryErrors } from "./check-query.ts";
import { invalidRequest } from "./invalid-request.ts";
import { optionalBindings } from "../optional-bindings.ts";

const BEARER = /^Bearer +(\S+)$/i;

/** The `period` that `wrangler.toml` gives the binding; the Worker is not told how much of it is left. */
const RATE_PERIOD_SECONDS = 60;

const RATE_LIMITED: Problem = {
  code: "rate_limited",
  detail: "This token has asked too often: go on when the time in Retry-After is over.",
  headers: { "retry-after": String(RATE_PERIOD_SECONDS) },
};

export type CallerCheck = { ok: true; caller: ApiToken } | { ok: false; problem: Problem };

/**
 * Lets a request through whose token has the scope; 401 without a known token, 403 without the
 * scope, 429 where the token asks too often. Then 422 where its query holds what the route does not
 * know.
 */
export function authorize(scope: Scope) {
  return createMiddleware<ApiEnvironment, string, object, ProblemResponse>(
    async (context, next) => {
      const presented = bearerToken(context.req.header("authorization"));
      const check = await checkCaller(context.env, context.var.config.apiTokens, presented, scope);
      if (!check.ok) return problemResponse(check.problem, context.var.requestId);
      context.set("caller", check.caller);
      return withKnownQuery(context, next);
    },
  );
}

/** Goes on where the route knows all of the query; else 422. */
export async function withKnownQuery(
  context: Context<ApiEnvironment>,
  next: Next,
): Promise<ProblemResponse | undefined> {
  const errors = queryErrors(context);
  if (errors.length > 0) return invalidRequest(context, errors);
  await next();
  return undefined;
}

/** The token in an Authorization header. */
export function bearerToken(header: string | undefined): string | undefined {
  return BEARER.exec(header ?? "")?.[1];
}

/** Whose token it is, if that token has the scope and does not ask too often. */
export async function checkCaller(
  env: Env,
  tokens: readonly ApiToken[],
  presented: string | undefined,
  scope: Scope,
): Promise<CallerCheck> {
  const caller = presented === undefined ? null : await findCaller(tokens, presented);
  if (caller === null) {
    const detail = "Send a known token as `Authorization: Bearer TOKEN`.";
    const headers = { "www-authenticate": "Bearer" };
    return { ok: false, problem: { code: "unauthorized", detail, headers } };
  }
  if (!(await isWithinRate(env, caller))) return { ok: false, problem: RATE_LIMITED };
  if (!caller.scopes.has(scope)) {
    const detail = `This token lacks the scope "${scope}": use one whose API_TOKENS entry grants it.`;
    return { ok: false, problem: { code: "forbidden", detail } };
  }
  return { ok: true, caller };
}

async function isWithinRate(env: Env, { name }: ApiToken): Promise<boolean> {
  const limit = optionalBindings(env).API_RATE_LIMIT;
  return limit === undefined || (await limit.limit({ key: name })).success;
}

/** Compares digests, all of them, so that timing tells neither length nor content nor position. */
async function findCaller(
  tokens: readonly ApiToken[],
  presented: string,
): Promise<ApiToken | null> {
  const presentedDigest = await digest(presented);
  let found: ApiToken | null = null;
  for (const candidate of tokens) {
    if (crypto.subtle.timingSafeEqual(await digest(candidate.token), presentedDigest)) {
      found = candidate;
    }
  }
  return found;
}

function digest(token: string): Promise<ArrayBuffer> {
  return crypto.subtle.digest("SHA-256", new TextEncoder().encode(token));
}
