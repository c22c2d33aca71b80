/** A conversation as the API shows it. */
import * as v from "valibot";
import { personSchema } from "../contacts/schema.ts";
import { count, described, textOrNull, time, timeOrNull } from "../schema.ts";

const lastMessageSchema = v.strictObject({
  id: v.string(),
  direction: v.picklist(["inbound", "outbound"]),
  type: v.string(),
  body: described(v.string(), "Display text, as in the message."),
  status: described(v.string(), "As in the message."),
  revoked: v.boolean(),
  sent_by: textOrNull("Who sent it, where it is ours."),
  created_at: time("As in the message."),
});

export const conversationSchema = v.strictObject({
  id: v.string(),
  channel: v.literal("whatsapp"),
  kind: v.picklist(["individual", "group"]),
  phone_number_id: described(v.string(), "The business number's id at Meta."),
  contact: personSchema,
  owner: textOrNull("The id that your own system has for this person."),
  assignee: textOrNull(
    "Who of the staff looks after it, by the name in `sent_by`; null for nobody.",
  ),
  subject: described(v.string(), "`WhatsApp: ` and the name, phone or user id, until patched."),
  status: described(
    v.picklist(["pending", "active", "closed"]),
    "New ones are pending; a free-form reply makes them active; a customer's message reopens a closed one as pending.",
  ),
  changed_by: textOrNull(
    "The name of the API token that last changed status, owner, assignee or subject.",
  ),
  unread_count: count("Customer messages after the read mark."),
  last_message_at: time("The time of the newest message, by Meta's clock."),
  last_customer_message_at: timeOrNull("Null if the customer never wrote."),
  waiting_since: timeOrNull(
    "The time of the first unread message since the last free-form reply, while nobody has answered it; null in a closed conversation.",
  ),
  session_window: described(
    v.strictObject({
      open: v.boolean(),
      expires_at: timeOrNull("24 hours after the newest customer message; null without one."),
    }),
    "While it is open, any message may be sent; otherwise only templates.",
  ),
  created_at: time("When the conversation began."),
  updated_at: time("When the conversation last changed."),
  last_message: v.optional(
    described(
      v.nullable(lastMessageSchema),
      "With `include=last_message`: the newest message that is no reaction, edit or revoke; null if there is none.",
    ),
  ),
});

/** `GET /v1/counts`. */
export const countsSchema = v.strictObject({
  open: count("Pending or active. Each is counted to 100 and no further."),
  pending: count("With status pending."),
  active: count("With status active."),
  closed: count("With status closed."),
  waiting: count("Whose customer waits for an answer."),
  mine: count("Open ones that are assigned to the caller."),
  unread: count("With unread messages, whatever the status."),
});

export type LastMessageView = v.InferOutput<typeof lastMessageSchema>;

export type CountsView = v.InferOutput<typeof countsSchema>;

export type ConversationView = v.InferOutput<typeof conversationSchema>;
