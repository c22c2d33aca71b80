/**
 * "Mark messages as read" and the typing indicator, as Graph takes them.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/mark-message-as-read
 */
import * as v from "valibot";
import type { JsonObject } from "../../lib/json.ts";
import { exactly, looseObject, requiredText } from "../../lib/validate.ts";

/** Longer than any wamid. */
const MESSAGE_ID_MAX_CHARACTERS = 1024;

const entries = {
  messaging_product: v.optional(exactly("whatsapp")),
  status: exactly("read"),
  /** A wamid, or an id of ours. */
  message_id: requiredText(MESSAGE_ID_MAX_CHARACTERS),
  typing_indicator: v.optional(looseObject({ type: exactly("text") })),
};

export const readMarkSchema = looseObject(entries);

/** The members that we don't know, which go to Meta. */
export function unknownMembers(body: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(body).filter(([member]) => !Object.hasOwn(entries, member)),
  );
}
