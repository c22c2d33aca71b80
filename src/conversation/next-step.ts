/** What to do with the first message of an outbox: pure, so that every order of events can be tried. */
import type { ConversationState } from "./conversation-state.ts";
import type { QueuedMessage } from "./outbox.ts";
import { isFreeForm } from "./outgoing-message.ts";
import { nextSendAt } from "./pair-rate.ts";
import { isWindowOpen } from "./session-window.ts";

export type NextStep =
  | { kind: "call" }
  | { kind: "wait"; until: number; reason: "back_off" | "pair_rate" }
  | { kind: "refuse"; reason: "expired" | "window_closed" | "pair_rate" };

export function nextStep(
  { message, due_at }: QueuedMessage,
  state: ConversationState,
  now: number,
): NextStep {
  if (now >= message.expires_at) return { kind: "refuse", reason: "expired" };
  if (due_at > now) return { kind: "wait", until: due_at, reason: "back_off" };
  if (
    isFreeForm(message) &&
    message.window === "ours" &&
    // A group has no session window.
    state.address.kind !== "group" &&
    !isWindowOpen(state.last_customer_message_at, now)
  ) {
    return { kind: "refuse", reason: "window_closed" };
  }
  const paceAllowsAt = nextSendAt(state.pair_rate_at);
  if (paceAllowsAt <= now) return { kind: "call" };
  return message.wait
    ? { kind: "wait", until: paceAllowsAt, reason: "pair_rate" }
    : { kind: "refuse", reason: "pair_rate" };
}
