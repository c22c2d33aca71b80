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

/** RFC 3339 in UTC with milliseconds, as `Date` writes it in thrice the time: a list has hundreds. */
export function utcTime(at: number): string {
  const day = Math.floor(at / DAY_MS);
  const second = Math.floor((at - day * DAY_MS) / SECOND_MS);
  const ms = at - day * DAY_MS - second * SECOND_MS;
  const minute = Math.floor(second / SECONDS_A_MINUTE);
  const hour = Math.floor(minute / MINUTES_AN_HOUR);
  const time = `${TWO_DIGITS[hour]}:${TWO_DIGITS[minute % MINUTES_AN_HOUR]}:${TWO_DIGITS[second % SECONDS_A_MINUTE]}`;
  return `${dateOf(day)}T${time}.${String(ms).padStart(3, "0")}Z`;
}

const SECONDS_A_MINUTE = MINUTE_MS / SECOND_MS;
const MINUTES_AN_HOUR = HOUR_MS / MINUTE_MS;

const TWO_DIGITS = Array.from({ length: SECONDS_A_MINUTE }, (_two, number) =>
  String(number).padStart(2, "0"),
);

/** The dates of the last days that were written. */
const datesKnown = new Map<number, string>();

/** More than a page shows. */
const DATES_KNOWN_MAX = 1000;

function dateOf(day: number): string {
  const known = datesKnown.get(day);
  if (known !== undefined) return known;
  const date = new Date(day * DAY_MS).toISOString().slice(0, -"T00:00:00.000Z".length);
  if (datesKnown.size >= DATES_KNOWN_MAX) datesKnown.clear();
  datesKnown.set(day, date);
  return date;
}
