import type { Address } from "../customer/address.ts";
import { phoneOf } from "../customer/phone-number.ts";
import { isJsonObject, textMember, type JsonValue } from "../json/json.ts";

/** Where a status names people: to whom it went, and of whom in a group it speaks. */
const PHONES = ["recipient_id", "recipient_participant_id"];
const USER_IDS = ["recipient_user_id", "recipient_participant_user_id"];

/** Everybody whom a status of Meta's names, by every address; nobody where it can't be read. */
export function peopleOfStatus(payload: string): Address[] {
  const status = read(payload);
  if (!isJsonObject(status)) return [];
  const named = (members: readonly string[]): string[] =>
    members.flatMap((member) => textMember(status, member) ?? []);
  return [
    ...named(PHONES).map((waId) => ({ kind: "phone" as const, phone: phoneOf(waId) ?? waId })),
    ...named(USER_IDS).map((user_id) => ({ kind: "user" as const, user_id })),
  ];
}

function read(payload: string): JsonValue {
  try {
    return JSON.parse(payload);
  } catch {
    return null;
  }
}
