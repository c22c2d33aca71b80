import type { Address } from "../customer/address.ts";
import { addressesNamed } from "../customer/named-address.ts";
import { isJsonObject, textMember, type JsonValue } from "../json/json.ts";

/** Where a status names people: to whom it went, and of whom in a group it speaks. */
const NAMES = [
  "recipient_id",
  "recipient_participant_id",
  "recipient_user_id",
  "recipient_participant_user_id",
];

/** Everybody whom a status of Meta's names, by every address; nobody where it can't be read. */
export function peopleOfStatus(payload: string): Address[] {
  const status = read(payload);
  if (!isJsonObject(status)) return [];
  return addressesNamed(NAMES.map((member) => textMember(status, member)));
}

function read(payload: string): JsonValue {
  try {
    return JSON.parse(payload);
  } catch {
    return null;
  }
}
