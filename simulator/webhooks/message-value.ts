import type { Customer } from "../customers/customer.ts";
import type { JsonObject } from "../json.ts";
import type { BusinessNumber } from "../settings.ts";

const NOT_A_DIGIT = /\D/g;

/** The display number as webhooks carry it: digits only. */
export function displayDigits(number: BusinessNumber): string {
  return number.displayPhoneNumber.replaceAll(NOT_A_DIGIT, "");
}

/** What every value about one business number begins with. */
export function numberMembers(number: BusinessNumber): JsonObject {
  return {
    messaging_product: "whatsapp",
    metadata: { display_phone_number: displayDigits(number), phone_number_id: number.id },
  };
}

/** One member of `contacts`; absent members are left out when it is written as JSON. */
export function contactOf(customer: Customer): JsonObject {
  return {
    profile: { name: customer.name ?? undefined, username: customer.username ?? undefined },
    wa_id: customer.hidesPhone ? undefined : customer.waId,
    user_id: customer.userId ?? undefined,
    parent_user_id: customer.parentUserId ?? undefined,
  };
}
