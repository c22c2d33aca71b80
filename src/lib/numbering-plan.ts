/** What the numbering plans of the world say of digits: libphonenumber's metadata, the smallest set. */
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

/** Before 2019 a Mexican mobile number was dialled with these before its 10 digits. */
const MEXICO_WITH_OLD_PREFIX = /^(?<code>52)?(?:01|044|045)(?<national>\d{10})$/;

/** Numbers that Meta lends for tests: of an area code that nobody has. */
const META_TEST_NUMBER = /^1555\d{7}$/;

export function isCountry(code: string): code is Country {
  return isSupportedCountry(code);
}

/** The digits of a number of this country, with its country code; null where it can't have such one. */
export function nationalNumber(digits: string, country: Country): string | null {
  const dialled = country === "MX" ? digits.replace(MEXICO_WITH_OLD_PREFIX, "$<national>") : digits;
  return possible(parsePhoneNumberFromString(dialled, { defaultCountry: country, extract: false }));
}

/**
 * The digits of a number that begins with its country code, without a trunk prefix after it; null
 * where that country can't have such one. Lengths alone are judged: new ranges are given out daily.
 */
export function internationalNumber(digits: string): string | null {
  const number = parseInternational(digits.replace(MEXICO_WITH_OLD_PREFIX, "$<code>$<national>"));
  if (number === undefined) return null;
  const national = digits.slice(number.countryCallingCode.length);
  // Only a 0 is surely a trunk prefix: other digits that look like one may be the number's own.
  const isWhole =
    !national.startsWith("0") && lengthsOf(number.countryCallingCode).includes(national.length);
  return isWhole ? digits : possible(number);
}

/** Whether digits begin with the code of this country. */
export function isOf(country: Country, digits: string): boolean {
  return digits.startsWith(getCountryCallingCode(country));
}

/** Whether there are numbers that begin so, which is more than a length that fits by chance. */
export function isInUse(digits: string): boolean {
  return META_TEST_NUMBER.test(digits) || parseInternational(digits)?.isValid() === true;
}

/** Why digits that begin with a country code are no number. Tells nothing of them but the code. */
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

/** @param plan a country, or its code, of whose countries the main one counts */
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
