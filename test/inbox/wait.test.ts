import { describe, expect, it } from "vitest";
import { waitOf } from "../../inbox/src/time/wait.ts";

const NOW = Date.UTC(2026, 10, 29, 16);
const MINUTE_MS = 60_000;
const ago = (minutes: number) => new Date(NOW - minutes * MINUTE_MS).toISOString();

describe("waitOf", () => {
  it.each([
    [0.9, null],
    [-5, null],
    [1, { unit: "minute", count: 1 }],
    [59.9, { unit: "minute", count: 59 }],
    [60, { unit: "hour", count: 1 }],
    [24 * 60 - 1, { unit: "hour", count: 23 }],
    [24 * 60, { unit: "day", count: 1 }],
    [100 * 24 * 60, { unit: "day", count: 100 }],
  ])("after %d minutes is %j", (minutes, wait) => {
    expect(waitOf(ago(minutes), NOW)).toEqual(wait);
  });

  it("is none where nobody waits", () => {
    expect(waitOf(null, NOW)).toBeNull();
  });
});
