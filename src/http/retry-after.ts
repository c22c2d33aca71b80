const DELTA_SECONDS = /^\d{1,9}$/;

const MILLISECONDS_PER_SECOND = 1000;

/** Seconds that a Retry-After asks for; it may hold a date. RFC 9110, section 10.2.3. */
export function retryAfterSeconds(header: string | null, now: number): number | null {
  if (header === null) return null;
  if (DELTA_SECONDS.test(header)) return Number(header);
  // Date.parse alone reads a date into nearly anything.
  const date = header.endsWith(" GMT") ? Date.parse(header) : Number.NaN;
  return Number.isNaN(date) ? null : Math.max(0, Math.ceil((date - now) / MILLISECONDS_PER_SECOND));
}
