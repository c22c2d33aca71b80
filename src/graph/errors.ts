/**
 * Reads Meta's error answers, and decides what to do about each: repeat the call, wait, or ask the
 * operator.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes
 */
import { retryAfterSeconds } from "../lib/backoff.ts";
import { type JsonObject, objectIn, objectMember, textMember } from "../lib/json.ts";
import { redact, type Withheld } from "./redact.ts";

/** What to do about a failed call. */
export type GraphErrorClass =
  /** Meta rejected the call before it acted: repeating it is safe. */
  | "retry"
  /** Meta may have acted: never repeat the call unless the caller asks. */
  | "ambiguous"
  /** Repeat the call after 24 hours at the earliest. */
  | "later"
  /** Token, permission, account or number: the operator must act, the request is correct. */
  | "operator"
  /** The request can never succeed. */
  | "permanent"
  /** Meta refused with an unknown code: it did not act, and a later call may succeed. */
  | "unknown";

/** A failed call, with what Meta or the connection reported. */
export type GraphError = {
  /** Meta's `error.code`; null if the answer has none or there was no answer. */
  code: number | null;
  /** Meta's `error.error_subcode`, if there is one. */
  subcode?: number;
  message: string;
  /** The precise reason: Meta's `error.error_data.details`, else its `error.error_user_msg`. */
  details: string | null;
  fbtrace_id: string | null;
  /** Null if no answer came. */
  http_status: number | null;
  retry_after_seconds: number | null;
  /** Present if Meta reports it. */
  is_transient?: true;
};

/** One code, or the first and the last of a range. */
type CodeRange = number | readonly [first: number, last: number];

/** The first row with the code decides: exceptions stand above their range. */
const CLASS_TABLE: readonly {
  readonly errorClass: GraphErrorClass;
  readonly codes: readonly CodeRange[];
}[] = [
  // Calls of app, user, page and account (80000 and up: each kind of business); pair rate.
  {
    errorClass: "retry",
    codes: [4, 17, 32, 341, 613, [80000, 80014], 130429, 131056],
  },
  { errorClass: "ambiguous", codes: [1, 2, 131000, 131016, 131057, 133004] },
  { errorClass: "later", codes: [131049] },
  // Token or permission.
  { errorClass: "operator", codes: [0, 3, 10, 190, [200, 299], 131005] },
  // Account or number.
  {
    errorClass: "operator",
    codes: [368, 130497, 131031, 131037, 131042, 131045, 131048, 131064, [133000, 133016], 134011],
  },
  {
    errorClass: "permanent",
    codes: [
      33, 100, 130403, 130472, 131008, 131009, 131021, 131026, 131030, 131047, 131050, 131051,
      131052, 131053, 131055, 131062, 131063, 132000, 132001, 132005, 132007, 132012, 132015,
      132016, 132018, 132068, 132069, 135000,
    ],
  },
];

/** Refusals of the token, the account or the number, for any message. */
const NUMBER_CODES: readonly CodeRange[] = [
  0,
  190,
  368,
  131031,
  131037,
  131042,
  131045,
  131048,
  [133000, 133016],
];

/** Redirects: Meta did not act, and the base URL is wrong. */
const MOVED_STATUSES: ReadonlySet<number | null> = new Set([301, 302, 307, 308]);

const TOO_MANY_REQUESTS = 429;

/** Decides by Meta's code, and by the HTTP status only if the code is missing or unknown. */
export function classify(error: GraphError): GraphErrorClass {
  const { code, http_status: status } = error;
  const row = CLASS_TABLE.find(({ codes }) => codes.some((range) => isIn(range, code)));
  if (row !== undefined) return row.errorClass;
  if (status === TOO_MANY_REQUESTS) return "retry";
  if (error.is_transient === true) return "ambiguous";
  if (MOVED_STATUSES.has(status)) return "operator";
  return status !== null && status >= 400 && status < 500 ? "unknown" : "ambiguous";
}

/** Whether an error of class `operator` affects every message of the number. */
export function concernsNumber({ code }: GraphError): boolean {
  // An error without Meta's code comes from our own configuration.
  return code === null || NUMBER_CODES.some((range) => isIn(range, code));
}

function isIn(range: CodeRange, code: number | null): boolean {
  if (code === null) return false;
  return typeof range === "number" ? code === range : code >= range[0] && code <= range[1];
}

/** Longer than Meta's longest text; a hostile answer must not fill a row or a log line. */
const TEXT_CHARACTERS_MAX = 1000;

const ERROR_CODE = /^\d{1,9}$/;

/** One of Meta's codes, as a number or as text; null if there is none. */
export function errorCodeMember(error: JsonObject | null, member: string): number | null {
  const digits = textMember(error, member);
  return digits !== null && ERROR_CODE.test(digits) ? Number(digits) : null;
}

/**
 * Reads any answer that is not a success; never throws. The result contains no text that is not in
 * Meta's JSON: it could contain anything.
 *
 * @param body the answer's text, null if it could not be read
 * @param withheld text that the result must not contain: the token, the recipient, the message
 * @param now milliseconds since the epoch
 */
export function parseGraphError(
  response: { status: number; headers: Headers },
  body: string | null,
  withheld: readonly Withheld[],
  now: number,
): GraphError {
  const error = objectMember(objectIn(body), "error");
  const text = (object: JsonObject | null, member: string): string | null => {
    const value = textMember(object, member);
    return value === null ? null : shortened(redact(value, withheld));
  };
  const subcode = errorCodeMember(error, "error_subcode");
  const data = objectMember(error, "error_data");
  return {
    code: errorCodeMember(error, "code"),
    ...(subcode === null ? {} : { subcode }),
    message: text(error, "message") ?? withoutReason(response.status),
    details: text(data, "details") ?? text(error, "error_user_msg"),
    fbtrace_id: text(error, "fbtrace_id"),
    http_status: response.status,
    retry_after_seconds: retryAfterSeconds(response.headers.get("retry-after"), now),
    ...(error?.["is_transient"] === true ? { is_transient: true } : {}),
  };
}

function withoutReason(status: number): string {
  return status >= 300 && status < 400
    ? `Meta answered with a redirect (HTTP ${status}), which is not followed`
    : `Meta answered HTTP ${status} without a reason that can be read`;
}

function shortened(text: string): string {
  return text.slice(0, TEXT_CHARACTERS_MAX).toWellFormed();
}
