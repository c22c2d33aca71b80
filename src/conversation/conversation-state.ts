/**
 * What a conversation object knows of its conversation, and how that moves: pure functions from
 * state to state. Every change raises `version`, by which D1 tells newer from older.
 */
import type { Address } from "../customer/address.ts";
import { inboundEffect } from "./inbound-effect.ts";
import type { InboundMessage } from "./inbound-message.ts";
import { NOBODY, withDialedWaId, withFacts, type KnownPerson } from "./known-person.ts";
import { isFreeForm, isReaction, type OutgoingMessage } from "./outgoing-message.ts";
import { afterSend } from "./pair-rate.ts";

export type ConversationStatus = "pending" | "active" | "closed";

export type ConversationState = {
  phone_number_id: string;
  address: Address;
  person: KnownPerson;
  status: ConversationStatus;
  unread_count: number;
  /** Message id of the read mark; messages with greater ids are unread. */
  read_up_to: string;
  last_message_at: number;
  last_customer_message_at: number | null;
  /** Pair rate: theoretical arrival time of the next message out. */
  pair_rate_at: number;
  /** The person's BSUIDs whose own objects point here. */
  linked_user_ids: readonly string[];
  /** Those whose objects do not point here yet. */
  unlinked_user_ids: readonly string[];
  version: number;
  created_at: number;
  updated_at: number;
};

export function newConversation(
  phoneNumberId: string,
  address: Address,
  now: number,
): ConversationState {
  return {
    phone_number_id: phoneNumberId,
    address,
    person: NOBODY,
    status: "pending",
    unread_count: 0,
    read_up_to: "",
    // Nothing was said yet: any message, however old, moves it.
    last_message_at: 0,
    last_customer_message_at: null,
    pair_rate_at: 0,
    linked_user_ids: [],
    unlinked_user_ids: [],
    version: 0,
    created_at: now,
    updated_at: now,
  };
}

/** The state after a message not seen before. */
export function withInbound(state: ConversationState, message: InboundMessage): ConversationState {
  const effect = inboundEffect(message);
  const unread = effect.countsAsUnread && message.id > state.read_up_to;
  return {
    ...withPerson(state, message),
    status: effect.reopens && state.status === "closed" ? "pending" : state.status,
    unread_count: state.unread_count + (unread ? 1 : 0),
    last_message_at: effect.movesLastMessage
      ? Math.max(state.last_message_at, message.at)
      : state.last_message_at,
    last_customer_message_at: effect.opensWindow
      ? Math.max(state.last_customer_message_at ?? 0, message.at)
      : state.last_customer_message_at,
  };
}

/** The state after staff read up to a message; the mark never moves backwards. */
export function withRead(
  state: ConversationState,
  upTo: string,
  unreadAfter: number,
): ConversationState {
  return upTo <= state.read_up_to
    ? state
    : { ...state, read_up_to: upTo, unread_count: unreadAfter };
}

/** The state after Meta took (or may have taken) a message of ours. */
export function withSent(
  state: ConversationState,
  sent: { at: number; message: Pick<OutgoingMessage, "type">; wa_id: string | null },
): ConversationState {
  return {
    ...state,
    person: withDialedWaId(state.person, sent.wa_id),
    status: isFreeForm(sent.message) && !isReaction(sent.message) ? "active" : state.status,
    last_message_at: isReaction(sent.message)
      ? state.last_message_at
      : Math.max(state.last_message_at, sent.at),
  };
}

/** The state when a message leaves: its pair rate is spent whatever Meta answers. */
export function withPairRateSpent(state: ConversationState, now: number): ConversationState {
  return { ...state, pair_rate_at: afterSend(state.pair_rate_at, now) };
}

/** The state after a BSUID's own object was made to point here; two calls may both have done it. */
export function withLinked(state: ConversationState, userId: string): ConversationState {
  if (!state.unlinked_user_ids.includes(userId)) return state;
  return {
    ...state,
    linked_user_ids: [...state.linked_user_ids, userId],
    unlinked_user_ids: state.unlinked_user_ids.filter((other) => other !== userId),
  };
}

/** In a group every member writes: nobody's name becomes the group's. */
function withPerson(state: ConversationState, message: InboundMessage): ConversationState {
  if (message.address.kind === "group") return state;
  const userId = message.person.user_id;
  const unlinked =
    state.address.kind === "phone" &&
    userId !== null &&
    !state.linked_user_ids.includes(userId) &&
    !state.unlinked_user_ids.includes(userId);
  return {
    ...state,
    person: withFacts(state.person, message.person, message.id),
    unlinked_user_ids: unlinked ? [...state.unlinked_user_ids, userId] : state.unlinked_user_ids,
  };
}
