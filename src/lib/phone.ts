import { type Country, isInUse, nationalNumber } from "./numbering-plan.ts";

/**
 * Phone numbers as Meta spells them. Spellings are folded for matching only: the raw `wa_id` is
 * kept beside the canonical one, and none is ever refused.
 */
/** A `wa_id` may be shorter than a number one can dial: test and short numbers have 5 digits. */
const WA_ID_DIGITS = /^\+?(\d{5,15})$/;

/** Mexico: WhatsApp's own 1 between the country code and the 10 national digits. */
const MEXICO_WITH_MOBILE_1 = /^521\d{10}$/;

/** Argentina: 10 national digits without the 9 that mobile numbers have from abroad. */
const ARGENTINA_WITHOUT_MOBILE_9 = /^54\d{10}$/;

/** Brazil: area code, then an eight-digit mobile number (6–9) of before the ninth digit. */
const BRAZIL_WITHOUT_NINTH_DIGIT = /^55\d{2}[6-9]\d{7}$/;

/** The one spelling by which a phone number is matched: digits without `+`. Idempotent. */
export function canonicalPhone(digits: string): string {
  if (MEXICO_WITH_MOBILE_1.test(digits)) return `52${digits.slice(3)}`;
  if (ARGENTINA_WITHOUT_MOBILE_9.test(digits)) return `549${digits.slice(2)}`;
  if (BRAZIL_WITHOUT_NINTH_DIGIT.test(digits)) return `${digits.slice(0, 4)}9${digits.slice(4)}`;
  return digits;
}

/** Every spelling that has this canonical one, itself first. */
export function spellingsOf(canonical: string): string[] {
  const others = canonical
    .replace(/^52(\d{10})$/, "521$1")
    .replace(/^549(\d{10})$/, "54$1")
    .replace(/^55(?<area>\d{2})9(?<local>[6-9]\d{7})$/, "55$<area>$<local>");
  return others === canonical ? [canonical] : [canonical, others];
}

/** The canonical phone of a `wa_id`; null if it is none, and then it stands for itself. */
export function phoneOf(waId: string): string | null {
  const digits = WA_ID_DIGITS.exec(waId)?.[1];
  return digits === undefined ? null : canonicalPhone(digits);
}

/** Digits with what people write between them, and with `+`: ids of Meta's are digits alone. */
const SPELLED = /^(?=.*\D)\+?[\d\s\p{Pd}().]{7,}$/u;

/** With an area code, and up to a country code before it; ids of Meta's have 15 digits or so. */
const PHONE_DIGITS = /^\d{10,13}$/;

/** Whether what should be an id of Meta's is a phone number, by its spelling or by its digits. */
export function looksLikePhone(id: string, country: Country | null): boolean {
  if (SPELLED.test(id)) return true;
  if (!PHONE_DIGITS.test(id)) return false;
  const national = country === null ? null : nationalNumber(id, country);
  return [id, national].some((digits) => digits !== null && isInUse(canonicalPhone(digits)));
}
