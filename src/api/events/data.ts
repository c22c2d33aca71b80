/** The `data` of an event: what the event is about, as the API shows it at delivery. */
import { findAccountEvent } from "../../store/account-events.ts";
import { findConversation } from "../../store/conversations.ts";
import type { Database } from "../../store/d1.ts";
import { listStatuses, type MessageRow } from "../../store/messages.ts";
import { findMessage } from "../../store/find-message.ts";
import { findTemplateRow } from "../../store/templates.ts";
import type { SubscriberEvent } from "../../subscribers/event.ts";
import { conversationView } from "../conversations/view.ts";
import { messageView, statusView } from "../messages/view.ts";
import { accountEventView } from "../operator/view.ts";
import { timestamp } from "../schema.ts";
import { templateView } from "../templates/routes.ts";
import type { EventDataView } from "./schema.ts";

/** JSON text; null if what the event is about was erased. */
export async function eventData(
  database: Database,
  event: SubscriberEvent,
): Promise<string | null> {
  switch (event.type) {
    case "message.received": {
      const row = await findMessage(database, event.message_id);
      if (row === null) return null;
      // With the conversation, because a received message sends no `conversation.updated`.
      const conversation = await findConversation(database, row.conversation_id);
      if (conversation === null) return null;
      return JSON.stringify({
        message: messageView(row),
        conversation: conversationView(conversation, Date.now()),
      } satisfies EventDataView["message.received"]);
    }
    case "message.status": {
      const row = await findMessage(database, event.message_id);
      if (row === null) return null;
      return JSON.stringify({
        message: messageView(row),
        status: await reportedStatus(database, row, event),
      } satisfies EventDataView["message.status"]);
    }
    case "conversation.created":
    case "conversation.updated": {
      const conversation = await findConversation(database, event.conversation_id);
      if (conversation === null) return null;
      return JSON.stringify({
        conversation: conversationView(conversation, Date.now()),
        ...(event.type === "conversation.updated" && event.merged_id !== null
          ? { merged_id: event.merged_id }
          : {}),
      } satisfies EventDataView["conversation.updated"]);
    }
    case "template.updated": {
      const template = await findTemplateRow(database, event.name, event.language);
      return template === null
        ? null
        : JSON.stringify({
            template: templateView(template),
          } satisfies EventDataView["template.updated"]);
    }
    case "account.event": {
      const row = await findAccountEvent(database, event.event_id);
      return row === null ? null : `{"event":${accountEventView(row)}}`;
    }
  }
}

/** The status that the event reports, although the message may have a later one by now. */
async function reportedStatus(
  database: Database,
  { wamid, phone_number_id }: MessageRow,
  { status, participant, revision, at }: Extract<SubscriberEvent, { type: "message.status" }>,
) {
  const ours = { status, at: timestamp(at) };
  if (revision !== null || wamid === null) return ours;
  const recorded = await listStatuses(database, { wamid, phone_number_id });
  const reported = recorded.find((row) => row.status === status && row.participant === participant);
  return reported === undefined ? ours : statusView(reported);
}
