/** Refusals in the shape of RFC 9457, `application/problem+json`. */
import type { JsonValue } from "../json.ts";

/** What was wrong with one member of the request: an RFC 6901 pointer and what to write instead. */
export type FieldError = { pointer: string; detail: string };

const STATUS = {
  invalid_json: 400,
  unauthorized: 401,
  forbidden: 403,
  invalid_signature: 403,
  not_found: 404,
  session_window_closed: 409,
  idempotency_in_progress: 409,
  not_cancelable: 409,
  not_resendable: 409,
  too_large: 413,
  invalid_request: 422,
  idempotency_key_reused: 422,
  template_not_approved: 422,
  template_parameters: 422,
  recipient_opted_out: 422,
  rejected_by_meta: 422,
  rate_limited: 429,
  pair_rate_limited: 429,
  internal: 500,
  meta_unauthorized: 502,
  meta_unavailable: 502,
  not_configured: 503,
  unavailable: 503,
} as const;

export type ProblemCode = keyof typeof STATUS;

/** The HTTP status that goes with a code. */
export function problemStatus(code: ProblemCode): number {
  return STATUS[code];
}

/** A refusal: what happened, and members that help to mend it. */
export type Problem = {
  code: ProblemCode;
  detail: string;
  errors?: readonly FieldError[];
  /** Members of this kind of problem alone, such as `meta_error` or `expired_at`. */
  members?: Readonly<Record<string, JsonValue>>;
  headers?: Readonly<Record<string, string>>;
};

/** The problem as it goes over the wire. */
export function problemResponse(problem: Problem, requestId: string): Response {
  return new Response(JSON.stringify(problemBody(problem, requestId)), {
    status: STATUS[problem.code],
    headers: { "content-type": "application/problem+json", ...problem.headers },
  });
}

/** Its members. */
export function problemBody(problem: Problem, requestId: string) {
  return {
    type: `urn:paloma:problem:${problem.code}`,
    title: problem.code.replaceAll("_", " "),
    status: STATUS[problem.code],
    code: problem.code,
    detail: problem.detail,
    request_id: requestId,
    ...(problem.errors === undefined ? {} : { errors: problem.errors }),
    ...problem.members,
  };
}
