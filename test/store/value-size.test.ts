import { test } from "@fast-check/vitest";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fitsValue, jsonChunks, textParts } from "../../src/store/rows.ts";

/** https://developers.cloudflare.com/d1/platform/limits/ */
const D1_VALUE_BYTES = 2_000_000;

/** Texts around the size where one value ends, of characters of 1, 3 and 4 bytes. */
const largeText = fc
  .tuple(fc.constantFrom("x", "字", "🐶", "a🐶", "\uD800"), fc.integer({ min: 1, max: 1_300_000 }))
  .map(([characters, length]) =>
    characters.repeat(Math.ceil(length / characters.length)).slice(0, length),
  );

describe("fitsValue", () => {
  it("lets through what fits at 3 bytes a character", () => {
    expect(fitsValue("")).toBe(true);
    expect(fitsValue("字".repeat(600_000))).toBe(true);
    expect(bytesOf("字".repeat(600_000))).toBeLessThan(D1_VALUE_BYTES);
    expect(fitsValue("字".repeat(600_001))).toBe(false);
  });
});

describe("jsonChunks", () => {
  it("makes none of nothing", () => {
    expect(jsonChunks([])).toEqual([]);
  });

  it("puts small rows into one", () => {
    expect(jsonChunks([{ id: "a" }, { id: "b" }, null])).toEqual(['[{"id":"a"},{"id":"b"},null]']);
  });

  it("puts two rows that do not fit together into two", () => {
    const row = "字".repeat(300_001);
    expect(jsonChunks([row, row])).toEqual([JSON.stringify([row]), JSON.stringify([row])]);
  });

  it("leaves a large row alone without an empty chunk before it", () => {
    // With its quotes it is larger than a chunk gets.
    const row = "x".repeat(600_000);
    expect(jsonChunks([row])).toEqual([JSON.stringify([row])]);
    expect(jsonChunks([1, row]).map((chunk): unknown => JSON.parse(chunk))).toEqual([[1], [row]]);
  });

  const row = fc
    .tuple(fc.constantFrom("x", "字", '"', "\n"), fc.nat({ max: 250_000 }))
    .map(([character, count]) => ({ text: character.repeat(count) }));

  test.prop([fc.array(row, { maxLength: 12 })], { numRuns: 25 })(
    "keeps every row, in order, in values that D1 can bind",
    (rows) => {
      const chunks = jsonChunks(rows);
      expect(chunks.flatMap((chunk): unknown => JSON.parse(chunk))).toEqual(rows);
      for (const chunk of chunks) expect(bytesOf(chunk)).toBeLessThan(D1_VALUE_BYTES);
    },
  );
});

describe("textParts", () => {
  it("makes none of nothing, and one of what fits", () => {
    expect(textParts("")).toEqual([]);
    expect(textParts("x".repeat(600_000))).toHaveLength(1);
    expect(textParts("x".repeat(600_001)).map(({ length }) => length)).toEqual([600_000, 1]);
  });

  it("ends no part within a surrogate pair", () => {
    const text = `${"x".repeat(599_999)}🐶${"y".repeat(10)}`;
    expect(textParts(text)).toEqual(["x".repeat(599_999), `🐶${"y".repeat(10)}`]);
  });

  test.prop([largeText], { numRuns: 25 })("joins to the text again, each part fitting", (text) => {
    const parts = textParts(text);
    expect(parts.join("") === text).toBe(true);
    for (const part of parts) expect(bytesOf(part)).toBeLessThan(D1_VALUE_BYTES);
    if (text.isWellFormed()) expect(parts.every((part) => part.isWellFormed())).toBe(true);
  });
});

function bytesOf(text: string): number {
  return new TextEncoder().encode(text).byteLength;
}
