/**
 * What requests pass before their route: the request id and the log line, the configuration, the
 * database, and the caller's token with its scope and rate.
 */
import type { Context, Next } from "hono";
import { createMiddleware } from "hono/factory";
import { matchedRoutes } from "hono/route";
import type { ApiToken, Caller, Scope } from "../config/api-tokens.ts";
import { type Config, parseConfig } from "../config/config.ts";
import { sha256 } from "../lib/ids.ts";
import { observe, withinRequest } from "../lib/log.ts";
import { optionalBindings } from "../lib/optional-bindings.ts";
import type { Problem, ProblemResponse } from "../lib/problem.ts";
import { ANSWER_PATIENCE_MS, createDatabase, withD1Timeout } from "../store/d1.ts";
import type { ApiEnvironment } from "./context.ts";
import { invalidRequest, refuse } from "./problems.ts";
import { queryErrors } from "./query.ts";

const WEBHOOK_ROUTE = "/webhook";

/** Logged for a request without a route, because its path could contain personal data. */
const NO_ROUTE = "none";

/** Gives each request its id, and logs one line with its route, never its URL. */
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
  setHeader(context, "x-request-id", requestId);
});

type ConfigReading = { ok: true; config: Config } | { ok: false; problem: Problem };

/** The configuration, or everything that is missing or wrong in it. */
export function readConfig(env: Env): ConfigReading {
  const result = parseConfig(env);
  if (result.ok) return result;
  const detail = result.problems.map(({ setting, remedy }) => `${setting}: ${remedy}`).join("; ");
  return { ok: false, problem: { code: "not_configured", detail } };
}

export const requireConfig = createMiddleware<ApiEnvironment>(async (context, next) => {
  const reading = readConfig(context.env);
  if (!reading.ok) return refuse(context, reading.problem);
  context.set("config", reading.config);
  context.set("caller", null);
  await next();
  return undefined;
});

/** Gives the request its database. Where D1 hangs, the caller gets 503 after `ANSWER_PATIENCE_MS`. */
export const provideDatabase = createMiddleware<ApiEnvironment>(async (context, next) => {
  context.env = withD1Timeout(context.env, ANSWER_PATIENCE_MS);
  context.set("database", createDatabase(context.env));
  await next();
});

const BEARER = /^Bearer +(\S+)$/i;

/** The binding's `period` in `wrangler.toml`; the binding does not report how much of it is left. */
const RATE_PERIOD_SECONDS = 60;

export const RATE_LIMITED: Problem = {
  code: "rate_limited",
  detail: "Too many requests: continue after the time in Retry-After.",
  headers: { "retry-after": String(RATE_PERIOD_SECONDS) },
};

type CallerCheck = { ok: true; caller: Caller } | { ok: false; problem: Problem };

/**
 * Lets a request through if its token, or the person who signed in to the inbox, has the scope; answers
 * 401 without a known token, 403 without the scope, 429 where the caller sends too many requests, and
 * then 422 where the route does not know the query.
 */
export function authorize(scope: Scope) {
  return createMiddleware<ApiEnvironment, string, object, ProblemResponse>(
    async (context, next) => {
      const { staff, config } = context.var;
      const presented = bearerToken(context.req.header("authorization"));
      // A door reads one kind of proof: a token here would let any site's script into the inbox.
      const check =
        staff === undefined
          ? await checkCaller(context.env, config.apiTokens, presented, scope)
          : await checkRights(context.env, staff, scope);
      if (!check.ok) return refuse(context, check.problem);
      context.set("caller", check.caller);
      return withKnownQuery(context, next);
    },
  );
}

/** Continues where the route knows every name in the query; else answers 422. */
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

/** The caller whose token this is, if the token has the scope and is within its rate. */
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
  return checkRights(env, caller, scope);
}

/** A known caller, if they have the scope and are within their rate. */
export async function checkRights(env: Env, caller: Caller, scope: Scope): Promise<CallerCheck> {
  if (!(await isWithinRate(env, caller.name))) return { ok: false, problem: RATE_LIMITED };
  if (!caller.scopes.has(scope)) {
    const detail = `This caller lacks the scope "${scope}": an entry of API_TOKENS or INBOX_STAFF must grant it.`;
    return { ok: false, problem: { code: "forbidden", detail } };
  }
  return { ok: true, caller };
}

/** @param key whose requests count together */
export async function isWithinRate(env: Env, key: string): Promise<boolean> {
  const limit = optionalBindings(env).API_RATE_LIMIT;
  return limit === undefined || (await limit.limit({ key })).success;
}

/** Compares the digests of all tokens, so that timing reveals no length, content or position. */
export async function findCaller(
  tokens: readonly ApiToken[],
  presented: string,
): Promise<ApiToken | null> {
  const presentedDigest = await sha256(presented);
  let found: ApiToken | null = null;
  for (const candidate of tokens) {
    if (crypto.subtle.timingSafeEqual(await digestOf(candidate), presentedDigest)) {
      found = candidate;
    }
  }
  return found;
}

/** Of the tokens in the settings, which stay: a business may have dozens. */
const digests = new WeakMap<ApiToken, ArrayBuffer>();

async function digestOf(token: ApiToken): Promise<ArrayBuffer> {
  const digest = digests.get(token) ?? (await sha256(token.token));
  digests.set(token, digest);
  return digest;
}

/** Sets a header of the answer in place; hono's `header` makes a new answer of it each time. */
function setHeader(context: Context, name: string, value: string): void {
  try {
    context.res.headers.set(name, value);
  } catch {
    // Another server's answer can't be changed.
    context.header(name, value);
  }
}

/** Nearly every answer contains personal data, so no cache may keep it unless the route allows it. */
export const forbidStoring = createMiddleware(async (context, next) => {
  await next();
  if (!context.res.headers.has("cache-control")) setHeader(context, "cache-control", "no-store");
});
