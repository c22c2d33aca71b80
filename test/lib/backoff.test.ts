import { fc } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { retryDelayMs } from "../../src/lib/backoff.ts";

describe("the delay before a retry", () => {
  test.each([
    [0, 1000],
    [1, 4000],
    [2, 16_000],
    [3, 64_000],
    [4, 256_000],
    [5, 1_024_000],
    [6, 1_024_000],
    [100, 1_024_000],
    [10_000, 1_024_000],
  ])("after %i failures it is %i ms", (attempt, expected) => {
    expect(retryDelayMs(attempt, null, 0)).toBe(expected);
  });

  test("jitter adds up to half", () => {
    expect(retryDelayMs(1, null, 0.5)).toBe(5000);
    expect(retryDelayMs(1, null, 1)).toBe(6000);
  });

  test("is never shorter than Retry-After asks", () => {
    expect(retryDelayMs(0, 90, 0)).toBe(90_000);
    expect(retryDelayMs(0, 90, 1)).toBe(135_000);
    expect(retryDelayMs(5, 90, 0)).toBe(1_024_000);
  });

  test("follows Retry-After for an hour at most", () => {
    expect(retryDelayMs(0, 3600, 0)).toBe(3_600_000);
    expect(retryDelayMs(0, 3601, 0)).toBe(3_600_000);
    expect(retryDelayMs(0, 999_999_999, 0)).toBe(3_600_000);
  });

  test("is a whole number of milliseconds between 1 s and 90 min", () => {
    const random = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(
        fc.nat({ max: 10_000 }),
        fc.option(fc.nat()),
        random,
        (attempt, seconds, share) => {
          const delay = retryDelayMs(attempt, seconds, share);
          expect(Number.isInteger(delay)).toBe(true);
          expect(delay).toBeGreaterThanOrEqual(1000);
          expect(delay).toBeLessThanOrEqual(5_400_000);
        },
      ),
    );
  });
});
