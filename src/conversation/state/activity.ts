/** The state of a conversation after messages, calls and read marks. Pure. */
import { isSameMessage, tailOf } from "../../lib/ids.ts";
import { inboundEffect } from "../../message/inbound-effect.ts";
import type { InboundMessage } from "../../message/inbound-message.ts";
import { isFreeForm, isReaction, type OutgoingMessage } from "../../message/outgoing-message.ts";
import { reportedByMessage } from "../../message/reported-identity.ts";
import { addressesOf, withAddress } from "./addresses.ts";
import { afterSend } from "./pair-rate.ts";
import { withFacts, withReportedPhones } from "./person.ts";
import type { ConversationState } from "./state.ts";
import { waitingAfter, waitingAfterFailed, waitingAfterSent } from "./unanswered.ts";

/** The state after a message not seen before. */
export function withInbound(state: ConversationState, message: InboundMessage): ConversationState {
  const effect = inboundEffect(message);
  const isNew = isUnread(state, message);
  return {
    ...withPerson(state, message),
    ...waitingAfter(state, message, isNew),
    status: effect.reopens && state.status === "closed" ? "pending" : state.status,
    unread_count: state.unread_count + (isNew ? 1 : 0),
    newest_id: message.id > state.newest_id ? message.id : state.newest_id,
    last_message_at: effect.movesLastMessage
      ? Math.max(state.last_message_at, message.at)
      : state.last_message_at,
    last_customer_message_at: effect.opensWindow
      ? Math.max(state.last_customer_message_at ?? 0, message.at)
      : state.last_customer_message_at,
  };
}

/**
 * Whether a new message is unread: its id is after the read mark, since within a second a new message
 * is placed behind all read ones. The message at the mark itself may come again after `prune` forgot it.
 */
export function isUnread({ read_up_to }: ConversationState, message: InboundMessage): boolean {
  const after = message.id > read_up_to && !isSameMessage(message.id, read_up_to);
  return after && inboundEffect(message).countsAsUnread;
}

/** The state after the customer called. */
export function withCall(state: ConversationState, at: number): ConversationState {
  return {
    ...state,
    last_customer_message_at: Math.max(state.last_customer_message_at ?? 0, at),
  };
}

/** The state after staff read up to a message; the mark never moves backwards. */
export function withRead(
  state: ConversationState,
  upTo: string,
  unread: number,
): ConversationState {
  const read_up_to = upTo > state.read_up_to ? upTo : state.read_up_to;
  const stands = read_up_to === state.read_up_to && unread === state.unread_count;
  return stands ? state : { ...state, read_up_to, unread_count: unread };
}

/** The state after Meta took (or may have taken) a message of ours. */
export function withSent(
  state: ConversationState,
  sent: { at: number; message: Pick<OutgoingMessage, "id" | "type"> },
): ConversationState {
  return {
    ...state,
    ...waitingAfterSent(state, sent.message),
    status: isFreeForm(sent.message) && !isReaction(sent.message) ? "active" : state.status,
    last_message_at: isReaction(sent.message)
      ? state.last_message_at
      : Math.max(state.last_message_at, sent.at),
  };
}

/** The state after Meta reported that a message of ours failed; the same object if nothing follows from it. */
export function withFailed(state: ConversationState, messageId: string): ConversationState {
  return state.answered_by.includes(tailOf(messageId))
    ? { ...state, ...waitingAfterFailed(state, messageId) }
    : state;
}

/** The state when a message leaves: its pair rate is spent whatever Meta answers. */
export function withPairRateSpent(state: ConversationState, now: number): ConversationState {
  return { ...state, pair_rate_at: afterSend(state.pair_rate_at, now) };
}

/** In a group every member writes: no member's name becomes the group's. */
function withPerson(state: ConversationState, message: InboundMessage): ConversationState {
  if (message.address.kind === "group") return state;
  const person = { ...message.person };
  const reported = reportedByMessage(message);
  const linked = reported.addresses.reduce(withAddress, state);
  for (const address of message.changed_to) {
    if (address.kind === "phone") person.wa_id = address.phone;
    if (address.kind === "user") person.user_id = address.user_id;
  }
  return {
    ...linked,
    phones: withReportedPhones(state.phones, reported, addressesOf(linked)),
    person: withFacts(state.person, person, message.id),
  };
}
