/** The message that another one replies to, if it is loaded. */
import { loadedMessages, messageOf, peekMessage } from "./live.ts";
import type { Message } from "./views.ts";

/** Replies name their message by Meta's id, ours also by our own. */
export function lookUpQuoted(conversationId: string, reference: string): Message | null {
  const direct = peekMessage(conversationId, reference);
  const found =
    direct ?? loadedMessages(conversationId).find(({ wamid }) => wamid === reference) ?? null;
  return found === null ? null : messageOf(conversationId, found.id);
}
