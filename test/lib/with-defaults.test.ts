import { test } from "@fast-check/vitest";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JsonValue } from "../../src/lib/json.ts";
import { withDefaults } from "../../src/lib/validate.ts";

describe("withDefaults", () => {
  it.each<[JsonValue, unknown, unknown]>([
    [{ a: 1 }, { a: 1, b: 2 }, { a: 1, b: 2 }],
    [{ a: {} }, { a: { b: 2 } }, { a: { b: 2 } }],
    [[{ a: 1 }], [{ a: 1, b: 2 }], [{ a: 1, b: 2 }]],
    [{ constructor: 1, toString: 2 }, { a: 1 }, { constructor: 1, toString: 2, a: 1 }],
    [{ a: "given" }, { a: { b: 1 } }, { a: "given" }],
    [{ a: { b: 1 } }, { a: "checked" }, { a: { b: 1 } }],
    [[1], { a: 1 }, [1]],
  ])("completes %j by %j", (given, checked, expected) => {
    expect(withDefaults(given, checked)).toEqual(expected);
  });

  test.prop([
    fc.dictionary(fc.string(), fc.jsonValue()),
    fc.dictionary(fc.string(), fc.jsonValue()),
  ])("loses nothing that was given", (given, more) => {
    // As it comes over the wire, where -0 is 0.
    const json: Record<string, JsonValue> = JSON.parse(JSON.stringify(given));
    expect(withDefaults(json, { ...more, ...json })).toMatchObject(json);
  });
});
