/** How long to wait before something that failed is tried again. */
import { DAY_MS, HOUR_MS, SECOND_MS } from "./time.ts";

type Backoff = {
  /** The wait after the first failure. */
  baseMs: number;
  /** How many times longer each wait is than the one before; 2 if left out. */
  factor?: number;
  /** No wait is longer before jitter. */
  maxMs: number;
  /** The largest share of a wait that chance adds, so that calls that failed together spread out. */
  jitter: number;
};

type WaitOptions = {
  /** From 0 up to 1, as `Math.random()` returns. */
  random: number;
  /** What the other side asked for; the wait is never shorter. */
  atLeastMs?: number;
};

/** Makes a function that returns the wait in milliseconds after some failures; 0 = the first. */
export function backoff({ baseMs, factor = 2, maxMs, jitter }: Backoff) {
  return (failures: number, { random, atLeastMs = 0 }: WaitOptions): number =>
    Math.max(Math.min(baseMs * factor ** failures, maxMs), atLeastMs) * (1 + jitter * random);
}

/**
 * Meta asks for 4^n seconds, n from 0. Past 4^5 s, about 17 minutes, a longer wait would only waste
 * the day.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages
 */
const graphBackoff = backoff({
  baseMs: SECOND_MS,
  factor: 4,
  maxMs: 1024 * SECOND_MS,
  jitter: 0.5,
});

/** A mistaken or hostile Retry-After must not silence a number for longer. */
const RETRY_AFTER_MAX_MS = HOUR_MS;

/**
 * Milliseconds until the next call to Meta; never sooner than Meta asked for.
 *
 * @param failures failed calls before this one
 * @param askedSeconds the Retry-After of Meta's answer
 * @param random from 0 up to 1, as `Math.random()` returns
 */
export function retryDelayMs(
  failures: number,
  askedSeconds: number | null,
  random: number,
): number {
  const atLeastMs = Math.min((askedSeconds ?? 0) * SECOND_MS, RETRY_AFTER_MAX_MS);
  return Math.round(graphBackoff(failures, { random, atLeastMs }));
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

/**
 * A subscriber that restarts is back within 2 s. Doubling up to half an hour, the 99 waits add up to
 * 45 to 57 hours: an operator has a day and a night to repair a subscriber, and the queue keeps the
 * event for 4 days.
 */
const deliveryBackoff = backoff({ baseMs: 2 * SECOND_MS, maxMs: HOUR_MS / 2, jitter: 0.25 });

/** Cloudflare Queues delay a message by 12 hours at most. */
export const LONGEST_DELAY_SECONDS = (12 * HOUR_MS) / SECOND_MS;

/**
 * Seconds until the next try of a delivery, never sooner than the subscriber asked for.
 *
 * @param attempts tries so far, from 1
 * @param atLeastSeconds the subscriber's Retry-After, or how long it is left alone
 * @param random from 0 up to 1, as `Math.random()` returns
 */
export function deliveryDelaySeconds(
  attempts: number,
  atLeastSeconds: number,
  random: number,
): number {
  const atLeastMs = atLeastSeconds * SECOND_MS;
  const delayMs = deliveryBackoff(attempts - 1, { random, atLeastMs });
  return Math.min(Math.ceil(delayMs / SECOND_MS), LONGEST_DELAY_SECONDS);
}

/** Cloudflare Queues delete a message after 4 days: a dead letter must hold it by then. */
const GIVEN_UP_AFTER_MS = 3 * DAY_MS;

/** Whether there is no time left for another long wait. */
export function isGivenUp(queuedAt: number, now: number): boolean {
  return now - queuedAt >= GIVEN_UP_AFTER_MS;
}

/** Doubling from 2 s to 2^14 s, 4.5 hours: well below the 12 hours that a queue delays at most. */
const queueBackoff = backoff({ baseMs: 2 * SECOND_MS, maxMs: 2 ** 14 * SECOND_MS, jitter: 0 });

/**
 * Seconds until a queue delivers a message again that a consumer could not process.
 *
 * @param attempts tries so far, from 1
 */
export function retryDelaySeconds(attempts: number): number {
  return queueBackoff(attempts - 1, { random: 0 }) / SECOND_MS;
}
