/** Reads one message or echo of a webhook body into an event. Pure. */
import { type Address, addressNamed, isBsuid, namedPair } from "../lib/address.ts";
import {
  isJsonObject,
  type JsonObject,
  type JsonValue,
  objectMember,
  textMember,
} from "../lib/json.ts";
import { parseMetaTimestamp } from "../lib/time.ts";
import type { Person } from "../message/inbound-message.ts";
import { type ChangeContext, type Contacts, ID_MAX_CHARACTERS, pairOf } from "./contacts.ts";
import type { MessageEvent, Unusable } from "./events.ts";

const UNKNOWN_TYPE = "unknown";

/**
 * A row in D1 has at most 2 MB. A message's row has its payload, its display text and the text of its
 * newest edit, each up to 3 bytes a character, and names.
 */
const MESSAGE_LIMIT_CHARACTERS = 200_000;

/** As JSON, many times WhatsApp's longest names: each of a body's thousand messages repeats them. */
const NAMES_MAX_CHARACTERS = 10_000;

const NO_OBJECT: Unusable = { reason: "a message that is not an object" };

export function messageEvent(message: JsonValue, context: ChangeContext): MessageEvent | Unusable {
  return isJsonObject(message)
    ? eventOf(message, "inbound", membersOf(message, "from"), context)
    : NO_OBJECT;
}

/** An echo names the business in `from` and the customer in `to`; recordings show both swapped. */
export function echoEvent(echo: JsonValue, context: ChangeContext): MessageEvent | Unusable {
  if (!isJsonObject(echo)) return NO_OBJECT;
  const to = textMember(echo, "to");
  const toBusiness =
    to !== null && !isBsuid(to) && digits(to) === digits(context.displayPhoneNumber ?? "");
  return eventOf(echo, "outbound", membersOf(echo, toBusiness ? "from" : "to"), context);
}

/** The customer's ids in a message's own members, without the contact. */
type OwnMembers = Pick<Person, "wa_id" | "user_id" | "parent_user_id">;

function membersOf(message: JsonObject, side: "from" | "to"): OwnMembers {
  const userId = textMember(message, `${side}_user_id`);
  return {
    ...namedPair(textMember(message, side), userId),
    parent_user_id: textMember(message, `${side}_parent_user_id`),
  };
}

function eventOf(
  message: JsonObject,
  direction: MessageEvent["direction"],
  own: OwnMembers,
  context: ChangeContext,
): MessageEvent | Unusable {
  const wamid = textMember(message, "id");
  if (wamid === null) return { reason: "a message without an id" };
  if (context.phoneNumberId === null) {
    return { reason: "a message without metadata.phone_number_id" };
  }
  const person = personOf(message, own, context.contacts);
  const address = addressOf(message, person);
  if (address === null) {
    return { reason: "a message from nobody: no from, user id or contact" };
  }
  const changed_to = changedTo(message, person);
  const payload = JSON.stringify(message);
  if (payload.length > MESSAGE_LIMIT_CHARACTERS || isTooLong(person, [address, ...changed_to])) {
    return { reason: "a message larger than a row" };
  }
  const type = textMember(message, "type") ?? UNKNOWN_TYPE;
  return {
    wamid,
    phone_number_id: context.phoneNumberId,
    direction,
    type,
    at: parseMetaTimestamp(message["timestamp"], context.receivedAt),
    received_at: context.receivedAt,
    address,
    person,
    changed_to,
    target_wamid: targetOf(message, type),
    payload,
  };
}

/** A conversation's state keeps both the person and the addresses. */
function isTooLong({ username, name, ...ids }: Person, addresses: readonly Address[]): boolean {
  const all = [...Object.values(ids), ...addresses.map((address) => JSON.stringify(address))];
  return (
    all.some((id) => id !== null && id.length > ID_MAX_CHARACTERS) ||
    JSON.stringify([username, name]).length > NAMES_MAX_CHARACTERS
  );
}

function personOf(message: JsonObject, own: OwnMembers, contacts: Contacts): Person {
  const system = objectMember(message, "system");
  const changed = textMember(system, "previous_user_id");
  const waId = own.wa_id;
  const userId =
    own.user_id ??
    changed ??
    // A system message about a changed BSUID may contain no other id.
    (waId === null ? textMember(system, "user_id") : null);
  const contact = contacts.of(waId, userId);
  const profile = objectMember(contact, "profile");
  const named = contact === null ? null : pairOf(contact);
  return {
    wa_id: waId ?? named?.wa_id ?? null,
    user_id: userId ?? named?.user_id ?? null,
    parent_user_id: own.parent_user_id ?? textMember(contact, "parent_user_id"),
    // D1 stores a lone surrogate as three characters.
    username: textMember(profile, "username")?.toWellFormed() ?? null,
    name: textMember(profile, "name")?.toWellFormed() ?? null,
  };
}

function addressOf(message: JsonObject, person: Person): Address | null {
  const groupId = textMember(message, "group_id");
  if (groupId !== null) return { kind: "group", group_id: groupId };
  if (person.wa_id !== null) return addressNamed(person.wa_id);
  return person.user_id === null ? null : { kind: "user", user_id: person.user_id };
}

/** The sender's new addresses, from `user_changed_number` and `user_changed_user_id`. */
function changedTo(message: JsonObject, person: Person): Address[] {
  const system = objectMember(message, "system");
  const waId = textMember(system, "wa_id") ?? textMember(system, "new_wa_id");
  const userId = textMember(system, "user_id");
  return [
    ...(waId === null || waId === person.wa_id ? [] : [addressNamed(waId)]),
    ...(userId === null ? [] : [{ kind: "user" as const, user_id: userId }]),
  ];
}

function targetOf(message: JsonObject, type: string): string | null {
  const about = objectMember(message, type);
  switch (type) {
    case "reaction":
      return textMember(about, "message_id");
    case "edit":
    case "revoke":
      return textMember(about, "original_message_id");
    default:
      return null;
  }
}

function digits(phone: string): string {
  return phone.replaceAll(/\D/g, "");
}
