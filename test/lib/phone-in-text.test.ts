import { fc, test } from "@fast-check/vitest";
import { describe, expect, test as it } from "vitest";
import { likePhone, phonePattern, phonesIn, withoutEscapes } from "../../src/lib/phone-in-text.ts";

const BEYOND_UNICODE = 0x11_0000;

/** All white space, dashes and marks that nobody sees, and what else stands between digits. */
const SEPARATORS = [
  ...Array.from({ length: BEYOND_UNICODE }, (_none, code) => String.fromCodePoint(code)).filter(
    (character) => /[\s\p{Pd}\p{Cf}]/u.test(character),
  ),
  ..."./()[]".split(""),
];

const digits = (minLength: number, maxLength: number) =>
  fc.stringMatching(new RegExp(String.raw`^[1-9]\d{${minLength - 1},${maxLength - 1}}$`));

const separators = fc
  .array(fc.constantFrom(...SEPARATORS), { maxLength: 3 })
  .map((characters) => characters.join(""));

/** A phone, and the same with anything between its digits. */
const spelledPhone = fc
  .tuple(digits(7, 15), fc.array(separators, { minLength: 15, maxLength: 15 }))
  .map(([phone, between]) => {
    return {
      phone,
      spelled: phone
        .split("")
        .map((digit, at) => digit + (between[at] ?? ""))
        .join(""),
    };
  });

const around = fc.constantFrom("", "tel:", "+", "00", "a ", '":"', ",");

/** As JSON says it: as it is, escaped, or as a text in a text. */
const jsonForms = fc.constantFrom<(text: string) => string>(
  (text) => text,
  (text) => JSON.stringify({ text }),
  (text) => escapedJson({ text }),
  (text) => escapedJson({ inner: escapedJson({ text }) }),
  (text) => JSON.stringify({ inner: JSON.stringify({ inner: escapedJson({ text }) }) }),
);

/** All but ASCII as `\u…`, the way Meta writes it. */
function escapedJson(value: object): string {
  return JSON.stringify(value)
    .split("")
    .map((unit) => {
      const code = unit.charCodeAt(0);
      return code < 127 ? unit : String.raw`\u${code.toString(16).padStart(4, "0")}`;
    })
    .join("");
}

function like(text: string, pattern: string): boolean {
  return new RegExp(`^${pattern.replaceAll("%", "[^]*")}$`).test(text);
}

const finds = (phone: string, text: string) =>
  new RegExp(phonePattern(phone), "u").test(withoutEscapes(text));

describe("a phone in a text", () => {
  it("may have any of the separators between its digits", () => {
    expect(SEPARATORS.length).toBeGreaterThan(200);
    const common = [0x20, 0xa0, 0x20_09, 0x20_11, 0x20_13, 0x20_0e, 0xad, 0x20_0b, 0xfe_ff, 0x09];
    expect(SEPARATORS).toEqual(
      expect.arrayContaining(common.map((code) => String.fromCodePoint(code))),
    );
    for (const separator of SEPARATORS) expect(finds("5212", `52${separator}12`)).toBe(true);
  });

  test.prop([spelledPhone, around, jsonForms])(
    "is found with them anywhere, in JSON and JSON in JSON, by the pattern and by LIKE",
    ({ phone, spelled }, before, jsonOf) => {
      const text = jsonOf(`${before}${spelled}, y`);
      expect(finds(phone, text)).toBe(true);
      expect(phonesIn(withoutEscapes(text))).toContain(phone);
      expect(like(text, likePhone(phone))).toBe(true);
    },
  );

  test.prop([digits(7, 15), digits(1, 3), fc.boolean(), jsonForms])(
    "is not found in more digits that have it in them",
    (phone, more, isBefore, jsonOf) => {
      const longer = isBefore ? more + phone : phone + more;
      fc.pre(!longer.slice(1).startsWith(phone) || isBefore);
      expect(finds(phone, jsonOf(`id ${longer}.`))).toBe(false);
    },
  );

  test.prop([digits(7, 15), digits(7, 15), separators])(
    "is found beside another",
    (one, other, between) => {
      const text = `${one} ${between}${other}`;
      expect(phonesIn(text)).toEqual(expect.arrayContaining([one, other]));
    },
  );

  it.each([
    ["00529982220001", ["529982220001"]],
    ["tel 55 55, y 12345", ["12345"]],
    ["1234", []],
    ["1".repeat(18), []],
  ])("%s may be %j", (text, phones) => {
    expect(phonesIn(text)).toEqual(phones);
  });

  it("may itself be escaped", () => {
    expect(finds("5299", String.raw`{"a":"\u0035\u00a0299"}`)).toBe(true);
    expect(finds("5299", String.raw`{"a":"\\n52\\t99\/"}`)).toBe(true);
  });

  it("leaves LIKE within the 50 bytes that D1 takes", () => {
    expect(likePhone("1".repeat(40)).length).toBeLessThanOrEqual(50);
  });
});
