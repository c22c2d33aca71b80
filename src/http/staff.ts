/** What requests to the inbox pass: whether there is one, who signed in, and that the page itself asks. */
import type { Context } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import { createMiddleware } from "hono/factory";
import type { CookieOptions } from "hono/utils/cookie";
import type { Caller } from "../config/api-tokens.ts";
import type { Problem, ProblemResponse } from "../lib/problem.ts";
import { SECOND_MS } from "../lib/time.ts";
import { isLocalHost } from "../lib/validate.ts";
import { ACCESS_HEADER, type AccessResult, readAccess } from "../staff/access.ts";
import { forgeryProblem } from "../staff/forgery.ts";
import { readSession, SESSION_LIFE_MS } from "../staff/session.ts";
import type { ApiEnvironment } from "./context.ts";
import { STAFF_MOUNT } from "./mounts.ts";
import { nothingAt, refuse } from "./problems.ts";

/** Without an inbox, its paths are like any unknown one. */
export const requireInbox = createMiddleware<ApiEnvironment>(async (context, next) => {
  if (context.var.config.inboxSignIn.mode === "off") {
    const { method, path } = context.req;
    return refuse(context, nothingAt(method, path));
  }
  await next();
  return undefined;
});

/** The one route of the inbox that takes a file as its body. */
const UPLOAD = new RegExp(`^${STAFF_MOUNT}/media/?$`);

/** Refuses what another site could make a browser send. */
export const refuseForgeries = createMiddleware<ApiEnvironment>(async (context, next) => {
  const problem = forgeryProblem(context.req.raw, UPLOAD.test(context.req.path));
  if (problem !== null) return refuse(context, problem);
  await next();
  return undefined;
});

/** Lets through who has signed in, whose scopes the routes then check; no token counts here. */
export const requireStaff = createMiddleware<ApiEnvironment, string, object, ProblemResponse>(
  async (context, next) => {
    const check = await identify(context);
    if (!check.ok) return refuse(context, check.problem);
    context.set("staff", check.caller);
    context.set("sessionUntil", check.until);
    await next();
    // A file may be cached, which no cookie should be.
    if (check.renewed !== null && !context.res.headers.has("cache-control")) {
      giveSession(context, check.renewed);
    }
    return undefined;
  },
);

/** Says what time it is: a device's clock may be hours off. Cloudflare adds this header, `wrangler dev` does not. */
export const tellTime = createMiddleware<ApiEnvironment>(async (context, next) => {
  await next();
  context.header("date", new Date().toUTCString());
});

/** Of what is no page. */
const NO_PAGE_POLICY = "default-src 'none'; frame-ancestors 'none'";

/** No page of another origin may show an answer, of whatever type it takes it for. */
export const isolateAnswers = createMiddleware<ApiEnvironment>(async (context, next) => {
  await next();
  context.header("cross-origin-resource-policy", "same-origin");
  context.header("x-content-type-options", "nosniff");
  if (!context.res.headers.has("content-security-policy")) {
    context.header("content-security-policy", NO_PAGE_POLICY);
  }
});

type StaffCheck =
  | { ok: true; caller: Caller; until: number; renewed: string | null }
  | { ok: false; problem: Problem };

/** Who signed in, in the way that the settings name; a cookie does not count under Access. */
export async function identify(context: Context<ApiEnvironment>): Promise<StaffCheck> {
  const { inboxSignIn, apiTokens } = context.var.config;
  const now = Date.now();
  if (inboxSignIn.mode === "access") {
    const assertion = context.req.header(ACCESS_HEADER) ?? null;
    const result = await readAccess(inboxSignIn, assertion, now);
    return result.ok
      ? { ok: true, caller: result.caller, until: result.until, renewed: null }
      : { ok: false, problem: ACCESS_PROBLEMS[result.reason] };
  }
  const cookie = getCookie(context, cookieOf(context).name);
  const session = cookie === undefined ? null : await readSession(apiTokens, cookie, now);
  return session === null ? { ok: false, problem: SIGNED_OUT } : { ok: true, ...session };
}

const SIGNED_OUT: Problem = { code: "unauthorized", detail: "Sign in to the inbox." };

const ACCESS_PROBLEMS: Readonly<Record<Exclude<AccessResult, { ok: true }>["reason"], Problem>> = {
  missing: {
    code: "unauthorized",
    detail:
      "The request did not come through Cloudflare Access: its application must have the path /inbox of this host.",
  },
  invalid: {
    code: "unauthorized",
    detail: "Cloudflare Access signed in to something else, or too long ago: sign in again.",
  },
  stranger: {
    code: "forbidden",
    detail: "Cloudflare Access knows you, but INBOX_STAFF does not name you.",
  },
  unavailable: {
    code: "unavailable",
    detail: "The keys of Cloudflare Access can't be read: try again.",
  },
};

/** Gives the browser the session's cookie. */
export function giveSession(context: Context<ApiEnvironment>, session: string): void {
  const { name, options } = cookieOf(context);
  setCookie(context, name, session, { ...options, maxAge: SESSION_LIFE_MS / SECOND_MS });
}

/** Has the browser forget the cookie, and all that the page and its files left there. */
export function endSession(context: Context<ApiEnvironment>): void {
  const { name, options } = cookieOf(context);
  setCookie(context, name, "", { ...options, maxAge: 0 });
  context.header("clear-site-data", '"cache", "storage"');
}

/** Over plain HTTP on this machine, where some browsers take no `Secure` cookie, a plain one. */
function cookieOf({ req }: Context<ApiEnvironment>): { name: string; options: CookieOptions } {
  const url = new URL(req.url);
  const isPlain = url.protocol === "http:" && isLocalHost(url);
  return {
    name: isPlain ? "paloma" : "__Host-paloma",
    options: { path: "/", httpOnly: true, sameSite: "Strict", secure: !isPlain },
  };
}
