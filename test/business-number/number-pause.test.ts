import { describe, expect, it } from "vitest";
import { type NumberPause, pauseAfter } from "../../src/business-number/pause.ts";

const NOW = Date.UTC(2026, 10, 24, 16);
const SECOND_MS = 1000;
const NONE: NumberPause = { until: 0, times: 0 };

const pause = (before: NumberPause, now: number, retryAfter: number | null = null) =>
  pauseAfter(before, retryAfter, now, 0);

describe("a pause of a business number", () => {
  it("grows with each time that Meta says it anew", () => {
    let before = NONE;
    const lengths = [];
    let now = NOW;
    for (let times = 0; times < 4; times += 1) {
      before = pause(before, now);
      lengths.push(before.until - now);
      now = before.until;
    }
    expect(lengths).toEqual([1000, 4000, 16_000, 64_000]);
  });

  it("does not grow with answers to calls that had left before it began", () => {
    const again = pause(pause(pause(NONE, NOW), NOW), NOW + 500);
    expect(again).toEqual({ times: 1, until: NOW + 1500 });
  });

  it("is forgotten after three seconds without", () => {
    const long = pause(pause(NONE, NOW), NOW + SECOND_MS);
    expect(pause(long, long.until + 2 * SECOND_MS).times).toBe(3);
    expect(pause(long, long.until + 3 * SECOND_MS).times).toBe(1);
  });

  it("is never shortened", () => {
    const long = pause(NONE, NOW, 600);
    expect(pause(long, NOW + SECOND_MS).until).toBe(NOW + 600 * SECOND_MS);
  });
});
