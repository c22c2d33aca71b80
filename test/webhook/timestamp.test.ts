import { test } from "@fast-check/vitest";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseMetaTimestamp } from "../../src/lib/time.ts";

const RECEIVED_AT = Date.parse("2026-11-22T12:00:00.250Z");
const SENT_AT = Date.parse("2026-11-22T11:59:58Z");

const FIVE_MINUTES_S = 5 * 60;

describe("parseMetaTimestamp (I5)", () => {
  it.each([
    ["a string", String(SENT_AT / 1000)],
    ["a number", SENT_AT / 1000],
    ["a string with a leading zero", `0${SENT_AT / 1000}`],
  ])("reads seconds as %s", (_case, value) => {
    expect(parseMetaTimestamp(value, RECEIVED_AT)).toBe(SENT_AT);
  });

  it("reads the distant past, as a week-old batch has it", () => {
    expect(parseMetaTimestamp("0", RECEIVED_AT)).toBe(0);
    expect(parseMetaTimestamp("1700000000", RECEIVED_AT)).toBe(1_700_000_000_000);
  });

  it("believes a clock that is 5 minutes fast, and none that is faster", () => {
    const receivedAt = SENT_AT;
    const seconds = SENT_AT / 1000 + FIVE_MINUTES_S;
    expect(parseMetaTimestamp(String(seconds - 1), receivedAt)).toBe((seconds - 1) * 1000);
    expect(parseMetaTimestamp(String(seconds), receivedAt)).toBe(seconds * 1000);
    expect(parseMetaTimestamp(String(seconds + 1), receivedAt)).toBe(receivedAt);
  });

  it.each([
    ["milliseconds", String(SENT_AT)],
    ["milliseconds as a number", SENT_AT],
    ["a negative number", -1],
    ["a negative string", "-1700000000"],
    ["a fraction", 1_700_000_000.5],
    ["an exponent", "17e8"],
    ["hex", "0x655"],
    ["words", "ayer"],
    ["an empty string", ""],
    ["spaces", " 1700000000 "],
    ["a line break behind", "1700000000\n"],
    ["digits of another script", "١٧٠٠٠٠٠٠٠٠"],
    ["a hundred digits", "9".repeat(100)],
    ["16 digits, though they are few enough in value", "0000001700000000"],
    ["a date", "2026-11-22T11:59:58Z"],
    ["infinity", Number.POSITIVE_INFINITY],
    ["not a number", Number.NaN],
    ["null", null],
    ["nothing", undefined],
    ["true", true],
    ["an object", { seconds: "1700000000" }],
    ["an array", ["1700000000"]],
  ])("takes the time of receipt instead of %s", (_case, value) => {
    expect(parseMetaTimestamp(value, RECEIVED_AT)).toBe(RECEIVED_AT);
  });

  test.prop([fc.oneof(fc.anything(), fc.stringMatching(/^-?\d{1,20}$/), fc.integer())])(
    "never lies more than 5 minutes ahead, nor before 1970, and is a whole number",
    (value) => {
      const at = parseMetaTimestamp(value, RECEIVED_AT);
      expect(Number.isSafeInteger(at)).toBe(true);
      expect(at).toBeGreaterThanOrEqual(0);
      expect(at).toBeLessThanOrEqual(RECEIVED_AT + FIVE_MINUTES_S * 1000);
    },
  );
});
