/**
 * Phone numbers in Meta's spelling. Code folds spellings for matching only: it keeps the raw `wa_id`
 * beside the canonical phone, and refuses none.
 */
import { type Country, isInUse, nationalNumber } from "./numbering-plan.ts";

/** A `wa_id` may be shorter than a number that people dial: test and short numbers have 5 digits. */
const WA_ID_DIGITS = /^\+?(\d{5,15})$/;

/** Mexico: WhatsApp writes a 1 between the country code and the 10 national digits. */
const MEXICO_WITH_MOBILE_1 = /^521\d{10}$/;

/** Argentina: 10 national digits, without the 9 that callers from abroad dial for mobile numbers. */
const ARGENTINA_WITHOUT_MOBILE_9 = /^54\d{10}$/;

/** Brazil: area code, then an eight-digit mobile number (6–9) that lacks the ninth digit. */
const BRAZIL_WITHOUT_NINTH_DIGIT = /^55\d{2}[6-9]\d{7}$/;

/** The spelling that code compares phone numbers by: digits without `+`. Idempotent. */
export function canonicalPhone(digits: string): string {
  if (MEXICO_WITH_MOBILE_1.test(digits)) return `52${digits.slice(3)}`;
  if (ARGENTINA_WITHOUT_MOBILE_9.test(digits)) return `549${digits.slice(2)}`;
  if (BRAZIL_WITHOUT_NINTH_DIGIT.test(digits)) return `${digits.slice(0, 4)}9${digits.slice(4)}`;
  return digits;
}

/** Every spelling of a canonical phone, the canonical one first. */
export function spellingsOf(canonical: string): string[] {
  const others = canonical
    .replace(/^52(\d{10})$/, "521$1")
    .replace(/^549(\d{10})$/, "54$1")
    .replace(/^55(?<area>\d{2})9(?<local>[6-9]\d{7})$/, "55$<area>$<local>");
  return others === canonical ? [canonical] : [canonical, others];
}

/** The canonical phone of a `wa_id`; null if it is not a phone. */
export function phoneOf(waId: string): string | null {
  const digits = WA_ID_DIGITS.exec(waId)?.[1];
  return digits === undefined ? null : canonicalPhone(digits);
}

/** Whether a `wa_id` is a phone. */
export function isPhone(waId: string): boolean {
  return WA_ID_DIGITS.test(waId);
}

/** Digits with separators or `+`: Meta's ids are digits alone. */
const SPELLED = /^(?=.*\D)\+?[\d\s\p{Pd}().]{7,}$/u;

/** A number with its area code, with or without a country code; Meta's ids have about 15 digits. */
const PHONE_DIGITS = /^\d{10,13}$/;

/** Whether a setting that must be one of Meta's ids is a phone number by mistake. */
export function looksLikePhone(id: string, country: Country | null): boolean {
  if (SPELLED.test(id)) return true;
  if (!PHONE_DIGITS.test(id)) return false;
  const national = country === null ? null : nationalNumber(id, country);
  return [id, national].some((digits) => digits !== null && isInUse(canonicalPhone(digits)));
}
