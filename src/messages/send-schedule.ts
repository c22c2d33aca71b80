/** When a message is to leave, and until when it is worth sending. */
import type { FieldError } from "../http/problem.ts";
import type { JsonObject } from "../json/json.ts";
import { DAY_MS, SEND_AT_MAX_AHEAD_MS, SEND_AT_MAX_DAYS_AHEAD } from "./limits.ts";
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
  if (expiresAt !== null && expiresAt <= Math.max(now, sendAt ?? now)) {
    const due = sendAt !== null && sendAt > now ? "send_at" : "now";
    errors.push({
      pointer: "/expires_at",
      detail: `must be later than ${due}, got ${new Date(expiresAt).toISOString()}`,
    });
  }
  return errors;
}
