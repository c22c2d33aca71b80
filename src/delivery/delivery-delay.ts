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
const JITTER_SHARE = 0.25;

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
  const delay = Math.max(backoff, atLeastSeconds) * (1 + JITTER_SHARE * random);
  return Math.min(Math.ceil(delay), LONGEST_DELAY_SECONDS);
}

/** A queue forgets a message after 4 days, wherever it is by then: it must be kept before. */
const GIVEN_UP_AFTER_MS = 3 * 24 * SECONDS_PER_HOUR * 1000;

/** Whether there is no time left for another long wait. */
export function isGivenUp(queuedAt: number, now: number): boolean {
  return now - queuedAt >= GIVEN_UP_AFTER_MS;
}
