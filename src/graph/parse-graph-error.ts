/** Meta's error answers, and whatever else may stand in their place. */
import { retryAfterSeconds } from "../http/retry-after.ts";
import { isJsonObject, objectMember, textMember, type JsonObject } from "../json/json.ts";
import type { GraphError } from "./graph-error.ts";
import { redact } from "./redact.ts";
import type { Withheld } from "./withheld-texts.ts";

/** More than Meta's longest texts; a hostile answer must not fill a row or a log line. */
const TEXT_CHARACTERS_MAX = 1000;

const ERROR_CODE = /^\d{1,9}$/;

/** A code of Meta's, be it given as a number or as text; null where there is none. */
export function errorCodeMember(error: JsonObject, member: string): number | null {
  const digits = textMember(error, member);
  return digits !== null && ERROR_CODE.test(digits) ? Number(digits) : null;
}

/**
 * Reads an answer that is not a success; anything at all may be in it, and it never throws. Text
 * that is not Meta's JSON is left out, for it could hold anything.
 *
 * @param body the answer's text, null if it could not be read
 * @param withheld text that must not come back out of here: the token, the recipient, what was written
 * @param now milliseconds since the epoch
 */
export function parseGraphError(
  response: { status: number; headers: Headers },
  body: string | null,
  withheld: readonly Withheld[],
  now: number,
): GraphError {
  const answer = parseObject(body);
  const error = answer === null ? null : objectMember(answer, "error");
  const text = (object: JsonObject | null, member: string): string | null => {
    const value = object === null ? null : textMember(object, member);
    return value === null ? null : shortened(redact(value, withheld));
  };
  const number = (member: string): number | null => {
    return error === null ? null : errorCodeMember(error, member);
  };
  const subcode = number("error_subcode");
  const data = error === null ? null : objectMember(error, "error_data");
  return {
    code: number("code"),
    ...(subcode === null ? {} : { subcode }),
    message: text(error, "message") ?? withoutReason(response.status),
    details: text(data, "details") ?? text(error, "error_user_msg"),
    fbtrace_id: text(error, "fbtrace_id"),
    http_status: response.status,
    retry_after_seconds: retryAfterSeconds(response.headers.get("retry-after"), now),
    ...(error?.["is_transient"] === true ? { is_transient: true } : {}),
  };
}

/** The JSON object in a text, or null. */
export function parseObject(text: string | null): JsonObject | null {
  try {
    const value: unknown = JSON.parse(text ?? "");
    return isJsonObject(value) ? value : null;
  } catch {
    return null;
  }
}

function withoutReason(status: number): string {
  return status >= 300 && status < 400
    ? `Meta answered with a redirect (HTTP ${status}), which is not followed`
    : `Meta answered HTTP ${status} without a reason that can be read`;
}

function shortened(text: string): string {
  return text.slice(0, TEXT_CHARACTERS_MAX).toWellFormed();
}
