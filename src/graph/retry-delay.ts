/**
 * How long to wait before a call is repeated.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages
 */

/** Meta asks for 4^n seconds, n from 0. */
const BACKOFF_BASE = 4;

const MILLISECONDS_PER_SECOND = 1000;

/** 4^5 s, about 17 minutes: a message waits for a better time, it does not give the day up. */
const BACKOFF_MAX_MS = 1_024_000;

/** One hour: a mistaken or hostile Retry-After must not silence a number for longer. */
const RETRY_AFTER_MAX_MS = 3_600_000;

/** Up to half as long again, so that what failed together does not come back together. */
const JITTER_SHARE = 0.5;

/**
 * Milliseconds until the next try; never sooner than Meta asked for.
 *
 * @param attempt failed tries before this one, from 0
 * @param retryAfterSeconds what the answer's Retry-After said
 * @param random from 0 up to 1, as `Math.random()` gives
 */
export function retryDelayMs(
  attempt: number,
  retryAfterSeconds: number | null,
  random: number,
): number {
  const backoff = Math.min(BACKOFF_BASE ** attempt * MILLISECONDS_PER_SECOND, BACKOFF_MAX_MS);
  const retryAfter = (retryAfterSeconds ?? 0) * MILLISECONDS_PER_SECOND;
  const delay = Math.max(backoff, Math.min(retryAfter, RETRY_AFTER_MAX_MS));
  return Math.round(delay * (1 + JITTER_SHARE * random));
}
