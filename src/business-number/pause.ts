/** How long a business number stops sending after Meta said "too fast". Pure. */
import { retryDelayMs } from "../lib/backoff.ts";
import { SECOND_MS } from "../lib/time.ts";

/**
 * After this time without "too fast", the back-off starts from the beginning. Meta counts within a
 * second: if its limit is below ours, it says so at once; a later "too fast" comes from a single burst.
 */
const CALM_MS = 3 * SECOND_MS;

export type NumberPause = {
  /** Nothing leaves earlier. */
  until: number;
  /** How often in a row Meta said "too fast". */
  times: number;
};

/**
 * The pause after another "too fast". During a pause it doesn't count: the answer belongs to a call
 * that left before the pause began.
 *
 * @param random from 0 up to 1, as `Math.random()` gives
 */
export function pauseAfter(
  pause: NumberPause,
  retryAfterSeconds: number | null,
  now: number,
  random: number,
): NumberPause {
  const isPaused = now < pause.until;
  const recently = now < pause.until + CALM_MS;
  const before = isPaused ? pause.times - 1 : recently ? pause.times : 0;
  const until = now + retryDelayMs(before, retryAfterSeconds, random);
  return { until: Math.max(pause.until, until), times: before + 1 };
}
