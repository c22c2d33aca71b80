/** Problems that several routes answer with: an invalid request, an unknown id, our errors, Meta's errors. */
import type { Context } from "hono";
import type { GraphFailure } from "../graph/client.ts";
import type { GraphErrorClass } from "../graph/errors.ts";
import { isDeadlineExceeded } from "../lib/deadline.ts";
import { errorMembers, log } from "../lib/log.ts";
import {
  type FieldError,
  type Problem,
  type ProblemCode,
  problemResponse,
  type ProblemResponse,
} from "../lib/problem.ts";
import { APPLY_MIGRATIONS, lacksMigrations } from "../store/d1.ts";
import type { ApiEnvironment } from "./context.ts";

/** Answers a request with a problem. */
export function refuse(
  { var: { requestId } }: Context<ApiEnvironment>,
  problem: Problem,
): ProblemResponse {
  return problemResponse(problem, requestId);
}

export function invalidRequest(
  context: Context<ApiEnvironment>,
  errors: readonly FieldError[],
): ProblemResponse {
  return refuse(context, invalidProblem(errors));
}

/** 422 with every violation, and all of them again as text for clients that show only `detail`. */
export function invalidProblem(errors: readonly FieldError[]): Problem {
  return { code: "invalid_request", detail: inWords(errors), errors };
}

/** One text of all errors, each after its pointer. */
export function inWords(errors: readonly FieldError[]): string {
  return errors
    .map((error) => `${error.pointer === "" ? "the body" : error.pointer}: ${error.detail}`)
    .join("; ");
}

export function notFound(context: Context<ApiEnvironment>, what: string): ProblemResponse {
  return refuse(context, unknownProblem(what));
}

/** 404 for a path without a route. */
export function nothingAt(method: string, path: string): Problem {
  return { code: "not_found", detail: `There is nothing at ${method} ${path}.` };
}

/** 404 for an id that does not exist. */
export function unknownProblem(what: string): Problem {
  return { code: "not_found", detail: `No ${what} has this id.` };
}

/**
 * Logs an error of ours; the caller learns only that it happened.
 *
 * @param asked the request's id and its method
 */
export function internalProblem(
  error: unknown,
  asked: { request_id: string; method: string },
): Problem {
  log("error", "request_failed", { ...asked, ...errorMembers(error) });
  if (isDeadlineExceeded(error)) {
    const detail = "The database did not answer in time: repeat the request.";
    return { code: "unavailable", detail };
  }
  if (lacksMigrations(error)) {
    return {
      code: "not_configured",
      detail: `The database lacks migrations: ${APPLY_MIGRATIONS}.`,
    };
  }
  const detail =
    "An internal error occurred. Repeat the request later; the log has it under the request id.";
  return { code: "internal", detail };
}

/** The same for an error that no route expects. */
export function unexpected({ req, var: { requestId } }: Context<ApiEnvironment>, error: unknown) {
  return internalProblem(error, { request_id: requestId, method: req.method });
}

/** HTTP statuses that mean a refused token where the answer has no code of Meta's. */
const TOKEN_REFUSED: ReadonlySet<number | null> = new Set([401, 403]);

/**
 * A failed call to Meta as a problem: the code says who must act, `meta_error` has Meta's own words.
 *
 * @param whenPermanent the code where Meta refuses this request for good
 */
export function metaProblem(failure: GraphFailure, whenPermanent: ProblemCode): Problem {
  const { code, message, details, fbtrace_id, retry_after_seconds: seconds } = failure.error;
  return {
    code: problemCode(failure, whenPermanent),
    detail: details ?? message,
    members: { meta_error: { code, message, details, fbtrace_id } },
    ...(seconds === null ? {} : { headers: { "retry-after": String(seconds) } }),
  };
}

function problemCode(
  { error, class: errorClass }: GraphFailure,
  whenPermanent: ProblemCode,
): ProblemCode {
  if (error.code === null && TOKEN_REFUSED.has(error.http_status)) return "meta_unauthorized";
  const codes: Readonly<Record<GraphErrorClass, ProblemCode>> = {
    // Without a code of Meta's the base URL is wrong, not the token.
    operator: error.code === null ? "meta_unavailable" : "meta_unauthorized",
    // Without an HTTP status the request never reached Meta, so Meta did not refuse it.
    unknown: whenPermanent,
    permanent: error.http_status === null ? "meta_unavailable" : whenPermanent,
    retry: "meta_unavailable",
    later: "meta_unavailable",
    ambiguous: "meta_unavailable",
  };
  return codes[errorClass];
}
