import { test } from "@fast-check/vitest";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { withRawMember } from "../../src/api/schema.ts";

describe("withRawMember", () => {
  it.each([
    ["more digits than a double holds", '{"id":9007199254740993}'],
    ["a number beyond all doubles", "1e400"],
    ["escapes", String.raw`"\ud800 \u0000 \/"`],
    ["what a replacement would expand", '"$& $1 $$"'],
    ["deep nesting", "[".repeat(20_000) + "]".repeat(20_000)],
  ])("leaves %s as it came", (_what, json) => {
    expect(withRawMember({ id: "a" }, "value", json)).toBe(`{"id":"a","value":${json}}`);
  });

  it.each(["", "12ab-34", "00", "undefined", '{"cut":"of', "{} {}"])(
    "shows what is no JSON as text: %j",
    (text) => {
      expect(JSON.parse(withRawMember({ id: "a" }, "value", text))).toEqual({
        id: "a",
        value: text,
      });
    },
  );

  test.prop([fc.string({ unit: "binary" })])("is JSON whatever the text", (text) => {
    expect(JSON.parse(withRawMember({ id: "a" }, "value", text))).toHaveProperty("value");
  });
});
