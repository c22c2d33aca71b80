/**
 * The body of the call to Meta that sends a message. Pure.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages
 */
import {
  isJsonObject,
  type JsonObject,
  type JsonValue,
  objectMember,
  parseJson,
} from "../../lib/json.ts";
import { withoutOwnIds } from "../../message/files.ts";
import type { Dial, OutgoingMessage } from "../../message/outgoing-message.ts";
import type { ConversationState } from "../state/state.ts";

/**
 * The body of the call. `biz_opaque_callback_data` carries the message's own id: if Meta's answer is lost,
 * only the id in the statuses identifies the send.
 */
export function graphMessage(message: OutgoingMessage, state: ConversationState): JsonObject {
  const beside = besideOf(message);
  return {
    ...beside,
    messaging_product: "whatsapp",
    ...recipientMembers(message.dial ?? dialOf(state)),
    ...(message.reply_to === null
      ? {}
      : { context: { ...objectMember(beside, "context"), message_id: message.reply_to } }),
    type: message.type,
    [message.type]: contentOf(message),
    biz_opaque_callback_data: message.id,
  };
}

function besideOf({ beside }: OutgoingMessage): JsonObject {
  const members = parseJson(beside ?? "{}");
  return isJsonObject(members) ? members : {};
}

function contentOf(message: OutgoingMessage): JsonValue {
  const content: JsonValue = parseJson(message.content);
  return message.files === undefined ? content : withoutOwnIds(message.type, content);
}

/** The recipient of the conversation: the phone as Meta spells it, otherwise the BSUID. */
function dialOf(state: ConversationState): Dial {
  const { address, person } = state;
  switch (address.kind) {
    case "phone":
      return { to: `+${(person.wa_id?.value ?? address.phone).replace(/^\+/, "")}` };
    case "user":
      return { recipient: person.user_id?.value ?? address.user_id };
    case "group":
      return { group: address.group_id };
  }
}

function recipientMembers(dial: Dial): JsonObject {
  if ("group" in dial) return { recipient_type: "group", to: dial.group };
  return { recipient_type: "individual", ...dial };
}
