import { isInUse, nationalNumber, type Country } from "./numbering-plan.ts";
import { canonicalPhone } from "./phone-number.ts";

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
