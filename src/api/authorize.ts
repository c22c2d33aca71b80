/** Bearer tokens and their scopes. */
import { createMiddleware } from "hono/factory";
import type { ApiToken, Scope } from "../config.ts";
import type { ApiEnvironment } from "./api-environment.ts";
import { problemResponse } from "../http/problem.ts";

const BEARER = /^Bearer +(\S+)$/i;

/** Lets a request through whose token has the scope; 401 without a known token, 403 without the scope. */
export function authorize(scope: Scope) {
  return createMiddleware<ApiEnvironment>(async (context, next) => {
    const presented = BEARER.exec(context.req.header("authorization") ?? "")?.[1];
    const caller =
      presented === undefined ? null : await findCaller(context.var.config.apiTokens, presented);
    if (caller === null) {
      return problemResponse(
        {
          code: "unauthorized",
          detail: "Send a known token as `Authorization: Bearer TOKEN`.",
          headers: { "www-authenticate": "Bearer" },
        },
        context.var.requestId,
      );
    }
    if (!caller.scopes.has(scope)) {
      return problemResponse(
        {
          code: "forbidden",
          detail: `This token lacks the scope "${scope}": use one whose API_TOKENS entry grants it.`,
        },
        context.var.requestId,
      );
    }
    context.set("caller", caller);
    await next();
    return undefined;
  });
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
