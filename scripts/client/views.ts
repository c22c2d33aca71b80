/** The members of the API's answers that the scripts look at. */
import * as v from "valibot";

const contact = v.object({
  wa_id: v.nullable(v.string()),
  phone: v.nullable(v.string()),
  user_id: v.nullable(v.string()),
  name: v.nullable(v.string()),
});

export const messageView = v.object({
  id: v.string(),
  conversation_id: v.string(),
  direction: v.string(),
  type: v.string(),
  status: v.string(),
  wamid: v.nullable(v.string()),
  phone_number_id: v.string(),
  contact,
  body: v.nullable(v.string()),
  context: v.nullable(v.object({ message_id: v.optional(v.string()) })),
  attachments: v.array(
    v.object({ mime_type: v.nullable(v.string()), url: v.nullable(v.string()) }),
  ),
  statuses: v.optional(v.array(v.object({ status: v.string() })), []),
});

export type MessageView = v.InferOutput<typeof messageView>;

export const conversationView = v.object({
  id: v.string(),
  status: v.string(),
  subject: v.string(),
  contact,
  unread_count: v.number(),
  session_window: v.object({ open: v.boolean(), expires_at: v.nullable(v.string()) }),
});

export type ConversationView = v.InferOutput<typeof conversationView>;

export const messagePage = v.object({ data: v.array(messageView) });

export const conversationPage = v.object({ data: v.array(conversationView) });

export const eventPage = v.object({
  data: v.array(v.object({ value: v.unknown(), received_at: v.string() })),
});

export const deadLetterPage = v.object({
  data: v.array(v.object({ id: v.string(), reason: v.string(), payload: v.unknown() })),
});
