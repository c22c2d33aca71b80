/** A status of the `messages` field as an event. */
import { isJsonObject, textMember, type JsonObject, type JsonValue } from "../json/json.ts";
import { STATUS_BODY_VERSION, type MessageStatus } from "../messages/message-status.ts";
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
  };
}

function participantOf(status: JsonObject): string {
  if (textMember(status, "recipient_type") !== "group") return "";
  return (
    textMember(status, "recipient_participant_id") ??
    textMember(status, "recipient_participant_user_id") ??
    ""
  );
}
