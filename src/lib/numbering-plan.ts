/** The numbering plans of the world, by the smallest set of libphonenumber's metadata. */
import {
  type CountryCode,
  getCountryCallingCode,
  isSupportedCountry,
  Metadata,
  parsePhoneNumberFromString,
  type PhoneNumber,
} from "libphonenumber-js/min";

/** A country by its ISO code, such as `MX`. */
export type Country = CountryCode;

/** Before 2019 people dialled 01, 044 or 045 before the 10 digits of a Mexican mobile number. */
const MEXICO_WITH_OLD_PREFIX = /^(?<code>52)?(?:01|044|045)(?<national>\d{10})$/;

/** Numbers that Meta lends for tests; no real number has this area code. */
const META_TEST_NUMBER = /^1555\d{7}$/;

export function isCountry(code: string): code is Country {
  return isSupportedCountry(code);
}

/** A number of this country as digits with the country code; null if the country has no such number. */
export function nationalNumber(digits: string, country: Country): string | null {
  const dialled = country === "MX" ? digits.replace(MEXICO_WITH_OLD_PREFIX, "$<national>") : digits;
  return possible(parsePhoneNumberFromString(dialled, { defaultCountry: country, extract: false }));
}

/**
 * A number with its country code as digits, without a trunk prefix after the code; null if that
 * country has no such number. Only the length decides: operators open new ranges every day.
 */
export function internationalNumber(digits: string): string | null {
  const number = parseInternational(digits.replace(MEXICO_WITH_OLD_PREFIX, "$<code>$<national>"));
  if (number === undefined) return null;
  const national = digits.slice(number.countryCallingCode.length);
  // Only a leading 0 must be a trunk prefix: other digits may belong to the number.
  const isWhole =
    !national.startsWith("0") && lengthsOf(number.countryCallingCode).includes(national.length);
  return isWhole ? digits : possible(number);
}

/** Whether the digits begin with the code of this country. */
export function isOf(country: Country, digits: string): boolean {
  return digits.startsWith(getCountryCallingCode(country));
}

/** Whether such numbers are in use: a stricter test than a possible length. */
export function isInUse(digits: string): boolean {
  return META_TEST_NUMBER.test(digits) || parseInternational(digits)?.isValid() === true;
}

/** Why digits that begin with a country code are not a number; quotes only the code. */
export function whyImpossible(digits: string): string {
  const code = parseInternational(digits)?.countryCallingCode;
  if (code === undefined) return "no country code begins so";
  const lengths = inWords(lengthsOf(code));
  return `numbers of country code +${code} have ${lengths} digits after it, got ${digits.length - code.length}`;
}

/** How many digits a number of this country has, such as `8 to 11`. */
export function nationalLengths(country: Country): string {
  return inWords(lengthsOf(country));
}

/** @param plan a country, or a country code: then the main country of that code */
function lengthsOf(plan: string): number[] {
  const metadata = new Metadata();
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it takes country codes as well, which its types leave out
  metadata.selectNumberingPlan(plan as Country);
  return metadata.numberingPlan?.possibleLengths() ?? [];
}

function inWords(lengths: readonly number[]): string {
  const [fewest, most] = [Math.min(...lengths), Math.max(...lengths)];
  return fewest === most ? String(fewest) : `${fewest} to ${most}`;
}

function parseInternational(digits: string): PhoneNumber | undefined {
  return parsePhoneNumberFromString(`+${digits}`, { extract: false });
}

function possible(number: PhoneNumber | undefined): string | null {
  return number?.isPossible() === true ? number.number.slice(1) : null;
}
