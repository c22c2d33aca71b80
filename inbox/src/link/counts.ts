/** How many conversations have unread messages, as the server counts them. */
import { signal } from "@preact/signals";
import type { CountsView } from "../../../src/api/conversations/schema.ts";
import { ask } from "./api.ts";

export const unreadConversations = signal(0);

export async function refreshCounts(): Promise<void> {
  const answer = await ask<CountsView>("GET", "counts");
  if (answer.kind === "ok") unreadConversations.value = answer.body.unread;
}
