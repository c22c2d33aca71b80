/** Phone numbers as people write them, in any usual spelling. */
import {
  type Country,
  internationalNumber,
  isInUse,
  isOf,
  nationalLengths,
  nationalNumber,
  whyImpossible,
} from "./numbering-plan.ts";
import { SEPARATOR } from "./phone-in-text.ts";
import { canonicalPhone } from "./phone.ts";

export type PhoneResult =
  /** International, without `+` or `00`; Meta's own spelling stays as it is. */
  | { ok: true; digits: string }
  | {
      ok: false;
      detail: string;
      /** The same digits as a `wa_id`: no rule accepts them, but Meta may use them for a customer. */
      waId: string | null;
    };

/** Reads a phone number in a request. */
export type ReadPhone = (spelling: string) => PhoneResult;

/** Fewest digits of an international number, country code included, that anyone can dial. */
const PHONE_MIN_DIGITS = 7;

/** Most digits of an international number: ITU-T E.164. */
const PHONE_MAX_DIGITS = 15;

/** Nearly everywhere national numbers have at most ten digits: longer ones are international. */
const NOT_NATIONAL_MIN_DIGITS = 11;

/** No country's national numbers have so many digits without a trunk prefix. */
const SURELY_INTERNATIONAL_MIN_DIGITS = 12;

/** Where national numbers are shorter than this, a longer one can be international. */
const INTERNATIONAL_MIN_DIGITS = 10;

/** What stands between digits, also full-width dots, slashes and brackets. */
const SEPARATORS = new RegExp(`${SEPARATOR}|[．／（）［］]`, "gu");

/** URI schemes before a number: RFC 3966, and the sender addresses of other providers. */
const SCHEME = /^\s*(?:tel|whatsapp):/i;

/** Full-width, Arabic and Persian digits: the code point of each zero. */
const ZEROS = [0xff10, 0x0660, 0x06f0];

const EXAMPLE = '"+52 998 123 4567"';

/** @param country whose national numbers are accepted; null = only clearly international ones */
export function parsePhone(spelling: string, country: Country | null): PhoneResult {
  const written = readDigits(spelling);
  if (written === null) return refuse(NO_DIGITS);
  const { digits, hasPlus } = written;
  if (hasPlus) return international(digits);
  return digits.startsWith("0") ? dialled(digits, country) : undialled(digits, country);
}

/** Reads digits as Graph does: always international; Meta decides whether the number exists. */
export function parseGraphPhone(spelling: string): PhoneResult {
  const written = readDigits(spelling);
  if (written === null) return refuse(NO_DIGITS);
  const { digits, hasPlus } = written;
  return outOfRange(hasPlus ? digits : digits.replace(/^00/, ""));
}

const NO_DIGITS = `must be a phone number of digits only, without an extension, such as ${EXAMPLE}`;

function readDigits(spelling: string): { digits: string; hasPlus: boolean } | null {
  const compact = spelling
    .replace(SCHEME, "")
    .replace(SEPARATORS, "")
    .replace(/\p{Nd}/gu, asciiDigit);
  const [, plus, digits] = /^([+＋]?)(\d*)$/.exec(compact) ?? [];
  return digits === undefined ? null : { digits, hasPlus: plus !== "" };
}

/** A full-width, Arabic or Persian digit as the usual one. */
export function asciiDigit(digit: string): string {
  const code = digit.codePointAt(0) ?? 0;
  const zero = ZEROS.find((first) => code >= first && code < first + 10);
  return zero === undefined ? digit : String(code - zero);
}

/** Without a prefix and without `+`: a national number, or an international one in Meta's spelling. */
function undialled(digits: string, country: Country | null): PhoneResult {
  const abroad = international(digits);
  if (country === null && !outOfRange(digits).ok) return abroad;
  const mayBeAbroad = abroad.ok && isInUse(canonicalPhone(abroad.digits));
  if (mayBeAbroad && digits.length >= SURELY_INTERNATIONAL_MIN_DIGITS) return abroad;
  const here = national(digits, country);
  if (here !== null) return here;
  const fewest = country === null ? NOT_NATIONAL_MIN_DIGITS : INTERNATIONAL_MIN_DIGITS;
  if (mayBeAbroad && digits.length >= fewest) return abroad;
  const isTooLong = country === null && digits.length >= NOT_NATIONAL_MIN_DIGITS;
  return isTooLong && !abroad.ok ? abroad : refuse(whyNotNational(digits, country), digits);
}

/** With a trunk prefix, or with an international prefix: 00 nearly everywhere. */
function dialled(digits: string, country: Country | null): PhoneResult {
  const here = national(digits, country);
  if (digits.startsWith("00")) {
    const abroad = international(digits.slice(2));
    if (abroad.ok || here?.ok !== true || country === null) return abroad;
    // In some countries the international prefix is longer than 00. A short number is a mistake.
    const { digits: dialledThere } = here;
    const isLong = dialledThere.length >= INTERNATIONAL_MIN_DIGITS && isInUse(dialledThere);
    return isLong && !isOf(country, dialledThere) ? here : abroad;
  }
  return (
    here ??
    refuse(
      country === null
        ? `must begin with the country code instead of 0, such as ${EXAMPLE}`
        : whyNotNational(digits, country),
    )
  );
}

function national(digits: string, country: Country | null): PhoneResult | null {
  const number = country === null ? null : nationalNumber(digits, country);
  return number === null ? null : { ok: true, digits: number };
}

/** Meta's own spellings stay as they are: `canonicalPhone` folds them into the plan's number. */
function international(digits: string): PhoneResult {
  const ranged = outOfRange(digits);
  if (!ranged.ok) return ranged;
  const canonical = canonicalPhone(digits);
  const number = internationalNumber(digits) ?? internationalNumber(canonical);
  if (number === null) return refuse(`${whyImpossible(digits)}; write it as in ${EXAMPLE}`, digits);
  return { ok: true, digits: canonicalPhone(number) === canonical ? digits : number };
}

function outOfRange(digits: string): PhoneResult {
  if (digits.startsWith("0")) {
    return refuse(`must begin with the country code instead of 0, such as ${EXAMPLE}`);
  }
  if (digits.length < PHONE_MIN_DIGITS || digits.length > PHONE_MAX_DIGITS) {
    const range = `${PHONE_MIN_DIGITS} to ${PHONE_MAX_DIGITS} digits`;
    return refuse(`must have ${range}, country code included, got ${digits.length}`);
  }
  return { ok: true, digits };
}

function whyNotNational(digits: string, country: Country | null): string {
  return country === null
    ? `must have + and the country code before it, such as ${EXAMPLE}: without them it may be a number of any country (DEFAULT_COUNTRY in the settings says of which)`
    : `numbers of ${country} have ${nationalLengths(country)} digits, got ${digits.length}; write one of another country with + and its country code, such as ${EXAMPLE}`;
}

function refuse(detail: string, digits: string | null = null): PhoneResult {
  const isWaId = digits !== null && outOfRange(digits).ok;
  return { ok: false, detail, waId: isWaId ? digits : null };
}
