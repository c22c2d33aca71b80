import { test } from "@fast-check/vitest";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseTimestamp } from "../../src/lib/validate.ts";

describe("parseTimestamp", () => {
  it.each([
    ["2026-11-24T16:00:00Z", "2026-11-24T16:00:00.000Z"],
    ["2026-11-24t16:00:00z", "2026-11-24T16:00:00.000Z"],
    ["2026-11-24T16:00:00.1239Z", "2026-11-24T16:00:00.123Z"],
    ["2026-11-24T10:00:00-06:00", "2026-11-24T16:00:00.000Z"],
    ["2028-02-29T23:59:59+00:00", "2028-02-29T23:59:59.000Z"],
  ])("reads %s", (text, expected) => {
    expect(parseTimestamp(text)).toBe(Date.parse(expected));
  });

  it.each([
    ["2026-02-29T00:00:00Z"],
    ["2026-04-31T00:00:00Z"],
    ["2026-13-01T00:00:00Z"],
    ["2026-00-01T00:00:00Z"],
    ["2026-11-00T00:00:00Z"],
    ["2026-11-24T24:00:00Z"],
    ["2026-11-24T16:60:00Z"],
    ["2026-11-24T16:00:60Z"],
    ["2026-11-24T16:00:00"],
    ["2026-11-24T16:00:00+0600"],
    ["2026-11-24T16:00:00+24:00"],
    ["2026-11-24T16:00Z"],
    ["2026-11-24 16:00:00Z"],
    ["2026-11-24"],
    ["+002026-11-24T16:00:00Z"],
    [" 2026-11-24T16:00:00Z"],
    ["2026-11-24T16:00:00Z\n"],
    ["1795536000"],
    ["mañana"],
    [""],
  ])("refuses %j", (text) => {
    expect(parseTimestamp(text)).toBeNull();
  });

  test.prop([fc.date({ min: new Date(0), max: new Date("9999-12-31"), noInvalidDate: true })])(
    "reads every time that a computer writes",
    (date) => {
      expect(parseTimestamp(date.toISOString())).toBe(date.getTime());
    },
  );
});
