import type { GraphFailure } from "../graph/graph-client.ts";
import type { GraphErrorClass } from "../graph/graph-error.ts";
import type { Problem, ProblemCode } from "../http/problem.ts";

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
