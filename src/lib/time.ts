/** Meta's timestamps: unix seconds, as a string or a number. */

const SECOND_MS = 1000;

/** Clocks differ; a stamp further ahead than this is no clock's difference. */
const FUTURE_TOLERANCE_MS = 5 * 60 * SECOND_MS;

/**
 * Milliseconds since the epoch. A timestamp that can't be read, or lies more than 5 minutes ahead,
 * counts as the time of receipt: else one bad stamp would hold a session window open for ever.
 */
export function parseTimestamp(value: unknown, receivedAt: number): number {
  const digits = typeof value === "number" ? String(value) : value;
  if (typeof digits !== "string" || !/^\d{1,15}$/.test(digits)) return receivedAt;
  const at = Number(digits) * SECOND_MS;
  return at > receivedAt + FUTURE_TOLERANCE_MS ? receivedAt : at;
}
