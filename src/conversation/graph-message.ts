/**
 * A message as the Cloud API takes it.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages
 */
import { isJsonObject, objectMember, type JsonObject, type JsonValue } from "../json/json.ts";
import { withoutOwnIds } from "../messages/file-references.ts";
import { parseJson } from "../json/parse-json.ts";
import type { ConversationState } from "./conversation-state.ts";
import type { Dial, OutgoingMessage } from "./outgoing-message.ts";

/** Our id goes along as `biz_opaque_callback_data`: the only thread to a send whose answer is lost. */
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

/** Where the conversation's customer is reached: the number as Meta spells it, before the BSUID. */
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
