/** A status of the `messages` field as an event. */
import { isBsuid } from "../customer/bsuid.ts";
import { namedPair } from "../customer/named-address.ts";
import { phoneOf } from "../customer/phone-number.ts";
import { isJsonObject, textMember, type JsonObject, type JsonValue } from "../json/json.ts";
import { STATUS_BODY_VERSION, type MessageStatus } from "../messages/message-status.ts";
import { pairOf } from "./contacts.ts";
import type { ChangeContext } from "./split-events.ts";
import { parseTimestamp } from "./timestamp.ts";
import type { Unusable } from "./webhook-events.ts";

/** Our own message ids, handed to Meta with each send. */
const MESSAGE_ID = /^msg_[0-9a-f]{32}$/;

export function statusEvent(status: JsonValue, context: ChangeContext): MessageStatus | Unusable {
  if (!isJsonObject(status)) return { reason: "a status that is not an object" };
  const wamid = textMember(status, "id");
  const value = textMember(status, "status");
  if (wamid === null || value === null) {
    return { reason: "a status without an id or a status" };
  }
  if (context.phoneNumberId === null) {
    return { reason: "a status without metadata.phone_number_id" };
  }
  const people = peopleIn(status, context);
  const callback = textMember(status, "biz_opaque_callback_data");
  return {
    version: STATUS_BODY_VERSION,
    phone_number_id: context.phoneNumberId,
    wamid,
    status: value,
    participant: participantOf(status),
    at: parseTimestamp(status["timestamp"], context.receivedAt),
    received_at: context.receivedAt,
    message_id: callback !== null && MESSAGE_ID.test(callback) ? callback : null,
    payload: JSON.stringify(status),
    ...(people.length === 0 ? {} : { people }),
  };
}

/** One person's addresses: what the status names and what the contact beside it does. */
function peopleIn(status: JsonObject, { contacts }: ChangeContext): string[] {
  const whose = isOfGroup(status) ? "recipient_participant" : "recipient";
  const { wa_id, user_id } = namedPair(
    textMember(status, `${whose}_id`),
    textMember(status, `${whose}_user_id`),
  );
  const contact = contacts.of(wa_id, user_id);
  const named = contact === null ? null : pairOf(contact);
  const identities = [wa_id, named?.wa_id ?? null, user_id, named?.user_id ?? null];
  return [...new Set(identities.filter((each) => each !== null))].filter(isIdentity);
}

function isIdentity(text: string): boolean {
  return phoneOf(text) !== null || isBsuid(text);
}

function isOfGroup(status: JsonObject): boolean {
  return textMember(status, "recipient_type") === "group";
}

function participantOf(status: JsonObject): string {
  if (!isOfGroup(status)) return "";
  return (
    textMember(status, "recipient_participant_id") ??
    textMember(status, "recipient_participant_user_id") ??
    ""
  );
}
