/** `include=last_message`: conversations with the newest message of each. */
import type { ListedConversation } from "../../store/listed-conversation.ts";
import type { Database } from "../../store/d1.ts";
import { type LastMessageRow, lastMessages } from "../../store/last-messages.ts";
import { statusOf } from "../messages/view.ts";
import { timestamp } from "../schema.ts";
import type { ConversationView, LastMessageView } from "./schema.ts";
import { conversationView } from "./view.ts";

export async function viewsWithLastMessage(
  database: Database,
  rows: readonly ListedConversation[],
  now: number,
): Promise<ConversationView[]> {
  const ids = rows.map(({ id }) => id);
  const newest = await lastMessages(database, ids);
  return rows.map((row) => {
    const message = newest.get(row.id);
    const last_message = message === undefined ? null : lastMessageView(message, row);
    return { ...conversationView(row, now), last_message };
  });
}

function lastMessageView(
  row: LastMessageRow,
  conversation: Pick<ListedConversation, "read_up_to">,
): LastMessageView {
  const { id, direction, type, sent_by } = row;
  return {
    id,
    direction,
    type,
    body: row.edited_body ?? row.body,
    status: statusOf({ ...row, conversation }),
    revoked: row.revoked_at !== null,
    sent_by,
    created_at: timestamp(row.created_at),
  };
}
