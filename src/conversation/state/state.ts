/**
 * The state of a conversation. Every saved change raises `version`, by which D1 ignores older projections.
 * What changes it: `activity.ts`, `addresses.ts`, `unanswered.ts` and `merge-rules.ts`. Pure.
 */
import type { Address } from "../../lib/address.ts";
import type { InboundMessage } from "../../message/inbound-message.ts";
import { type KnownPerson, type KnownPhones, NOBODY } from "./person.ts";
import { NO_WAIT, type Waiting } from "./unanswered.ts";

export type ConversationStatus = "pending" | "active" | "closed";

/** Another address of the same person. */
type Link = { address: Address; made: boolean };

export type ConversationState = Waiting & {
  phone_number_id: string;
  address: Address;
  person: KnownPerson;
  status: ConversationStatus;
  unread_count: number;
  /** Message id of the read mark; messages with greater ids are unread. */
  read_up_to: string;
  /** The greatest id of a message from Meta; "" = unknown. */
  newest_id: string;
  last_message_at: number;
  last_customer_message_at: number | null;
  /** Pair rate: the theoretical arrival time of the next outgoing message, in milliseconds. */
  pair_rate_at: number;
  /** The person's other addresses, and whether their objects already redirect here. */
  links: readonly Link[];
  /** What the object knows about the phones among these addresses. */
  phones: KnownPhones;
  /** Whether D1 may have other addresses of the person: then it needs every change of them. */
  found_by_more: boolean;
  /** The moves merged into this conversation, as `object id:version`, so that each takes effect once. */
  absorbed: readonly string[];
  /** The number of the last event. */
  sequence: number;
  /** Events that are not in the queue yet; message events are with their messages instead. */
  events: readonly ConversationEvent[];
  version: number;
  created_at: number;
  updated_at: number;
};

/** @param sequence the number of the last event, if the object had a conversation before */
export function newConversation(
  phoneNumberId: string,
  address: Address,
  now: number,
  sequence = 0,
): ConversationState {
  const state: ConversationState = {
    phone_number_id: phoneNumberId,
    address,
    person: NOBODY,
    status: "pending",
    unread_count: 0,
    read_up_to: "",
    newest_id: "",
    // There is no message yet: any message, however old, sets it.
    last_message_at: 0,
    last_customer_message_at: null,
    ...NO_WAIT,
    pair_rate_at: 0,
    links: [],
    phones: {},
    found_by_more: false,
    absorbed: [],
    sequence,
    events: [],
    version: 0,
    created_at: now,
    updated_at: now,
  };
  return sequence === 0 ? withEvent(state, "conversation.created", now) : state;
}

/** The state must fit into one row: it remembers only the most recent moves. */
const ABSORBED_MAX = 500;

/** The moves taken over so far and these, the newest last. */
export function absorbedBy(
  { absorbed }: ConversationState,
  more: readonly string[],
): readonly string[] {
  return [...absorbed, ...more].slice(-ABSORBED_MAX);
}

/** Whether another conversation became part of this one. */
export function hasAbsorbed(state: ConversationState, conversationId: string): boolean {
  return state.absorbed.some((key) => key.startsWith(`${conversationId}:`));
}

/** A change of the conversation itself. */
export type ConversationEvent = {
  type: "conversation.created" | "conversation.updated";
  sequence: number;
  at: number;
  /** The conversation that was merged into this one; null for any other change. */
  merged_id: string | null;
};

/** A message with its event number; an echo has none, since its event is that of an outgoing message. */
export type TakenMessage = InboundMessage & { sequence: number | null };

/** The state with one more event. */
export function withEvent(
  state: ConversationState,
  type: ConversationEvent["type"],
  at: number,
  mergedId: string | null = null,
): ConversationState {
  const sequence = state.sequence + 1;
  const event = { type, sequence, at, merged_id: mergedId };
  return { ...state, sequence, events: [...state.events, event] };
}

/** The message with the next event number, and the state after that number. */
export function numbered(
  state: ConversationState,
  message: InboundMessage,
): { state: ConversationState; message: TakenMessage } {
  if (message.direction === "outbound") return { state, message: { ...message, sequence: null } };
  const sequence = state.sequence + 1;
  return { state: { ...state, sequence }, message: { ...message, sequence } };
}
