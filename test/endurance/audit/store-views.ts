/** The members of the API's answers that an audit looks at. */
import * as v from "valibot";
import { conversationView, messageView } from "../../../scripts/client/views.ts";
import { conversationKey } from "./people.ts";

const storedConversation = v.object({
  ...conversationView.entries,
  phone_number_id: v.string(),
});

export type StoredConversation = v.InferOutput<typeof storedConversation>;

export const storedMessage = v.object({
  ...messageView.entries,
  created_at: v.string(),
});

export type StoredMessage = v.InferOutput<typeof storedMessage>;

const nextCursor = v.nullable(v.string());

export const storedConversationPage = v.object({
  data: v.array(storedConversation),
  next_cursor: nextCursor,
});

export const storedMessagePage = v.object({
  data: v.array(storedMessage),
  next_cursor: nextCursor,
});

const SEND_KEY = /\[send-\d+\]/;

/** What distinguishes an ordered send from others, if the text is of one. */
export function sendKeyIn(text: string | null): string | undefined {
  return SEND_KEY.exec(text ?? "")?.[0];
}

/** The key of a conversation by what the API says of it. */
export function keyOfStored({ phone_number_id, contact }: StoredConversation): string {
  return conversationKey(phone_number_id, contact.phone ?? contact.user_id ?? "nobody");
}
