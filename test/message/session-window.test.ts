import { test } from "@fast-check/vitest";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  isWindowOpen,
  SESSION_WINDOW_MS,
  windowExpiresAt,
} from "../../src/message/session-window.ts";

const WROTE_AT = Date.UTC(2026, 10, 24, 16);
const DAY_MS = 24 * 60 * 60 * 1000;

const time = fc.nat({ max: 2 ** 47 });

describe("the session window (I5)", () => {
  it("lasts 24 hours", () => {
    expect(SESSION_WINDOW_MS).toBe(86_400_000);
    expect(windowExpiresAt(WROTE_AT)).toBe(WROTE_AT + DAY_MS);
  });

  it.each([
    ["in the very millisecond of the message", 0, true],
    ["a millisecond before 24 hours", DAY_MS - 1, true],
    ["at 24 hours", DAY_MS, false],
    ["a millisecond after 24 hours", DAY_MS + 1, false],
    ["where our clock is behind Meta's", -1000, true],
  ])("%s", (_when, elapsedMs, open) => {
    expect(isWindowOpen(WROTE_AT, WROTE_AT + elapsedMs)).toBe(open);
  });

  it("was never open where the customer never wrote", () => {
    expect(windowExpiresAt(null)).toBeNull();
    expect(isWindowOpen(null, WROTE_AT)).toBe(false);
  });

  test.prop([time, time])("is open iff less than 24 hours have passed", (wroteAt, now) => {
    expect(isWindowOpen(wroteAt, now)).toBe(now - wroteAt < DAY_MS);
  });
});
