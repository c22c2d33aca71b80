/** What an object says of a send, into D1 and into the row at hand. */
import { waitUntil } from "cloudflare:workers";
import { errorMembers, log } from "../log.ts";
import { dropUnspoken } from "../store/conversations.ts";
import type { Database } from "../store/database.ts";
import type { MessageRow } from "../store/messages.ts";
import { project } from "../store/projection.ts";
import { sendProjection } from "./conversation-projection.ts";
import type { Sent } from "./conversation.ts";

/** Where D1 fails, the object's alarm does the same. */
export async function recordSent(
  env: Env,
  database: Database,
  claimedConversationId: string,
  { conversation, progress, fallback }: Sent,
): Promise<void> {
  const sends = fallback === null ? [progress] : [progress, fallback];
  try {
    await project(database, {
      conversations: [conversation],
      messages: [],
      sends: sends.map((each) => sendProjection(conversation.id, each)),
    });
    if (conversation.id !== claimedConversationId) {
      await dropUnspoken(database, claimedConversationId);
    }
    const stub = env.CONVERSATION.get(env.CONVERSATION.idFromString(conversation.id));
    waitUntil(stub.settle({ version: conversation.version, wamids: [], sends }));
  } catch (error) {
    log("error", "send_left_to_alarm", { message_id: progress.message_id, ...errorMembers(error) });
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
