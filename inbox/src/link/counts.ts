/** How many conversations there are of each kind, as the server counts them: to 100. */
import { computed, signal } from "@preact/signals";
import type { CountsView } from "../../../src/api/conversations/schema.ts";
import { Kinds } from "../state/kinds.ts";
import { ask } from "./api.ts";
import { whenChanged } from "./changes.ts";
import { type Loop, untilDone } from "./loop.ts";
import { paced } from "./paced.ts";

export const counts = signal<CountsView | null>(null);

export const unreadConversations = computed(() => counts.value?.unread ?? 0);

let loop: Loop | null = null;

export const refreshCounts = paced(() => {
  loop?.stop();
  loop = untilDone(async () => {
    const answer = await ask<CountsView>("GET", "counts");
    if (answer.kind === "ok") counts.value = answer.body;
    return answer.kind === "ok" || answer.kind === "signed_out";
  });
});

const kinds = new Kinds();

/** All open pages hear of each change: each would ask at every tick of a message. */
whenChanged({
  changed({ conversations, gone }) {
    if (kinds.take(conversations) || gone.length > 0) refreshCounts();
  },
  reset() {
    kinds.forget();
    refreshCounts();
  },
});

/** At sign-out. */
export function forgetCounts(): void {
  loop?.stop();
  counts.value = null;
  kinds.forget();
}
