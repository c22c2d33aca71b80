/** What the API shows, as the page reads it. */
import type { ConversationView, LastMessageView } from "../../../src/api/conversations/schema.ts";
import type { MessageView } from "../../../src/api/messages/schema.ts";
import type { TemplatePreviewView, TemplateView } from "../../../src/api/templates/schema.ts";

/** The newest message of a conversation, for the list. */
export type LastMessage = LastMessageView;

export type Conversation = ConversationView;

export type Message = MessageView;

export type Attachment = MessageView["attachments"][number];

export type Template = TemplateView;

export type TemplatePreview = TemplatePreviewView;

/** Spaces, and characters that are not seen: customers fill their names with them too. */
const UNSEEN = /[\p{Z}\p{C}\p{Default_Ignorable_Code_Point}\u2800]/gu;

/** What the customer is called: a name that can be seen, else the number, else the id that Meta gives. */
export function nameOf({ contact, subject }: Pick<Conversation, "contact" | "subject">): string {
  const { name, phone, username, user_id } = contact;
  const isSeen = name !== null && name.replaceAll(UNSEEN, "") !== "";
  return (isSeen ? name : null) ?? phone ?? username ?? user_id ?? subject;
}
