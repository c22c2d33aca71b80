import { test } from "@fast-check/vitest";
import * as fc from "fast-check";
import {
  getCountries,
  getCountryCallingCode,
  Metadata,
  parsePhoneNumberFromString,
  type PhoneNumber,
} from "libphonenumber-js/min";
import { describe, expect, it } from "vitest";
import file from "../../src/lib/numbering-plans.json" with { type: "json" };
import {
  codeOf,
  isCountry,
  lengthsOf,
  readAbroad,
  readDialled,
  readPlan,
} from "../../src/lib/plan-number.ts";

const countries = getCountries();
const codes = Object.keys(file);
const patterns = new Map(
  Object.values<Record<string, string>>(file)
    .flatMap((plans) => Object.entries(plans))
    .map(([name, text]) => [name, readPlan(text)]),
);

/** What the library says of a number, in our words. */
function said(number: PhoneNumber | undefined) {
  if (number === undefined) return null;
  const { countryCallingCode: code, nationalNumber: national } = number;
  return { code, national, isPossible: number.isPossible(), isInUse: number.isValid() };
}

function matching(pattern = ""): fc.Arbitrary<string> {
  return pattern === "" ? fc.constant("") : fc.stringMatching(new RegExp(`^(?:${pattern})$`));
}

/** A number by the country's own patterns, as people write it: with prefixes, codes and slips. */
function writtenIn(country: string): fc.Arbitrary<string> {
  const plan = patterns.get(country);
  const code = fc.constantFrom(
    "",
    "",
    codeOf(fc.sample(fc.constantFrom(...countries), 1)[0] ?? "MX"),
  );
  return fc
    .tuple(
      fc.oneof(fc.constant(""), matching(plan?.abroad), fc.constant("00")),
      fc.oneof(code, fc.constant(isCountry(country) ? codeOf(country) : country)),
      fc.oneof(fc.constant(""), matching(plan?.trunk), fc.constant("0")),
      matching(plan?.pattern),
      fc.constantFrom(
        (digits: string) => digits,
        (digits: string) => digits.slice(1),
        (digits: string) => digits.slice(0, -1),
        (digits: string) => `${digits}7`,
      ),
    )
    .map(([abroad, itsCode, trunk, national, slip]) => slip(abroad + itsCode + trunk + national));
}

const dialled = fc
  .constantFrom(...countries)
  .chain((country) =>
    fc.tuple(fc.constant(country), fc.oneof(writtenIn(country), fc.stringMatching(/^\d{2,18}$/))),
  );

describe("the numbering plans", () => {
  it("have every country and code of libphonenumber", () => {
    for (const country of countries) {
      expect(isCountry(country)).toBe(true);
      expect(codeOf(country)).toBe(getCountryCallingCode(country));
    }
    for (const name of ["XX", "mx", "800", "52", "", "toString"])
      expect(isCountry(name)).toBe(false);
    for (const plan of [...countries, ...codes]) {
      const metadata = new Metadata();
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it takes codes as well
      metadata.selectNumberingPlan(plan as (typeof countries)[number]);
      expect(lengthsOf(plan)).toEqual(metadata.numberingPlan?.possibleLengths());
    }
  });

  test.prop([dialled], { numRuns: 2000 })(
    "read what is dialled as libphonenumber does",
    ([country, digits]) => {
      fc.pre(digits.length > 1);
      const theirs = parsePhoneNumberFromString(digits, {
        defaultCountry: country,
        extract: false,
      });
      expect(readDialled(digits, country)).toEqual(said(theirs));
    },
  );

  test.prop(
    [
      fc.oneof(
        dialled.map(([, digits]) => digits),
        fc
          .tuple(fc.constantFrom(...codes), fc.stringMatching(/^\d{0,15}$/))
          .map((parts) => parts.join("")),
      ),
    ],
    { numRuns: 2000 },
  )("read what follows a + as libphonenumber does", (digits) => {
    fc.pre(digits.length > 2);
    const theirs = parsePhoneNumberFromString(`+${digits}`, { extract: false });
    expect(readAbroad(digits)).toEqual(said(theirs));
  });
});
