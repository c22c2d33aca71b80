import { test } from "@fast-check/vitest";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  slotIntervalMs,
  withPause,
  withSlot,
  wokenPace,
  type NumberPace,
} from "../../src/business-number/number-pace.ts";

const NOW = Date.UTC(2026, 10, 24, 16);
const SECOND_MS = 1000;
const PER_SECOND = 80;
const INTERVAL_MS = slotIntervalMs(PER_SECOND);
const QUIET = wokenPace(0, NOW);

/** Messages that leave within any one second. */
function mostInASecond(times: readonly number[]): number {
  const sorted = times.toSorted((one, other) => one - other);
  return Math.max(
    ...sorted.map((start) => times.filter((at) => at >= start && at < start + SECOND_MS).length),
  );
}

/** Takes so many slots at once, and comes back for those that are to come later. */
function takeAll(from: NumberPace, count: number, lateMs = 0) {
  let pace = from;
  const times: number[] = [];
  const later: number[] = [];
  const take = (slotAt: number | null, now: number): void => {
    const taken = withSlot(pace, { slotAt, intervalMs: INTERVAL_MS, now });
    pace = taken.pace;
    (taken.turn.kind === "go" ? times : later).push(taken.turn.at);
  };
  for (let taken = 0; taken < count; taken += 1) take(null, NOW);
  while (later.length > 0) {
    later.sort((one, other) => one - other);
    const at = later.shift() ?? 0;
    take(at, at + lateMs);
  }
  return { times, pace };
}

describe("the slots of a business number", () => {
  it("are free at once where nobody asked before", () => {
    expect(withSlot(QUIET, { slotAt: null, intervalMs: INTERVAL_MS, now: NOW }).turn).toEqual({
      kind: "go",
      at: NOW,
    });
  });

  it("are spaced evenly, a little below the limit", () => {
    const { times } = takeAll(QUIET, 10);
    expect(times).toEqual(Array.from({ length: 10 }, (_, place) => NOW + place * INTERVAL_MS));
  });

  it("are kept for who would have to wait for more than 2 seconds", () => {
    const { times } = takeAll(QUIET, 500);
    expect(times).toHaveLength(500);
    expect(mostInASecond(times)).toBeLessThanOrEqual(PER_SECOND);
    expect(Math.max(...times) - NOW).toBeCloseTo(499 * INTERVAL_MS, 3);
  });

  test.prop([fc.integer({ min: 1, max: 600 }), fc.integer({ min: 0, max: 30_000 })])(
    "never come closer than the limit allows, however late who comes back may be",
    (count, lateMs) => {
      const { times } = takeAll(QUIET, count, lateMs);
      expect(times).toHaveLength(count);
      const onTime = times.filter((at) => at < NOW + 2 * SECOND_MS);
      const cameBack = times.filter((at) => at >= NOW + 2 * SECOND_MS);
      expect(mostInASecond(onTime)).toBeLessThanOrEqual(PER_SECOND);
      if (cameBack.length > 0) expect(mostInASecond(cameBack)).toBeLessThanOrEqual(PER_SECOND);
    },
  );

  it("begin behind what was given away before it woke", () => {
    const { turn } = withSlot(wokenPace(NOW + 5 * SECOND_MS, NOW), {
      slotAt: null,
      intervalMs: INTERVAL_MS,
      now: NOW,
    });
    expect(turn).toEqual({ kind: "later", at: NOW + 5 * SECOND_MS });
  });

  it("begin a second after it woke, where it was busy within the last", () => {
    const woken = wokenPace(NOW - SECOND_MS + 1, NOW);
    const [fresh, back] = [null, NOW - 1].map(
      (slotAt) => withSlot(woken, { slotAt, intervalMs: INTERVAL_MS, now: NOW }).turn,
    );
    expect(fresh).toEqual({ kind: "go", at: NOW + SECOND_MS });
    expect(back).toEqual({ kind: "go", at: NOW + SECOND_MS });
    expect(wokenPace(NOW - SECOND_MS, NOW).reserved_until).toBeLessThan(NOW);
  });
});

describe("a pause of a business number", () => {
  const pause = (pace: NumberPace, now: number, retryAfter: number | null = null) =>
    withPause(pace, retryAfter, now, 0);

  it("holds new callers back, and those that come back with a slot", () => {
    const paused = pause(QUIET, NOW, 30);
    for (const slotAt of [null, NOW - 1, NOW + 20 * SECOND_MS]) {
      const now = NOW + 25 * SECOND_MS;
      const { turn } = withSlot(paused, { slotAt, intervalMs: INTERVAL_MS, now });
      expect(turn).toEqual({ kind: "later", at: NOW + 30 * SECOND_MS });
    }
  });

  it("grows with each time that Meta says it anew", () => {
    let pace = QUIET;
    const lengths = [];
    let now = NOW;
    for (let times = 0; times < 4; times += 1) {
      pace = pause(pace, now);
      lengths.push(pace.paused_until - now);
      now = pace.paused_until;
    }
    expect(lengths).toEqual([1000, 4000, 16_000, 64_000]);
  });

  it("does not grow with answers to calls that had left before it began", () => {
    const once = pause(QUIET, NOW);
    const again = pause(pause(once, NOW), NOW + 500);
    expect(again.pauses).toBe(1);
    expect(again.paused_until).toBe(NOW + 1500);
  });

  it("is forgotten after a minute without", () => {
    const long = pause(pause(QUIET, NOW), NOW + SECOND_MS);
    expect(pause(long, long.paused_until + 59 * SECOND_MS).pauses).toBe(3);
    expect(pause(long, long.paused_until + 60 * SECOND_MS).pauses).toBe(1);
  });

  it("is never shortened", () => {
    const long = pause(QUIET, NOW, 600);
    expect(pause(long, NOW + SECOND_MS).paused_until).toBe(NOW + 600 * SECOND_MS);
  });
});
