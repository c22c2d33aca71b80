import { test } from "@fast-check/vitest";
import * as fc from "fast-check";
import { isPossiblePhoneNumber, parsePhoneNumberFromString } from "libphonenumber-js/min";
import { describe, expect, it } from "vitest";
import { parseGraphPhone, parsePhone } from "../../src/lib/parse-phone.ts";
import { canonicalPhone } from "../../src/lib/phone.ts";

const countries = fc.constantFrom(null, "MX", "US", "BR", "AR", "DE", "GB", "IN");

describe("parsePhone", () => {
  it.each([
    ["+52 998 123 4567", "529981234567"],
    ["+52 1 998 123 4567", "5219981234567"],
    ["521 998 123 4567", "5219981234567"],
    ["52 998 123 4567", "529981234567"],
    ["5219981234567", "5219981234567"],
    ["00 52 998 123 4567", "529981234567"],
    ["+52 (998) 123-45.67", "529981234567"],
    ["+52 045 998 123 4567", "529981234567"],
    ["+52\u00A0998\u00A0123\u00A04567", "529981234567"],
    ["\u202A+52\u202C 998 123\u20114567", "529981234567"],
    ["＋５２ （９９８） １２３－４５６７", "529981234567"],
    ["+٥٢٩٩٨١٢٣٤٥٦٧", "529981234567"],
    ["tel:+52-998-123-4567", "529981234567"],
    [" WhatsApp:+529981234567", "529981234567"],
    ["+44 (0)20 7946 0000", "442079460000"],
    ["+49 (0)30 1234567", "49301234567"],
    ["+55 90 96927 3738", "5590969273738"],
    ["+39 06 1234567", "39061234567"],
    ["+1 555 000 1234", "15550001234"],
    ["15550001234", "15550001234"],
    ["12025550123", "12025550123"],
    ["+54 11 15 2345 6789", "5491123456789"],
    ["+541123456789", "541123456789"],
    ["551187654321", "551187654321"],
    ["50761234567", "50761234567"],
  ])("reads %j whatever the country", (given, digits) => {
    for (const country of [null, "MX", "US", "NO"] as const) {
      expect(parsePhone(given, country)).toEqual({ ok: true, digits });
    }
  });

  it.each([
    ["MX", "998 222 0001", "529982220001"],
    ["MX", "(998) 222-00.01", "529982220001"],
    ["MX", "044 998 222 0001", "529982220001"],
    ["MX", "045 998 222 0001", "529982220001"],
    ["MX", "01 998 222 0001", "529982220001"],
    ["MX", "４１５５５５０１２３", "524155550123"],
    ["US", "(415) 555-0123", "14155550123"],
    ["US", "1 415 555 0123", "14155550123"],
    ["US", "011 52 998 222 0001", "529982220001"],
    ["BR", "(11) 98765-4321", "5511987654321"],
    ["BR", "31987654321", "5531987654321"],
    ["AR", "011 15 2345-6789", "5491123456789"],
    ["DE", "030 1234567", "49301234567"],
    ["DE", "15123456789", "4915123456789"],
    ["DE", "5219982220001", "5219982220001"],
    ["IT", "06 1234567", "39061234567"],
    ["NO", "4791234567", "4791234567"],
    ["NO", "912 34 567", "4791234567"],
    ["NO", "4520123456", "4520123456"],
    ["BR", "00 15 52 998 222 0001", "529982220001"],
    ["AU", "0011 52 998 222 0001", "529982220001"],
  ] as const)("reads a number of %s: %j", (country, given, digits) => {
    expect(parsePhone(given, country)).toEqual({ ok: true, digits });
  });

  it.each(["998 222 0001", "9982220001", "4155550123", "11 98765-4321", "2220001"])(
    "refuses %j without a country, and says what to write",
    (given) => {
      const detail = expect.stringContaining('"+52 998 123 4567"');
      expect(parsePhone(given, null)).toMatchObject({ ok: false, detail });
    },
  );

  it.each([
    ["+52998222010", "numbers of country code +52 have 10 digits after it, got 9"],
    ["+5299822201022", "numbers of country code +52 have 10 digits after it, got 11"],
    ["+9982220001", "numbers of country code +998 have 9 digits after it, got 7"],
    ["+1 998 222 00011", "numbers of country code +1 have 10 digits after it, got 11"],
    ["+999 123 456 789", "no country code begins so"],
    ["00 1 469 039 913", "numbers of country code +1 have 10 digits after it, got 9"],
    ["00 1 200 000 000", "numbers of country code +1 have 10 digits after it, got 9"],
    ["+", "must have 7 to 15 digits, country code included, got 0"],
    ["+123456", "must have 7 to 15 digits, country code included, got 6"],
    ["+1234567890123456", "must have 7 to 15 digits, country code included, got 16"],
    ["+00 52 998 123 4567", "must begin with the country code instead of 0"],
    ["000 52 998 123 4567", "must begin with the country code instead of 0"],
    ["52 998 CALL NOW", "digits only"],
    ["998 222 0001 ext. 5", "without an extension"],
    ["998 222 0001 x5", "without an extension"],
    ["tel:+529982220001;ext=5", "without an extension"],
    ["fax:+529981234567", "digits only"],
    ["52+9981234567", "digits only"],
    ["++529981234567", "digits only"],
    ["529981234567\0", "digits only"],
    ["\uD800", "digits only"],
    ["১২৩৪৫৬৭৮৯০", "digits only"],
  ])("refuses %j whatever the country", (given, detail) => {
    for (const country of [null, "MX", "US", "BR"] as const) {
      expect(parsePhone(given, country)).toMatchObject({
        ok: false,
        detail: expect.stringContaining(detail),
      });
    }
  });

  it.each(["5299822201022", "52998222010", "99822200012", "998222000123", "2220001"])(
    "refuses %j in Mexico: it is too long or too short, and nobody's abroad",
    (given) => {
      const detail = `numbers of MX have 10 digits, got ${given.length}`;
      expect(parsePhone(given, "MX")).toMatchObject({
        ok: false,
        detail: expect.stringContaining(detail),
      });
    },
  );

  it("tells the digits by which Meta may know somebody all the same", () => {
    expect(parsePhone("+225 41 99 88 77", null)).toMatchObject({ ok: false, waId: "22541998877" });
    expect(parsePhone("4791234567", null)).toMatchObject({ ok: false, waId: "4791234567" });
    expect(parsePhone("044 998 222 0001", null)).toMatchObject({ ok: false, waId: null });
    expect(parsePhone("1234", null)).toMatchObject({ ok: false, waId: null });
  });

  test.prop([fc.string({ unit: "binary" }), countries])(
    "never throws, and gives digits only",
    (text, country) => {
      const phone = parsePhone(text, country);
      expect(phone.ok ? phone.digits : "1234567").toMatch(/^[1-9]\d{4,14}$/);
    },
  );

  test.prop([fc.stringMatching(/^[1-9]\d{6,14}$/), countries])(
    "keeps the canonical digits of every number that there can be (I8)",
    (digits, country) => {
      const known = parsePhoneNumberFromString(`+${digits}`);
      fc.pre(known?.number === `+${digits}` && known.isValid());
      const phone = parsePhone(`+${digits}`, country);
      expect(phone.ok ? canonicalPhone(phone.digits) : null).toBe(canonicalPhone(digits));
    },
  );

  test.prop([fc.stringMatching(/^\+?\d{5,15}$/), countries])(
    "gives no number that there can't be",
    (text, country) => {
      const phone = parsePhone(text, country);
      fc.pre(phone.ok);
      expect(isPossiblePhoneNumber(`+${canonicalPhone(phone.digits)}`)).toBe(true);
    },
  );

  it("does not repeat the number in a refusal", () => {
    for (const given of ["998 123 4567 ext 5", "9981234567", "+52998123456"]) {
      const phone = parsePhone(given, null);
      expect(phone.ok ? given : phone.detail).not.toMatch(/998.?123.?456(?!7")/);
    }
  });
});

describe("parseGraphPhone", () => {
  it.each([
    ["9982220001", "9982220001"],
    ["+22541998877", "22541998877"],
    ["0052 998 222 0001", "529982220001"],
    ["1234567", "1234567"],
    ["123456789012345", "123456789012345"],
  ])("takes the digits of %j as they are", (given, digits) => {
    expect(parseGraphPhone(given)).toEqual({ ok: true, digits });
  });

  it.each(["", "123456", "1234567890123456", "0998 222 0001", "998 CALL NOW"])(
    "refuses %j",
    (given) => {
      expect(parseGraphPhone(given)).toMatchObject({ ok: false });
    },
  );
});
