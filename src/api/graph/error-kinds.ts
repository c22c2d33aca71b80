/**
 * Graph's code and title for each of our refusals.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes
 */
import type { ProblemCode } from "../../lib/problem.ts";

/** A refusal in Graph's terms. */
type GraphErrorKind = {
  status: number;
  code: number;
  title: string;
  subcode?: number;
  /** Nothing is wrong with the request: the same may succeed later. */
  transient?: true;
};

const INVALID_PARAMETER = { status: 400, code: 100, title: "Invalid parameter" };

/** "Does not exist, cannot be loaded, or does not support this operation". */
const UNKNOWN_OBJECT_SUBCODE = 33;

const SERVICE_UNAVAILABLE = { code: 131016, title: "Service unavailable" };

export const graphErrorKinds: Readonly<Record<ProblemCode, GraphErrorKind>> = {
  invalid_json: INVALID_PARAMETER,
  invalid_request: INVALID_PARAMETER,
  upgrade_required: { ...INVALID_PARAMETER, status: 426 },
  idempotency_key_reused: INVALID_PARAMETER,
  not_cancelable: INVALID_PARAMETER,
  not_resendable: INVALID_PARAMETER,
  not_found: { ...INVALID_PARAMETER, subcode: UNKNOWN_OBJECT_SUBCODE },
  method_not_allowed: {
    ...INVALID_PARAMETER,
    status: 405,
    subcode: UNKNOWN_OBJECT_SUBCODE,
  },
  too_large: { ...INVALID_PARAMETER, status: 413 },
  unsupported_media_type: { ...INVALID_PARAMETER, status: 415 },
  unauthorized: { status: 401, code: 190, title: "Invalid OAuth access token" },
  forbidden: { status: 403, code: 10, title: "Permission denied" },
  invalid_signature: { status: 403, code: 10, title: "Permission denied" },
  session_window_closed: { status: 400, code: 131047, title: "Re-engagement message" },
  recipient_opted_out: {
    status: 400,
    code: 131050,
    title: "User has stopped marketing messages from this business",
  },
  template_not_approved: {
    status: 400,
    code: 132001,
    title: "Template name does not exist in the translation",
  },
  template_parameters: {
    status: 400,
    code: 132018,
    title: "There is an issue with the parameters in your template",
  },
  rejected_by_meta: { status: 400, code: 131000, title: "Something went wrong" },
  rate_limited: { status: 429, code: 130429, title: "Rate limit hit", transient: true },
  pair_rate_limited: {
    status: 429,
    code: 131056,
    title: "(Business Account, Consumer Account) pair rate limit hit",
    transient: true,
  },
  idempotency_in_progress: { status: 409, code: 2, title: "API Service", transient: true },
  internal: { status: 500, code: 131000, title: "Something went wrong", transient: true },
  // Not 190: the caller's own token is good, and the operator must act.
  meta_unauthorized: { ...SERVICE_UNAVAILABLE, status: 502 },
  meta_unavailable: { ...SERVICE_UNAVAILABLE, status: 502, transient: true },
  not_configured: { ...SERVICE_UNAVAILABLE, status: 503 },
  unavailable: { ...SERVICE_UNAVAILABLE, status: 503, transient: true },
};
