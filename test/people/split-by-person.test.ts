import { fc, test } from "@fast-check/vitest";
import { describe, expect, test as it } from "vitest";
import type { JsonValue } from "../../src/lib/json.ts";
import { splitByPerson, splitTextByPerson } from "../../src/people/identities.ts";

const names = (text: string): boolean => text === "ana" || text === "5219982220001";

describe("a value taken apart by a person", () => {
  it.each<[string, JsonValue, unknown]>([
    ["that nobody is named in", { a: [1, null, true, "bo"] }, { a: [1, null, true, "bo"] }],
    [
      "in which an entry names her",
      { list: [{ who: "ana" }, { who: "bo" }] },
      { list: [{ who: "bo" }] },
    ],
    [
      "in which an entry names her deep inside",
      { list: [{ contact: { name: "x", wa_id: "ana" } }, { contact: { wa_id: "bo" } }] },
      { list: [{ contact: { wa_id: "bo" } }] },
    ],
    ["in which a number is hers", { list: [5219982220001, 7] }, { list: [7] }],
    [
      "of which only one list is hers alone",
      { hers: ["ana"], theirs: ["bo"], metadata: { id: "1" } },
      { theirs: ["bo"], metadata: { id: "1" } },
    ],
  ])("%s", (_what, value, rest) => {
    expect(splitByPerson(value, names).rest).toEqual(rest);
  });

  it.each<[string, JsonValue]>([
    ["whose member names her", { who: "ana", text: "hola" }],
    ["whose every list speaks of her", { metadata: { id: "1" }, contacts: [{ wa_id: "ana" }] }],
    ["whose key names her", { ana: 1 }],
    ["that is her name", "ana"],
    ["that is a list of her", ["ana", ["ana"]]],
  ])("%s is all about her", (_what, value) => {
    const { about, rest } = splitByPerson(value, names);
    expect(rest).toBeUndefined();
    expect(about.length).toBeGreaterThan(0);
  });

  it("keeps the digits of long numbers, and gives up on what is no JSON or nests too deeply", () => {
    const text = '{"list":[{"who":"ana"},{"id":12345678901234567890}]}';
    expect(JSON.stringify(splitTextByPerson(text, names).rest)).toBe(
      '{"list":[{"id":12345678901234567890}]}',
    );
    expect(splitTextByPerson("no JSON", names)).toEqual({ about: ["no JSON"] });
    const deep = "[".repeat(100_000) + "]".repeat(100_000);
    expect(splitTextByPerson(deep, names)).toEqual({ about: [deep] });
  });

  test.prop([fc.jsonValue({ stringUnit: fc.constantFrom("ana", "b") })])(
    "names her nowhere in the rest, and loses nothing where she is not",
    (value) => {
      const { about, rest } = splitByPerson(value, names);
      const text = JSON.stringify(rest) ?? "";
      expect(text).not.toContain('"ana"');
      if (about.length === 0) expect(rest).toEqual(value);
    },
  );
});
