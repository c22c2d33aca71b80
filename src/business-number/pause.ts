/** When a business number may not send at all, since Meta said "too fast": pure. */
import { retryDelayMs } from "../lib/backoff.ts";
import { SECOND_MS } from "../lib/time.ts";

/**
 * After so long without "too fast", the next one begins its back-off anew. Meta counts within a second:
 * a limit below ours shows at once, and what comes later was a burst that a busy machine made.
 */
const CALM_MS = 3 * SECOND_MS;

export type NumberPause = {
  /** Nothing leaves before. */
  until: number;
  /** How often in a row Meta said so. */
  times: number;
};

/**
 * Meta said "too fast". Answers to calls that left before the pause began say nothing new.
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
