/** What the API shows, as the page reads it. */
import type { ConversationView, LastMessageView } from "../../../src/api/conversations/schema.ts";
import type { MessageView } from "../../../src/api/messages/schema.ts";
import type { TemplateView } from "../../../src/api/templates/schema.ts";

/** The newest message of a conversation, for the list. */
export type LastMessage = LastMessageView;

export type Conversation = ConversationView;

export type Message = MessageView;

export type Attachment = MessageView["attachments"][number];

export type Template = TemplateView;

/** What the customer is called: a name, else the number, else the id that Meta gives. */
export function nameOf({ contact, subject }: Pick<Conversation, "contact" | "subject">): string {
  return contact.name ?? contact.phone ?? contact.username ?? contact.user_id ?? subject;
}
