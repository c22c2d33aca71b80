/** Our refusals in Graph's shape and codes, which its client libraries decide on. */
import { inWords } from "../../http/problems.ts";
import type { Problem } from "../../lib/problem.ts";
import { graphErrorKinds } from "./error-kinds.ts";
import type { GraphErrorView } from "./schema.ts";

/** The refusal as Graph would answer it; without Meta's trace id, our request id is in its place. */
export function graphErrorResponse(problem: Problem, requestId: string): Response {
  return Response.json(graphErrorBody(problem, requestId), {
    status: graphErrorKinds[problem.code].status,
    headers: { ...problem.headers },
  });
}

/** The body. A refusal by Meta itself keeps Meta's code and message. */
function graphErrorBody(problem: Problem, requestId: string): GraphErrorView {
  const { code, title, subcode, transient } = graphErrorKinds[problem.code];
  const details = problem.errors === undefined ? problem.detail : inWords(problem.errors);
  const meta = problem.code === "rejected_by_meta" ? metaErrorOf(problem) : null;
  return {
    error: {
      message: meta?.message ?? `(#${code}) ${title}`,
      type: "OAuthException",
      code: meta?.code ?? code,
      ...(subcode === undefined ? {} : { error_subcode: subcode }),
      ...(transient === undefined ? {} : { is_transient: transient }),
      error_data: { messaging_product: "whatsapp", details },
      fbtrace_id: meta?.fbtrace_id ?? requestId,
    },
  };
}

/** Null if Meta gave no code. */
function metaErrorOf({ members }: Problem) {
  const error = members?.meta_error ?? null;
  return error === null || error.code === null ? null : error;
}
