/** Reads one status of a webhook body into an event. Pure. */
import { isBsuid, namedPair } from "../lib/address.ts";
import { isMessageId } from "../lib/ids.ts";
import { isJsonObject, type JsonObject, type JsonValue, textMember } from "../lib/json.ts";
import { isPhone } from "../lib/phone.ts";
import { parseMetaTimestamp } from "../lib/time.ts";
import { type MessageStatus, STATUS_BODY_VERSION } from "../store/message-status.ts";
import { type ChangeContext, pairOf } from "./contacts.ts";
import type { Unusable } from "./events.ts";

export function statusEvent(status: JsonValue, context: ChangeContext): MessageStatus | Unusable {
  if (!isJsonObject(status)) return { reason: "a status that is not an object" };
  const said = saidIn(status, context.receivedAt);
  if (said === null) return { reason: "a status without an id or a status" };
  if (context.phoneNumberId === null) {
    return { reason: "a status without metadata.phone_number_id" };
  }
  const people = peopleIn(status, context);
  return {
    version: STATUS_BODY_VERSION,
    phone_number_id: context.phoneNumberId,
    ...said,
    received_at: context.receivedAt,
    payload: JSON.stringify(status),
    ...(people.length === 0 ? {} : { people }),
  };
}

type Said = Pick<MessageStatus, "wamid" | "status" | "participant" | "at" | "message_id">;

/** What a status of Meta's says by itself; null if it lacks its id or its status. */
export function saidIn(status: JsonObject, receivedAt: number): Said | null {
  const wamid = textMember(status, "id");
  const value = textMember(status, "status");
  if (wamid === null || value === null) return null;
  const callback = textMember(status, "biz_opaque_callback_data");
  return {
    wamid,
    status: value,
    participant: participantOf(status),
    at: parseMetaTimestamp(status["timestamp"], receivedAt),
    // Each send gives its id to Meta.
    message_id: callback !== null && isMessageId(callback) ? callback : null,
  };
}

/** Members that name whom a status is about. */
const RECIPIENT = { id: "recipient_id", userId: "recipient_user_id" };
const PARTICIPANT = {
  id: "recipient_participant_id",
  userId: "recipient_participant_user_id",
};

/** One person's addresses, from the status and from its contact. */
function peopleIn(status: JsonObject, { contacts }: ChangeContext): string[] {
  const { id, userId } = isOfGroup(status) ? PARTICIPANT : RECIPIENT;
  const { wa_id, user_id } = namedPair(textMember(status, id), textMember(status, userId));
  const contact = contacts.of(wa_id, user_id);
  const named = contact === null ? null : pairOf(contact);
  const identities = [wa_id, named?.wa_id ?? null, user_id, named?.user_id ?? null];
  return identities.filter(
    (each, place): each is string => isIdentity(each) && identities.indexOf(each) === place,
  );
}

function isIdentity(text: string | null): boolean {
  return text !== null && (isPhone(text) || isBsuid(text));
}

function isOfGroup(status: JsonObject): boolean {
  return textMember(status, "recipient_type") === "group";
}

function participantOf(status: JsonObject): string {
  if (!isOfGroup(status)) return "";
  return textMember(status, PARTICIPANT.id) ?? textMember(status, PARTICIPANT.userId) ?? "";
}
