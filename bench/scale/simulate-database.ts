/**
 * A database with one thread under traffic that comes at random: how long callers wait. Seeded, so
 * that the same question has the same answer.
 */
import { percentile } from "../statistics.ts";

/** Enough that the slowest hundredth is a few hundred callers. */
const CALLERS = 50_000;

const STEPS = 24;

/** Milliseconds from call to answer, of the slowest hundredth the fastest. */
export function p99AnswerMs(callsPerSecond: number, serviceMs: number): number {
  const random = seededRandom();
  const answers = new Float64Array(CALLERS);
  let now = 0;
  let free = 0;
  for (let caller = 0; caller < CALLERS; caller += 1) {
    // The time between two of many independent callers is distributed exponentially.
    now += (-Math.log(1 - random()) * 1000) / callsPerSecond;
    free = Math.max(free, now) + serviceMs;
    answers[caller] = free - now;
  }
  return percentile(answers.toSorted(), 99);
}

/** The most calls a second of which 99 % are answered within the limit. */
export function greatestRate(serviceMs: number, limitMs: number): number {
  let low = 0;
  let high = 1000 / serviceMs;
  for (let step = 0; step < STEPS; step += 1) {
    const middle = (low + high) / 2;
    if (p99AnswerMs(middle, serviceMs) <= limitMs) low = middle;
    else high = middle;
  }
  return low;
}

/** Mulberry32: small, and good enough for arrivals. */
function seededRandom(): () => number {
  let state = 1;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
