/** Builds a conversation as the API shows it. */
import { isWindowOpen, windowExpiresAt } from "../../message/session-window.ts";
import type { ListedConversation } from "../../store/listed-conversation.ts";
import type { PersonView } from "../contacts/schema.ts";
import { timestamp, timestampOrNull } from "../schema.ts";
import type { ConversationView } from "./schema.ts";

export function conversationView(row: ListedConversation, now: number): ConversationView {
  const contact = contactView(row);
  const expiresAt = windowExpiresAt(row.last_customer_message_at);
  return {
    id: row.id,
    channel: "whatsapp",
    kind: row.kind,
    phone_number_id: row.phone_number_id,
    contact,
    owner: row.owner,
    assignee: row.assignee,
    subject: row.subject ?? subjectOf(contact, row.group_id),
    status: row.status,
    changed_by: row.changed_by,
    unread_count: row.unread_count,
    last_message_at: timestamp(row.last_message_at),
    last_customer_message_at: timestampOrNull(row.last_customer_message_at),
    waiting_since: timestampOrNull(row.waiting_since),
    session_window: {
      open: isWindowOpen(row.last_customer_message_at, now),
      expires_at: timestampOrNull(expiresAt),
    },
    created_at: timestamp(row.created_at),
    updated_at: timestamp(row.updated_at),
  };
}

/** The customer. The business's name for the person comes before the profile name. */
export function contactView(
  row: Pick<
    ListedConversation,
    "phone" | "wa_id" | "user_id" | "username" | "profile_name" | "contact_name"
  >,
): PersonView {
  return {
    wa_id: row.wa_id,
    phone: e164(row.phone),
    user_id: row.user_id,
    username: row.username,
    name: row.contact_name ?? row.profile_name,
  };
}

/** Null for an identity that is no phone number. */
export function e164(phone: string | null): string | null {
  return phone !== null && /^\d+$/.test(phone) ? `+${phone}` : null;
}

function subjectOf(contact: PersonView, groupId: string | null): string {
  const who = contact.name ?? contact.phone ?? contact.user_id ?? contact.wa_id ?? groupId;
  return `WhatsApp: ${who ?? "?"}`;
}
