/**
 * How long to wait before a call is repeated.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages
 */
import { DAY_MS, HOUR_MS, SECOND_MS } from "./time.ts";

/** Meta asks for 4^n seconds, n from 0. */
const BACKOFF_BASE = 4;

/** 4^5 s, about 17 minutes: a message waits for a better time, it does not give the day up. */
const BACKOFF_MAX_MS = 1_024_000;

/** One hour: a mistaken or hostile Retry-After must not silence a number for longer. */
const RETRY_AFTER_MAX_MS = HOUR_MS;

/** Up to half as long again, so that what failed together does not come back together. */
const GRAPH_JITTER_SHARE = 0.5;

/**
 * Milliseconds until the next try; never sooner than Meta asked for.
 *
 * @param attempt failed tries before this one, from 0
 * @param askedSeconds what the answer's Retry-After said
 * @param random from 0 up to 1, as `Math.random()` gives
 */
export function retryDelayMs(attempt: number, askedSeconds: number | null, random: number): number {
  const backoff = Math.min(BACKOFF_BASE ** attempt * SECOND_MS, BACKOFF_MAX_MS);
  const retryAfter = (askedSeconds ?? 0) * SECOND_MS;
  const delay = Math.max(backoff, Math.min(retryAfter, RETRY_AFTER_MAX_MS));
  return Math.round(delay * (1 + GRAPH_JITTER_SHARE * random));
}

const DELTA_SECONDS = /^\d{1,9}$/;

/** Seconds that a Retry-After asks for; it may hold a date. RFC 9110, section 10.2.3. */
export function retryAfterSeconds(header: string | null, now: number): number | null {
  if (header === null) return null;
  if (DELTA_SECONDS.test(header)) return Number(header);
  // Date.parse alone reads a date into nearly anything.
  const date = header.endsWith(" GMT") ? Date.parse(header) : Number.NaN;
  return Number.isNaN(date) ? null : Math.max(0, Math.ceil((date - now) / SECOND_MS));
}

/** When a delivery is tried again. */

const SECONDS_PER_HOUR = 3600;

/** A subscriber that restarts is back within seconds. */
const FIRST_DELAY_SECONDS = 2;

/**
 * Doubling up to half an hour makes 99 waits of 45 to 57 hours: a day and a night for whoever must
 * mend a subscriber, and less than the 4 days after which a queue forgets.
 */
const LONGEST_BACKOFF_SECONDS = SECONDS_PER_HOUR / 2;

/** Up to a quarter longer, so that what failed together does not come back together. */
const DELIVERY_JITTER_SHARE = 0.25;

/** Cloudflare Queues delay a message by 12 hours at most. */
export const LONGEST_DELAY_SECONDS = 12 * SECONDS_PER_HOUR;

/**
 * Seconds until the next try, never sooner than the subscriber asked for.
 *
 * @param attempts tries so far, from 1
 * @param atLeastSeconds what a Retry-After said, or how long the subscriber is left alone
 * @param random from 0 up to 1, as `Math.random()` gives
 */
export function deliveryDelaySeconds(
  attempts: number,
  atLeastSeconds: number,
  random: number,
): number {
  const backoff = Math.min(FIRST_DELAY_SECONDS * 2 ** (attempts - 1), LONGEST_BACKOFF_SECONDS);
  const delay = Math.max(backoff, atLeastSeconds) * (1 + DELIVERY_JITTER_SHARE * random);
  return Math.min(Math.ceil(delay), LONGEST_DELAY_SECONDS);
}

/** A queue forgets a message after 4 days, wherever it is by then: it must be kept before. */
const GIVEN_UP_AFTER_MS = 3 * DAY_MS;

/** Whether there is no time left for another long wait. */
export function isGivenUp(queuedAt: number, now: number): boolean {
  return now - queuedAt >= GIVEN_UP_AFTER_MS;
}
