/** How many conversations have unread messages, as the server counts them. */
import { signal } from "@preact/signals";
import { ask } from "./api.ts";

type Counts = { unread: number };

export const unreadConversations = signal(0);

export async function refreshCounts(): Promise<void> {
  const answer = await ask<Counts>("GET", "counts");
  if (answer.kind === "ok") unreadConversations.value = answer.body.unread;
}
