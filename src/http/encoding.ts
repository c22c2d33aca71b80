/** Bodies come as they are: nothing here unpacks them. */
import type { Router } from "hono/router";
import type { RouterRoute } from "hono/types";
import type { Problem } from "../lib/problem.ts";

/** 415 for a body that its sender compressed (RFC 9110, section 8.4); null where it came as it is. */
export function encodingProblem({ headers }: Request): Problem | null {
  const encodings = (headers.get("content-encoding") ?? "")
    .split(",")
    .map((encoding) => encoding.trim().toLowerCase());
  if (encodings.every((encoding) => encoding === "" || encoding === "identity")) return null;
  return {
    code: "unsupported_media_type",
    detail:
      "The body is compressed, as its Content-Encoding says: send it as it is, without that header.",
    headers: { "accept-encoding": "identity" },
  };
}

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;

/** What a path may be asked, as `Allow` names it (RFC 9110, section 10.2.1); nothing where no route is. */
export function allowedMethods(router: Router<[unknown, RouterRoute]>, path: string): string[] {
  return METHODS.filter((method) => isRouted(router, method, path)).flatMap((method) =>
    method === "GET" ? ["GET", "HEAD"] : [method],
  );
}

/** 405: the path is there, for other methods. */
export function notAllowed(method: string, allowed: readonly string[]): Problem {
  const methods = allowed.join(", ");
  const detail = `${method} is not for this path: ask with ${methods}.`;
  return { code: "method_not_allowed", detail, headers: { allow: methods } };
}

/** What is for every method is no route, but what all requests pass. */
function isRouted(router: Router<[unknown, RouterRoute]>, method: string, path: string): boolean {
  const [handlers] = router.match(method, path);
  return handlers.some(([[_handler, route]]) => route.method !== "ALL");
}
