/** A conversation as the API shows it. */
import * as v from "valibot";
import { personSchema } from "../contacts/schema.ts";
import { count, described, textOrNull, time, timeOrNull } from "../schema.ts";

export const conversationSchema = v.strictObject({
  id: v.string(),
  channel: v.literal("whatsapp"),
  kind: v.picklist(["individual", "group"]),
  phone_number_id: described(v.string(), "The business number's id at Meta."),
  contact: personSchema,
  owner: textOrNull("The id that your own system has for this person."),
  subject: described(v.string(), "`WhatsApp: ` and the name, phone or user id, until patched."),
  status: described(
    v.picklist(["pending", "active", "closed"]),
    "New ones are pending; a free-form reply makes them active; a customer's message reopens a closed one as pending.",
  ),
  changed_by: textOrNull("The name of the API token that last changed status, owner or subject."),
  unread_count: count("Customer messages after the read mark."),
  last_message_at: time("The time of the newest message, by Meta's clock."),
  last_customer_message_at: timeOrNull("Null if the customer never wrote."),
  session_window: described(
    v.strictObject({
      open: v.boolean(),
      expires_at: timeOrNull("24 hours after the newest customer message; null without one."),
    }),
    "While it is open, any message may be sent; otherwise only templates.",
  ),
  created_at: time("When the conversation began."),
  updated_at: time("When the conversation last changed."),
});

export type ConversationView = v.InferOutput<typeof conversationSchema>;
