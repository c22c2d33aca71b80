import type { Context } from "hono";
import {
  problemResponse,
  type FieldError,
  type Problem,
  type ProblemResponse,
} from "../http/problem.ts";
import type { ApiEnvironment } from "./api-environment.ts";

export function invalidRequest(
  context: Context<ApiEnvironment>,
  errors: readonly FieldError[],
): ProblemResponse {
  return problemResponse(invalidProblem(errors), context.var.requestId);
}

/** 422 with every violation, and all of them in words for whoever reads only `detail`. */
export function invalidProblem(errors: readonly FieldError[]): Problem {
  return { code: "invalid_request", detail: inWords(errors), errors };
}

/** Each error with where it is. */
export function inWords(errors: readonly FieldError[]): string {
  return errors
    .map((error) => `${error.pointer === "" ? "the body" : error.pointer}: ${error.detail}`)
    .join("; ");
}

export function notFound(context: Context<ApiEnvironment>, what: string): ProblemResponse {
  return problemResponse(unknownProblem(what), context.var.requestId);
}

/** 404 for an id that nothing has. */
export function unknownProblem(what: string): Problem {
  return { code: "not_found", detail: `No ${what} has this id.` };
}
