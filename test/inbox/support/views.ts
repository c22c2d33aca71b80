/** Views as the API would show them, for tests that look at a few members. */
import type { Conversation, Message } from "../../../inbox/src/state/views.ts";

const AT = "2026-11-29T16:00:00.000Z";

const ANA = {
  wa_id: "5219982220001",
  phone: "+529982220001",
  user_id: null,
  username: null,
  name: "Ana López",
};

export function conversation(more: Partial<Conversation> = {}): Conversation {
  return {
    id: "conv_1",
    channel: "whatsapp",
    kind: "individual",
    phone_number_id: "106540352242922",
    contact: ANA,
    owner: null,
    assignee: null,
    subject: "WhatsApp: Ana López",
    status: "pending",
    changed_by: null,
    unread_count: 0,
    last_message_at: AT,
    last_customer_message_at: AT,
    waiting_since: null,
    session_window: { open: true, expires_at: "2026-11-30T16:00:00.000Z" },
    created_at: AT,
    updated_at: AT,
    ...more,
  };
}

export function message(more: Partial<Message> = {}): Message {
  return {
    id: "msg_1",
    conversation_id: "conv_1",
    direction: "outbound",
    type: "text",
    status: "sent",
    wamid: "wamid.1",
    phone_number_id: "106540352242922",
    contact: ANA,
    body: "Hola",
    content: { body: "Hola" },
    attachments: [],
    context: null,
    referral: null,
    reactions: [],
    edited: false,
    revoked: false,
    metadata: null,
    biz_opaque_callback_data: null,
    sent_by: "ana",
    error: null,
    pricing: null,
    resend_of: null,
    fallback_of: null,
    send_at: null,
    expires_at: null,
    created_at: AT,
    received_at: null,
    sent_at: null,
    delivered_at: null,
    read_at: null,
    failed_at: null,
    ...more,
  };
}
