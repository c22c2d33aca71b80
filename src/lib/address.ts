/**
 * Addresses: the customer or group that a conversation is with, by phone, by business-scoped user id
 * (BSUID) or by group id. A conversation's Durable Object is found by the address's name.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/business-scoped-user-ids
 */
import { phoneOf } from "./phone.ts";

/** The customer or group that a conversation is with, on one business number. */
export type Address =
  | { kind: "phone"; phone: string }
  | { kind: "user"; user_id: string }
  | { kind: "group"; group_id: string };

export function isSameAddress(one: Address, other: Address): boolean {
  return one.kind === other.kind && identityOf(one) === identityOf(other);
}

/**
 * The name of the conversation's Durable Object: `number:phone:CANONICAL`, `number:user:BSUID`
 * or `number:group:ID`. Different addresses never share a name.
 */
export function conversationName(phoneNumberId: string, address: Address): string {
  return [phoneNumberId, address.kind, identityOf(address)].map(escapePart).join(":");
}

/** The address as one text: canonical phone, BSUID or group id. */
export function identityOf(address: Address): string {
  switch (address.kind) {
    case "phone":
      return address.phone;
    case "user":
      return address.user_id;
    case "group":
      return address.group_id;
  }
}

/** What needs no escape. */
const PLAIN = /^[\w.]*$/;

// A lone surrogate has no UTF-8 form: without the escape, all of them would become the same name.
function escapePart(part: string): string {
  // Nearly every part is digits, and each message needs several names.
  if (PLAIN.test(part)) return part;
  return part.replace(/[%:\p{Cs}]/gu, (character) => `%${character.charCodeAt(0).toString(16)}`);
}

/** `CC.` and up to 128 letters and digits; a parent account's BSUID has `ENT.` in between. */
const BSUID = /^[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}$/;

const PARENT_BSUID = /^[A-Z]{2}\.ENT\./;

/** Whether this is a business-scoped user id, such as `MX.13491208655302741918`. */
export function isBsuid(value: string): boolean {
  return BSUID.test(value);
}

/** Whether a BSUID is a parent account's: the customer also has one of the account's own. */
export function isParentBsuid(userId: string): boolean {
  return PARENT_BSUID.test(userId);
}

/** An address of one person, not of a group. */
export type PersonAddress = Extract<Address, { kind: "phone" | "user" }>;

/** How Meta names a person in a pair of members such as `wa_id` and `user_id`. */
export type NamedPair = { wa_id: string | null; user_id: string | null };

/** The address that an identity of Meta's names; a BSUID may stand where a phone is expected. */
export function addressNamed(identity: string): PersonAddress {
  return isBsuid(identity)
    ? { kind: "user", user_id: identity }
    : { kind: "phone", phone: phoneOf(identity) ?? identity };
}

/** The pair, with a BSUID that Meta wrote in the phone's member moved to the BSUID's member. */
export function namedPair(waId: string | null, userId: string | null): NamedPair {
  return waId !== null && isBsuid(waId)
    ? { wa_id: null, user_id: userId ?? waId }
    : { wa_id: waId, user_id: userId };
}

/** The addresses that these identities name, each once. */
export function addressesNamed(identities: readonly (string | null)[]): PersonAddress[] {
  const phones: string[] = [];
  const userIds: string[] = [];
  for (const identity of identities) {
    if (identity === null) continue;
    const address = addressNamed(identity);
    if (address.kind === "phone") phones.push(address.phone);
    else userIds.push(address.user_id);
  }
  return [
    ...[...new Set(phones)].map((phone) => ({ kind: "phone" as const, phone })),
    ...[...new Set(userIds)].map((user_id) => ({ kind: "user" as const, user_id })),
  ];
}

/** The address of a conversation's row; null where it has none. */
export function addressOf({
  phone,
  user_id,
  group_id,
}: {
  phone: string | null;
  user_id: string | null;
  group_id: string | null;
}): Address | null {
  if (group_id !== null) return { kind: "group", group_id };
  if (phone !== null) return { kind: "phone", phone };
  return user_id === null ? null : { kind: "user", user_id };
}
