/** What numbers there are in the world, with what its numbering plans leave out. */
import {
  codeOf,
  type Country,
  isCountry,
  lengthsOf,
  type PlanNumber,
  readAbroad,
  readDialled,
} from "./plan-number.ts";

export { type Country, isCountry };

/** Before 2019 people dialled 01, 044 or 045 before the 10 digits of a Mexican mobile number. */
const MEXICO_WITH_OLD_PREFIX = /^(?<code>52)?(?:01|044|045)(?<national>\d{10})$/;

/** Numbers that Meta lends for tests; no real number has this area code. */
const META_TEST_NUMBER = /^1555\d{7}$/;

/** A number of this country as digits with the country code; null if the country has no such number. */
export function nationalNumber(digits: string, country: Country): string | null {
  const dialled = country === "MX" ? digits.replace(MEXICO_WITH_OLD_PREFIX, "$<national>") : digits;
  return possible(readDialled(dialled, country));
}

/**
 * A number with its country code as digits, without a trunk prefix after the code; null if that
 * country has no such number. Only the length decides: operators open new ranges every day.
 */
export function internationalNumber(digits: string): string | null {
  const number = readAbroad(digits.replace(MEXICO_WITH_OLD_PREFIX, "$<code>$<national>"));
  if (number === null) return null;
  const national = digits.slice(number.code.length);
  // Only a leading 0 must be a trunk prefix: other digits may belong to the number.
  const isWhole = !national.startsWith("0") && lengthsOf(number.code).includes(national.length);
  return isWhole ? digits : possible(number);
}

/** Whether the digits begin with the code of this country. */
export function isOf(country: Country, digits: string): boolean {
  return digits.startsWith(codeOf(country));
}

/** Whether such numbers are in use: a stricter test than a possible length. */
export function isInUse(digits: string): boolean {
  return META_TEST_NUMBER.test(digits) || readAbroad(digits)?.isInUse === true;
}

/** Why digits that begin with a country code are not a number; quotes only the code. */
export function whyImpossible(digits: string): string {
  const code = readAbroad(digits)?.code;
  if (code === undefined) return "no country code begins so";
  const lengths = inWords(lengthsOf(code));
  return `numbers of country code +${code} have ${lengths} digits after it, got ${digits.length - code.length}`;
}

/** How many digits a number of this country has, such as `8 to 11`. */
export function nationalLengths(country: Country): string {
  return inWords(lengthsOf(country));
}

function inWords(lengths: readonly number[]): string {
  const [fewest, most] = [Math.min(...lengths), Math.max(...lengths)];
  return fewest === most ? String(fewest) : `${fewest} to ${most}`;
}

function possible(number: PlanNumber | null): string | null {
  return number?.isPossible === true ? number.code + number.national : null;
}
