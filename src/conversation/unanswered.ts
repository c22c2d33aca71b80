/** Since when a customer waits for an answer: pure. */
import { inboundEffect } from "../message/inbound-effect.ts";
import type { InboundMessage } from "../message/inbound-message.ts";
import { isFreeForm, isReaction, type OutgoingMessage } from "../message/outgoing-message.ts";

/** The members of a conversation's state that say it. */
type Waiting = {
  status: "pending" | "active" | "closed";
  waiting_since: number | null;
  last_customer_message_at: number | null;
};

/**
 * After a new message. The first unread one since the last answer begins the wait, by Meta's time and in any
 * order of arrival. What the business wrote on its own phone ends it.
 */
export function waitingAfter(
  state: Waiting,
  message: Pick<InboundMessage, "type" | "direction" | "address" | "at">,
  isUnread: boolean,
): number | null {
  const { status, waiting_since } = state;
  if (message.direction === "outbound") {
    const isAnswer = inboundEffect(message).movesLastMessage && isFreeForm(message);
    return isAnswer ? waitingBehind(state, message.at) : waiting_since;
  }
  if (!isUnread) return waiting_since;
  // What staff closed needed no answer: the customer begins anew.
  const isOn = waiting_since !== null && status !== "closed";
  return isOn ? Math.min(waiting_since, message.at) : message.at;
}

/** After Meta took a message of ours: a reaction or a reminder by template is no answer. */
export function waitingAfterSent(
  { waiting_since }: Waiting,
  message: Pick<OutgoingMessage, "type">,
): number | null {
  return isFreeForm(message) && !isReaction(message) ? null : waiting_since;
}

/** Of two conversations that become one: who waits in either still waits. */
export function waitingOfBoth(one: number | null, other: number | null): number | null {
  return one === null || other === null ? (one ?? other) : Math.min(one, other);
}

/** Nobody waits in a closed conversation; once it is opened again, they wait as before. */
export function waitingShown({ status, waiting_since }: Waiting): number | null {
  return status === "closed" ? null : waiting_since;
}

/** An echo that arrives late answers nothing that was written after it. */
function waitingBehind(
  { waiting_since, last_customer_message_at }: Waiting,
  answeredAt: number,
): number | null {
  if (waiting_since === null) return null;
  return (
    [waiting_since, last_customer_message_at].find((at) => at !== null && at > answeredAt) ?? null
  );
}
