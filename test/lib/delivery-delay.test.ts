import { describe, expect, it } from "vitest";
import { deliveryDelaySeconds, isGivenUp } from "../../src/lib/backoff.ts";

const HOUR_SECONDS = 3600;

/** Waits between the 100 retries that a queue makes. */
function sumOfDelays(random: number): number {
  const retries = Array.from({ length: 100 }, (_, place) => place + 1);
  return retries.reduce((sum, attempts) => sum + deliveryDelaySeconds(attempts, 0, random), 0);
}

describe("the wait for another try", () => {
  it("doubles from 2 s to half an hour", () => {
    const delays = [1, 2, 3, 10, 11, 100].map((attempts) => deliveryDelaySeconds(attempts, 0, 0));
    expect(delays).toEqual([2, 4, 8, 1024, 1800, 1800]);
  });

  it("is up to a quarter longer by chance", () => {
    expect(deliveryDelaySeconds(6, 0, 0.999)).toBe(80);
    expect(deliveryDelaySeconds(6, 0, 0.5)).toBe(72);
  });

  it("is never shorter than asked for, nor longer than a queue waits", () => {
    expect(deliveryDelaySeconds(1, 600, 0)).toBe(600);
    expect(deliveryDelaySeconds(1, 50 * HOUR_SECONDS, 0.5)).toBe(12 * HOUR_SECONDS);
  });

  it("adds up to more than a day, and to less than the 4 days that a queue keeps a message", () => {
    expect(sumOfDelays(0)).toBeGreaterThan(24 * HOUR_SECONDS);
    expect(sumOfDelays(1)).toBeLessThan(4 * 24 * HOUR_SECONDS);
  });

  it("ends while one more wait would still be kept by the queue", () => {
    const day = 24 * HOUR_SECONDS * 1000;
    expect(isGivenUp(0, 3 * day - 1)).toBe(false);
    expect(isGivenUp(0, 3 * day)).toBe(true);
  });
});
