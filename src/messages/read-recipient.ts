/** Whom `to` names. */
import { isBsuid } from "../customer/bsuid.ts";
import type { ReadPhone } from "../customer/parse-phone.ts";
import { canonicalPhone } from "../customer/phone-number.ts";
import type { FieldError } from "../http/problem.ts";
import type { Recipient } from "./send-envelope.ts";

export type RecipientResult = { ok: true; value: Recipient } | { ok: false; errors: FieldError[] };

/** Meta answers 200 to a BSUID in `to` and drops the message, so it is put where it belongs. */
export function readTo(to: string, readPhone: ReadPhone): RecipientResult {
  if (isBsuid(to)) return { ok: true, value: { kind: "user", user_id: to } };
  const phone = readPhone(to);
  if (phone.ok) return { ok: true, value: { kind: "phone", ...dialled(phone.digits) } };
  const { waId, detail: refusal } = phone;
  return waId === null
    ? { ok: false, errors: [refusedTo(refusal)] }
    : { ok: true, value: { kind: "wa_id", ...dialled(waId), refusal } };
}

export function refusedTo(detail: string): FieldError {
  return { pointer: "/to", detail };
}

function dialled(digits: string): { phone: string; dial: string } {
  return { phone: canonicalPhone(digits), dial: `+${digits}` };
}
