/** Requests that no handler takes: a compressed body, and a method that a path does not have. */
import type { Router } from "hono/router";
import type { RouterRoute } from "hono/types";
import type { Problem } from "../lib/problem.ts";

/** 415 for a compressed body, which the Worker does not unpack (RFC 9110, section 8.4); else null. */
export function encodingProblem({ headers }: Request): Problem | null {
  const encodings = (headers.get("content-encoding") ?? "")
    .split(",")
    .map((encoding) => encoding.trim().toLowerCase());
  if (encodings.every((encoding) => encoding === "" || encoding === "identity")) return null;
  return {
    code: "unsupported_media_type",
    detail:
      "The body is compressed, as its Content-Encoding says: send it uncompressed, without that header.",
    headers: { "accept-encoding": "identity" },
  };
}

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;

/** The methods of a path, for `Allow` (RFC 9110, section 10.2.1); empty where there is no route. */
export function allowedMethods(router: Router<[unknown, RouterRoute]>, path: string): string[] {
  return METHODS.filter((method) => isRouted(router, method, path)).flatMap((method) =>
    method === "GET" ? ["GET", "HEAD"] : [method],
  );
}

/** 405: the path exists for other methods only. */
export function notAllowed(method: string, allowed: readonly string[]): Problem {
  const methods = allowed.join(", ");
  const detail = `This path does not take ${method}: use ${methods}.`;
  return { code: "method_not_allowed", detail, headers: { allow: methods } };
}

/** A handler for every method is a middleware, not a route. */
function isRouted(router: Router<[unknown, RouterRoute]>, method: string, path: string): boolean {
  const [handlers] = router.match(method, path);
  return handlers.some(([[_handler, route]]) => route.method !== "ALL");
}
