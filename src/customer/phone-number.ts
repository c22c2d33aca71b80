/**
 * Phone numbers, however they are spelled. Spellings are folded for matching only: the raw
 * `wa_id` is kept beside the canonical one.
 */

import { SEPARATOR } from "./phone-in-text.ts";

export type PhoneResult = { ok: true; digits: string } | { ok: false; detail: string };

/** Fewest digits of an international number, country code included, that anyone can dial. */
const PHONE_MIN_DIGITS = 7;

/** Most digits of an international number: ITU-T E.164. */
const PHONE_MAX_DIGITS = 15;

/** A `wa_id` may be shorter than a number one can dial: test and short numbers have 5 digits. */
const WA_ID_DIGITS = /^\+?(\d{5,15})$/;

/** Mexico: WhatsApp's own 1 between the country code and the 10 national digits. */
const MEXICO_WITH_MOBILE_1 = /^521\d{10}$/;

/** Argentina: 10 national digits without the 9 that mobile numbers have from abroad. */
const ARGENTINA_WITHOUT_MOBILE_9 = /^54\d{10}$/;

/** Brazil: area code, then an eight-digit mobile number (6–9) of before the ninth digit. */
const BRAZIL_WITHOUT_NINTH_DIGIT = /^55\d{2}[6-9]\d{7}$/;

const SEPARATORS = new RegExp(SEPARATOR, "gu");

/** What stands before a number in addresses: RFC 3966, and the senders of other providers. */
const SCHEME = /^\s*(?:tel|whatsapp):/i;

/** `+44 (0)20 …`: whether that 0 is dialled from abroad depends on the country. */
const OPTIONAL_ZERO = /\(\s*0\s*\)/;

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

/**
 * The digits of an international number in any usual spelling, as written, without `+` or `00`.
 * The refusal says what to write instead and never repeats the number.
 */
export function parsePhone(spelling: string): PhoneResult {
  if (OPTIONAL_ZERO.test(spelling)) {
    return refuse('leave out "(0)", or write the 0 without brackets where it is dialled');
  }
  const compact = spelling.replace(SCHEME, "").replace(SEPARATORS, "");
  const digits = compact.replace(/^(?:\+|00)/, "");
  if (!/^\d*$/.test(digits)) {
    return refuse('must be a phone number of digits only, such as "+52 998 123 4567"');
  }
  if (digits.startsWith("0")) {
    return refuse('must begin with the country code instead of 0, such as "+52 998 123 4567"');
  }
  if (digits.length < PHONE_MIN_DIGITS || digits.length > PHONE_MAX_DIGITS) {
    const range = `${PHONE_MIN_DIGITS} to ${PHONE_MAX_DIGITS} digits`;
    return refuse(`must have ${range}, country code included, got ${digits.length}`);
  }
  return { ok: true, digits };
}

/** The canonical phone of a `wa_id`; null if it is none, and then it stands for itself. */
export function phoneOf(waId: string): string | null {
  const digits = WA_ID_DIGITS.exec(waId)?.[1];
  return digits === undefined ? null : canonicalPhone(digits);
}

function refuse(detail: string): PhoneResult {
  return { ok: false, detail };
}
