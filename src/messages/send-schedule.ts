/** When a message is to leave, and until when it is worth sending. */
import type { FieldError } from "../http/problem.ts";
import type { JsonObject } from "../json/json.ts";
import {
  DAY_MS,
  SEND_AT_MAX_AHEAD_MS,
  SEND_AT_MAX_DAYS_AHEAD,
  SEND_AT_MAX_PAST_MS,
} from "./limits.ts";
import { parseTimestamp } from "./parse-timestamp.ts";

/** The member's time in milliseconds since the epoch; null if it is absent or no time. */
export function timeMember(body: JsonObject, member: "send_at" | "expires_at"): number | null {
  const value = body[member];
  return typeof value === "string" ? parseTimestamp(value) : null;
}

/** What is wrong with the times as such; how they are written is the schema's business. */
export function scheduleErrors(body: JsonObject, now: number): FieldError[] {
  const sendAt = timeMember(body, "send_at");
  const expiresAt = timeMember(body, "expires_at");
  const errors: FieldError[] = [];
  if (sendAt !== null && sendAt > now + SEND_AT_MAX_AHEAD_MS) {
    errors.push({
      pointer: "/send_at",
      detail: `at most ${SEND_AT_MAX_DAYS_AHEAD} days ahead, got ${Math.ceil((sendAt - now) / DAY_MS)}`,
    });
  }
  if (expiresAt !== null && sendAt !== null && expiresAt <= sendAt) {
    errors.push({ pointer: "/expires_at", detail: `must be later than send_at${got(expiresAt)}` });
  }
  return errors;
}

/**
 * Which times are over. Asked only of a message that is new: what was asked in time and is repeated
 * with its key is that message still.
 */
export function overdueErrors(
  { send_at: sendAt, expires_at: expiresAt }: { send_at: number | null; expires_at: number | null },
  now: number,
): FieldError[] {
  const errors: FieldError[] = [];
  if (sendAt !== null && sendAt < now - SEND_AT_MAX_PAST_MS) {
    const detail = `at most a minute in the past${got(sendAt)}: leave it out to send at once`;
    errors.push({ pointer: "/send_at", detail });
  }
  if (expiresAt !== null && expiresAt <= now) {
    errors.push({ pointer: "/expires_at", detail: `must be later than now${got(expiresAt)}` });
  }
  return errors;
}

function got(time: number): string {
  return `, got ${new Date(time).toISOString()}`;
}
