import { describe, expect, it } from "vitest";
import { findUnsendableValues } from "../../src/lib/validate.ts";

const nested = (levels: number): unknown => (levels === 0 ? "end" : [nested(levels - 1)]);
const HALF = "must not contain half a surrogate pair: Meta takes whole characters only";
const NUL = "must not contain a NUL character: Meta refuses it";
const NO_JSON = "must be JSON: text, a number, true, false, null, a list or an object";

describe("findUnsendableValues", () => {
  it.each([[{ a: [1, "ñ🐕", true, null, undefined, { b: {} }] }], [nested(32)], ["a"]])(
    "takes case %#",
    (value) => {
      expect(findUnsendableValues(value)).toEqual([]);
    },
  );

  it.each([
    [{ a: ["\uDC00"] }, "/a/0", HALF],
    [{ a: "\0" }, "/a", NUL],
    [{ "\uD800": 1 }, "", `has a member whose name ${HALF}`],
    [{ a: { "\0": 1 } }, "/a", `has a member whose name ${NUL}`],
    [JSON.parse('{"a/b":{"__proto__":1}}'), "/a~1b", 'must not have a member named "__proto__"'],
    [nested(33), "/0".repeat(32), "must not be nested deeper than 32 levels"],
    [{ a: Number.NaN }, "/a", "must be a finite number"],
    [{ a: Infinity }, "/a", "must be a finite number"],
    [{ a: 1n }, "/a", NO_JSON],
    [{ a: Symbol("a") }, "/a", NO_JSON],
    [{ a: () => 1 }, "/a", NO_JSON],
  ])("refuses case %#", (value, pointer, detail) => {
    expect(findUnsendableValues(value)).toEqual([{ pointer, detail }]);
  });

  it("reports both faults of one text", () => {
    expect(findUnsendableValues("\0\uD800").map(({ detail }) => detail)).toEqual([HALF, NUL]);
  });
});
