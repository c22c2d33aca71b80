import { test } from "@fast-check/vitest";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseGraphPhone, parsePhone } from "../../src/lib/parse-phone.ts";
import { canonicalPhone, phoneOf } from "../../src/lib/phone.ts";

/** One person: the canonical digits, and every way in which their number is dialled. */
type Person = { canonical: string; dialled: readonly [string, ...string[]] };

const digits = (count: number) =>
  fc.array(fc.integer({ min: 0, max: 9 }), { minLength: count, maxLength: count }).map(join);

const mexican = fc.tuple(fc.integer({ min: 2, max: 9 }), digits(9)).map(([first, rest]): Person => {
  const national = `${first}${rest}`;
  return { canonical: `52${national}`, dialled: [`52${national}`, `521${national}`] };
});

const argentine = fc
  .tuple(fc.integer({ min: 1, max: 3 }), digits(9))
  .map(([first, rest]): Person => {
    const national = `${first}${rest}`;
    return { canonical: `549${national}`, dialled: [`54${national}`, `549${national}`] };
  });

const brazilian = fc
  .tuple(fc.integer({ min: 11, max: 99 }), fc.integer({ min: 6, max: 9 }), digits(7))
  .map(([area, first, rest]): Person => {
    const local = `${first}${rest}`;
    return {
      canonical: `55${area}9${local}`,
      dialled: [`55${area}${local}`, `55${area}9${local}`],
    };
  });

const elsewhere = fc
  .tuple(
    fc.constantFrom("1", "34", "44", "49", "502", "91", "972"),
    fc.integer({ min: 2, max: 9 }),
    digits(8),
  )
  .map(([country, first, rest]): Person => {
    const number = `${country}${first}${rest}`;
    return { canonical: number, dialled: [number] };
  });

const person = fc.oneof(mexican, argentine, brazilian, elsewhere);

const separator = fc.constantFrom("", " ", "-", ".", "\u00A0", "\u2011", "\u202F", ") ", " (", "/");

/** A number as someone might write it. */
const spelling = (number: string) =>
  fc
    .tuple(
      fc.constantFrom("", "+", "00", "00 ", "+ ", "\u202A+"),
      fc.array(separator, { minLength: number.length, maxLength: number.length }),
    )
    .map(([prefix, separators]) =>
      [prefix, ...Array.from(number, (digit, position) => digit + separators[position])].join(""),
    )
    .filter((text) => !/\(\s*0\s*\)/.test(text));

const spelledPerson = person.chain((someone) =>
  fc
    .constantFrom(...someone.dialled)
    .chain((number) =>
      spelling(number).map((text) => ({ text, number, canonical: someone.canonical })),
    ),
);

describe("canonicalPhone", () => {
  it.each([
    ["Mexico with WhatsApp's 1", "5219982220001", "529982220001"],
    ["Mexico as in E.164", "529982220001", "529982220001"],
    ["Mexico, area code beginning with 1", "521234567890", "521234567890"],
    ["Argentina without the 9", "541123456789", "5491123456789"],
    ["Argentina with the 9", "5491123456789", "5491123456789"],
    ["Brazil without the ninth digit", "551187654321", "5511987654321"],
    ["Brazil with the ninth digit", "5511987654321", "5511987654321"],
    ["a Brazilian landline", "551131234567", "551131234567"],
    ["the United States", "12025550123", "12025550123"],
    ["what is no number", "abc", "abc"],
  ])("folds %s", (_case, given, canonical) => {
    expect(canonicalPhone(given)).toBe(canonical);
  });

  test.prop([
    fc.oneof(
      person.map(({ dialled }) => dialled[0]),
      fc.stringMatching(/^\d{0,16}$/),
    ),
  ])("is idempotent", (number) => {
    expect(canonicalPhone(canonicalPhone(number))).toBe(canonicalPhone(number));
  });

  test.prop([spelledPerson])(
    "gives every spelling of one person the same digits (I8)",
    ({ text, number, canonical }) => {
      expect(parseGraphPhone(text)).toEqual({ ok: true, digits: number });
      expect(canonicalPhone(number)).toBe(canonical);
      expect(phoneOf(number)).toBe(canonical);
      expect(phoneOf(`+${number}`)).toBe(canonical);
    },
  );

  test.prop([spelledPerson, fc.constantFrom(null, "MX", "US", "BR", "AR", "DE", "IN")])(
    "gives what people write of one person the same digits (I8)",
    ({ text, number, canonical }, country) => {
      fc.pre(/[+]|^.?00/.test(text));
      const phone = parsePhone(text, country);
      fc.pre(phone.ok);
      expect(canonicalPhone(phone.digits)).toBe(canonical);
      expect([number, canonical]).toContain(phone.digits);
    },
  );

  test.prop([person, person])("never folds two people into one (I8)", (one, other) => {
    fc.pre(one.canonical !== other.canonical);
    for (const number of one.dialled) {
      for (const foreign of other.dialled) {
        expect(canonicalPhone(number)).not.toBe(canonicalPhone(foreign));
      }
    }
  });
});

describe("phoneOf", () => {
  it.each([
    ["12345", "12345"],
    ["123456789012345", "123456789012345"],
    ["+5219982220001", "529982220001"],
    ["1234", null],
    ["1234567890123456", null],
    ["52 998 222 0001", null],
    ["PHONE_NUMBER", null],
    ["", null],
  ])("%j: %j", (given, expected) => {
    expect(phoneOf(given)).toBe(expected);
  });
});

function join(parts: readonly (string | number)[]): string {
  return parts.join("");
}
