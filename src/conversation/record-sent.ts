/** What an object says of a send, into D1 and into the row at hand. */
import { errorMembers, log } from "../observability/log.ts";
import { dropUnspoken } from "../store/conversations.ts";
import type { Database } from "../store/database.ts";
import type { MessageRow } from "../store/messages.ts";
import { sendProjection } from "./conversation-projection.ts";
import type { Sent } from "./conversation-answer.ts";
import { recordChange } from "./record-change.ts";

/** Where D1 fails or hangs, the object's alarm does the same. */
export async function recordSent(
  env: Env,
  database: Database,
  claimedConversationId: string,
  sent: Sent,
): Promise<void> {
  try {
    await bringIntoD1(env, database, claimedConversationId, sent);
  } catch (error) {
    const { message_id } = sent.progress;
    log("error", "send_left_to_alarm", { message_id, ...errorMembers(error) });
  }
}

async function bringIntoD1(
  env: Env,
  database: Database,
  claimedConversationId: string,
  { conversation, events, progress, fallback }: Sent,
): Promise<void> {
  const sends = fallback === null ? [progress] : [progress, fallback];
  await recordChange(env, database, { conversation, events }, sends);
  if (conversation.id !== claimedConversationId) {
    await dropUnspoken(database, claimedConversationId);
  }
}

/** The row as D1 holds it once the progress is recorded. */
export function withProgress(
  row: MessageRow,
  { conversation, progress }: Pick<Sent, "conversation" | "progress">,
): MessageRow {
  const { state, wamid, error, failed_at, state_revision } = sendProjection(
    conversation.id,
    progress,
  );
  const { phone, wa_id, user_id, username, profile_name, read_up_to } = conversation;
  return {
    ...row,
    conversation_id: conversation.id,
    state,
    wamid: row.wamid ?? wamid,
    error,
    failed_at,
    state_revision,
    conversation: {
      ...row.conversation,
      phone,
      wa_id,
      user_id,
      username,
      profile_name,
      read_up_to,
    },
  };
}
