/** Refusals in the shape of RFC 9457, `application/problem+json`. */
import type { TypedResponse } from "hono";

/** What is wrong with one member of a request: an RFC 6901 pointer, and what to write instead. */
export type FieldError = { pointer: string; detail: string };

const STATUS = {
  invalid_json: 400,
  unauthorized: 401,
  forbidden: 403,
  invalid_signature: 403,
  not_found: 404,
  method_not_allowed: 405,
  session_window_closed: 409,
  idempotency_in_progress: 409,
  not_cancelable: 409,
  not_resendable: 409,
  too_large: 413,
  unsupported_media_type: 415,
  invalid_request: 422,
  upgrade_required: 426,
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

type ProblemStatus = (typeof STATUS)[ProblemCode];

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- TypeScript forgets which keys there are
export const problemCodes = Object.keys(STATUS) as ProblemCode[];

/** The HTTP status that goes with a code. */
export function problemStatus(code: ProblemCode): number {
  return STATUS[code];
}

/** Members that only some kinds of problems have. */
type ProblemMembers = {
  /** Meta's reason, in Meta's own words. */
  meta_error?: MetaError | null;
  /** The message that exists in spite of the problem. */
  message_id?: string;
  /** The customer was erased, and the message may have reached Meta before. */
  may_have_been_sent?: true;
  /** When the session window closed. */
  expired_at?: string | null;
  /** The templates that the caller may send instead of a free-form message. */
  templates?: string[];
};

type MetaError = {
  code: number | null;
  message: string;
  details: string | null;
  fbtrace_id: string | null;
};

/** A refusal: what happened, and members that help the caller to correct it. */
export type Problem = {
  code: ProblemCode;
  detail: string;
  errors?: readonly FieldError[];
  members?: ProblemMembers;
  headers?: Readonly<Record<string, string>>;
};

export type ProblemBody = {
  type: string;
  title: string;
  status: ProblemStatus;
  code: ProblemCode;
  detail: string;
  /** Finds the request in the log. */
  request_id: string;
  errors?: FieldError[];
} & ProblemMembers;

export type ProblemResponse = Response & TypedResponse<ProblemBody, ProblemStatus, "json">;

/** The problem as an HTTP response. */
export function problemResponse(problem: Problem, requestId: string): ProblemResponse {
  const response = new Response(JSON.stringify(problemBody(problem, requestId)), {
    status: STATUS[problem.code],
    headers: { "content-type": "application/problem+json", ...problem.headers },
  });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what Hono's client reads exists in types alone
  return response as ProblemResponse;
}

/** The body of that response. */
export function problemBody(problem: Problem, requestId: string): ProblemBody {
  return {
    type: `urn:paloma:problem:${problem.code}`,
    title: problem.code.replaceAll("_", " "),
    status: STATUS[problem.code],
    code: problem.code,
    detail: problem.detail,
    request_id: requestId,
    ...(problem.errors === undefined ? {} : { errors: [...problem.errors] }),
    ...problem.members,
  };
}
