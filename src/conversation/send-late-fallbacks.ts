/**
 * Meta may accept a message and say only later, in a status, that the session window was closed.
 * The message's fallback goes out then, once: its row in D1 is unique, however often Meta says it.
 */
import type { MessageStatus } from "../messages/message-status.ts";
import { createDatabase } from "../store/database.ts";
import { listDueFallbacks } from "../store/fallbacks.ts";
import { callConversation } from "./call-conversation.ts";
import { fallbackOf, WINDOW_CLOSED_CODE } from "./fallback-message.ts";
import type { OutgoingMessage } from "./outgoing-message.ts";

/** For statuses that stand in D1; throws what D1 or an object throws, and may be repeated. */
export async function sendLateFallbacks(
  env: Env,
  statuses: readonly MessageStatus[],
): Promise<void> {
  const failed = statuses.filter(({ status }) => status === "failed");
  if (failed.length === 0) return;
  const due = await listDueFallbacks(
    createDatabase(env.DB),
    failed.map(({ wamid, phone_number_id }) => ({ wamid, phone_number_id })),
    WINDOW_CLOSED_CODE,
  );
  const now = Date.now();
  for (const { conversation_id, send_options } of due) {
    const outgoing: OutgoingMessage = JSON.parse(send_options);
    const fallback = fallbackOf(outgoing, now);
    if (fallback === null) continue;
    const id = env.CONVERSATION.idFromString(conversation_id);
    await callConversation(env.CONVERSATION, id, (stub) => stub.enqueue([fallback], null));
  }
}
