import type { Context } from "hono";
import { problemResponse, type FieldError } from "../http/problem.ts";
import type { ApiEnvironment } from "./api-environment.ts";

/** 422 with every violation, and all of them in words for whoever reads only `detail`. */
export function invalidRequest(
  context: Context<ApiEnvironment>,
  errors: readonly FieldError[],
): Response {
  const detail = errors
    .map((error) => `${error.pointer === "" ? "the body" : error.pointer}: ${error.detail}`)
    .join("; ");
  return problemResponse({ code: "invalid_request", detail, errors }, context.var.requestId);
}

export function notFound(context: Context<ApiEnvironment>, what: string): Response {
  return problemResponse(
    { code: "not_found", detail: `No ${what} has this id.` },
    context.var.requestId,
  );
}
