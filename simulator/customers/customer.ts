/** A WhatsApp user as the business account sees them; one object a person, whatever they change. */
export interface Customer {
  /** Canonical WhatsApp id (digits), such as `5219982220001`; Mexico has 521 and ten digits. */
  waId: string;
  /** Business-scoped user id; null for traffic from before BSUIDs. */
  userId: string | null;
  parentUserId: string | null;
  name: string | null;
  username: string | null;
  /** Webhooks then carry only the BSUID, no phone. */
  hidesPhone: boolean;
  /** false: messages are accepted, then fail with 131026. */
  onWhatsApp: boolean;
  /** Stopped marketing messages: those are refused with 131050. */
  optedOut: boolean;
  /** Digits of further numbers that reach them: a send to one of these answers with `waId`. */
  otherNumbers: readonly string[];
  /** Answers to sends name the BSUID beside the phone. */
  tellsUserId: boolean;
}

export type CustomerChanges = {
  readonly [Key in keyof Omit<Customer, "waId">]?: Customer[Key] | undefined;
};

const BSUID = /^[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}$/;

export function isBsuid(address: string): boolean {
  return BSUID.test(address);
}

const PHONE_PUNCTUATION = /[\s\-().+]/g;
const PHONE_DIGITS = /^\d{7,15}$/;

/** The digits of a phone number as people write it, or null. */
export function phoneDigits(phone: string): string | null {
  const digits = phone.replaceAll(PHONE_PUNCTUATION, "");
  return PHONE_DIGITS.test(digits) ? digits : null;
}

const MEXICAN_E164 = /^52(\d{10})$/;
const ARGENTINE_E164 = /^54(\d{10})$/;
/** Côte d'Ivoire put two digits before its eight in 2021. */
const IVORIAN_E164 = /^225(?:01|05|07|21|25|27)(\d{8})$/;

/**
 * The wa_id of a phone's digits: WhatsApp kept Mexico's and Argentina's old mobile prefixes, and Côte
 * d'Ivoire's eight digits.
 */
export function canonicalWaId(digits: string): string {
  return digits
    .replace(MEXICAN_E164, "521$1")
    .replace(ARGENTINE_E164, "549$1")
    .replace(IVORIAN_E164, "225$1");
}

const COUNTRY_BY_PREFIX: readonly (readonly [string, string])[] = [
  ["52", "MX"],
  ["54", "AR"],
  ["55", "BR"],
  ["225", "CI"],
];

export function countryOf(waId: string): string {
  return COUNTRY_BY_PREFIX.find(([prefix]) => waId.startsWith(prefix))?.[1] ?? "US";
}
