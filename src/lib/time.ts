/** Spans of time in milliseconds, and Meta's timestamps. */

export const SECOND_MS = 1000;
export const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** Clocks differ; a stamp further ahead than this has another cause. */
const FUTURE_TOLERANCE_MS = 5 * MINUTE_MS;

/**
 * Milliseconds since the epoch, from Meta's unix seconds as a string or a number. The time of
 * receipt stands in for a timestamp that is unreadable or more than 5 minutes ahead: one bad stamp
 * would otherwise hold a session window open for ever.
 */
export function parseMetaTimestamp(value: unknown, receivedAt: number): number {
  const digits = typeof value === "number" ? String(value) : value;
  if (typeof digits !== "string" || !/^\d{1,15}$/.test(digits)) return receivedAt;
  const at = Number(digits) * SECOND_MS;
  return at > receivedAt + FUTURE_TOLERANCE_MS ? receivedAt : at;
}
