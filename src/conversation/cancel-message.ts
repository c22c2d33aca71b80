/** Takes a message back that has not left yet. */
import type { Database } from "../store/database.ts";
import type { MessageRow } from "../store/messages.ts";
import { callConversation } from "./call-conversation.ts";
import { recordSent, withProgress } from "./record-sent.ts";

/** The message as it stands afterwards: canceled, or what it had become before. Null if it is erased. */
export async function cancelMessage(
  env: Env,
  database: Database,
  row: MessageRow,
): Promise<MessageRow | null> {
  if (row.direction === "inbound") return row;
  const id = env.CONVERSATION.idFromString(row.conversation_id);
  const sent = await callConversation(env.CONVERSATION, id, (stub) => stub.cancel(row.id));
  if (sent === null) {
    const fate = await callConversation(env.CONVERSATION, id, (stub) =>
      stub.fateOf(row.id, row.created_at),
    );
    return fate === "not_erased" ? row : null;
  }
  await recordSent(env, database, row.conversation_id, sent);
  return withProgress(row, sent);
}
