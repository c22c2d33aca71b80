import { test } from "@fast-check/vitest";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { jsonIn, objectIn, parseJson } from "../../src/lib/json.ts";

const DEEP = 200_000;

describe("parseJson", () => {
  it.each([
    "9007199254740993",
    "-9007199254740993",
    "12345678901234567890",
    '{"id":102290129340398123}',
    '{"id": 102290129340398123, "name": "Ana Ñúñez"}',
    '{"ids":[102290129340398123,-102290129340398125,1]}',
    "[\n  102290129340398123\n]",
    `[1${"0".repeat(400)}]`,
  ])("keeps every digit of %s (I9)", (text) => {
    expect(JSON.stringify(parseJson(text))).toBe(text.replaceAll(/(?<![a-z])\s+/g, ""));
  });

  it("leaves numbers that a double holds as numbers", () => {
    const text = '{"id":9007199254740993,"safe":9007199254740991,"half":0.5,"big":1e21}';
    expect(parseJson(text)).toMatchObject({
      safe: 9007199254740991,
      half: 0.5,
      big: 1e21,
    });
  });

  it("leaves digits in strings alone", () => {
    const value = { text: ": 12345678901234567890", id: "102290129340398123" };
    expect(parseJson(JSON.stringify(value))).toEqual(value);
  });

  it("takes the last of duplicate keys", () => {
    expect(parseJson('{"from":"1","from":"2"}')).toEqual({ from: "2" });
  });

  it.each(["", ',"id":9007199254740993'])("makes __proto__ a member like any other%s", (more) => {
    const value = parseJson(`{"__proto__":{"polluted":true}${more}}`);
    expect(Object.getOwnPropertyNames(value)).toContain("__proto__");
    expect(JSON.stringify(value)).toBe(`{"__proto__":{"polluted":true}${more}}`);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect("polluted" in {}).toBe(false);
  });

  it.each(["", "{", "{}}", "nada", "'a'", "[1,]", "NaN", "\uFEFF{}", "{}\u0000", '{"a":0123}'])(
    "refuses %j",
    (text) => {
      expect(() => parseJson(text)).toThrow(SyntaxError);
    },
  );

  it.each(["1", "9007199254740993"])("reads JSON of any depth around %s (I9)", (innermost) => {
    expect(parseJson(`${"[".repeat(DEEP)}${innermost}${"]".repeat(DEEP)}`)).toHaveLength(1);
  });

  test.prop([fc.json()])("reads all that JSON.parse reads, and the same", (text) => {
    expect(JSON.stringify(parseJson(text))).toBe(JSON.stringify(JSON.parse(text)));
  });

  test.prop([fc.bigInt(), fc.constantFrom("%", "[%]", '{"id":%}', '{"id" :\t%\n}', "[0,%]")])(
    "keeps an integer of any size, wherever it stands",
    (integer, around) => {
      const text = around.replace("%", String(integer));
      expect(JSON.stringify(parseJson(text))).toBe(text.replaceAll(/\s/g, ""));
    },
  );
});

describe("jsonIn", () => {
  it("keeps every digit of what Meta says (I9)", () => {
    const text = '{"id":102290129340398123}';
    expect(JSON.stringify(jsonIn(text))).toBe(text);
  });

  it.each(["", "{", "nada"])("finds no JSON in %j", (text) => {
    expect(jsonIn(text)).toBeUndefined();
    expect(objectIn(text)).toBeNull();
  });

  it.each(["null", "[]", "1", '"{}"'])("finds no object in %j", (text) => {
    expect(objectIn(text)).toBeNull();
  });

  test.prop([fc.string({ unit: "binary" })])("never throws", (text) => {
    expect(() => jsonIn(text)).not.toThrow();
  });
});
