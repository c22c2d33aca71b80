/**
 * "Mark messages as read" and the typing indicator, as Graph takes them.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/mark-message-as-read
 */
import * as v from "valibot";
import { exactly, looseObject, requiredText } from "../../messages/schema-parts.ts";
import { requestObject } from "../request-object.ts";

/** Longer than any wamid of Meta's. */
const MESSAGE_ID_MAX_CHARACTERS = 1024;

export const readMarkSchema = requestObject({
  messaging_product: v.optional(exactly("whatsapp")),
  status: exactly("read"),
  /** A wamid, or an id of ours. */
  message_id: requiredText(MESSAGE_ID_MAX_CHARACTERS),
  typing_indicator: v.optional(looseObject({ type: exactly("text") })),
});
