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

/**
 * What went wrong here: told to the log, and to the caller only that it happened.
 *
 * @param asked the request's id, and which method it was
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
  const detail = "Something went wrong here. Repeat it later; the request id leads to the log.";
  return { code: "internal", detail };
}

/** What a web server answers to a token it does not take, where no code of Meta's says so. */
const TOKEN_REFUSED: ReadonlySet<number | null> = new Set([401, 403]);

/**
 * A failed call to Meta as a problem: who must act, and Meta's own words under `meta_error`.
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
    // Without a code it is the base URL that is wrong, not the token.
    operator: error.code === null ? "meta_unavailable" : "meta_unauthorized",
    // What never reached Meta was not refused by Meta.
    unknown: whenPermanent,
    permanent: error.http_status === null ? "meta_unavailable" : whenPermanent,
    retry: "meta_unavailable",
    later: "meta_unavailable",
    ambiguous: "meta_unavailable",
  };
  return codes[errorClass];
}
