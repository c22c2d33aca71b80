import { test } from "@fast-check/vitest";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { utcTime } from "../../src/lib/time.ts";

/** What `Date` can express, before and after the epoch. */
const MOST_MS = 8.64e15;

describe("a time in UTC", () => {
  test.prop([fc.integer({ min: -MOST_MS, max: MOST_MS })])(
    "of any year is as Date writes it",
    (at) => {
      expect(utcTime(at)).toBe(new Date(at).toISOString());
    },
  );

  test.prop([fc.array(fc.nat(4_000_000_000_000), { maxLength: 50 })])(
    "is the same whatever was written before",
    (times) => {
      expect(times.map(utcTime)).toEqual(times.map((at) => new Date(at).toISOString()));
    },
  );

  it("that Date does not have is refused", () => {
    expect(() => utcTime(Number.NaN)).toThrow(RangeError);
    expect(() => utcTime(10 * MOST_MS)).toThrow(RangeError);
  });
});
