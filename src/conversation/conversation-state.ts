/**
 * What a conversation object knows of its conversation, and how that moves: pure functions from
 * state to state. Every change raises `version`, by which D1 tells newer from older.
 */
import { isSameAddress, type Address } from "../customer/address.ts";
import { isSameMessage, lowestMessageId } from "../messages/message-id.ts";
import { inboundEffect } from "./inbound-effect.ts";
import type { InboundMessage } from "./inbound-message.ts";
import {
  NOBODY,
  withDialedWaId,
  withFacts,
  withUserIdFact,
  type KnownPerson,
} from "./known-person.ts";
import { withEvent, type ConversationEvent } from "./conversation-event.ts";
import { isFreeForm, isReaction, type OutgoingMessage } from "./outgoing-message.ts";
import { afterSend } from "./pair-rate.ts";

export type ConversationStatus = "pending" | "active" | "closed";

/** Another address of the same person. */
export type Link = { address: Address; made: boolean };

export type ConversationState = {
  phone_number_id: string;
  address: Address;
  person: KnownPerson;
  status: ConversationStatus;
  unread_count: number;
  /** Message id of the read mark; messages with greater ids are unread. */
  read_up_to: string;
  /** The greatest id of what Meta told; "" if nobody knows. */
  newest_id: string;
  last_message_at: number;
  last_customer_message_at: number | null;
  /** Pair rate: theoretical arrival time of the next message out. */
  pair_rate_at: number;
  /** Where else this person is known, and whether the objects of that name lead here yet. */
  links: readonly Link[];
  /** What was merged into this one, as `object id:version`, so that it happens once. */
  absorbed: readonly string[];
  /** The number of the last event that subscribers are told of. */
  sequence: number;
  /** Those of them that are not in the event queue yet, but for messages, which carry their own. */
  events: readonly ConversationEvent[];
  version: number;
  created_at: number;
  updated_at: number;
};

/** `sequence` is where its events left off, if it was here before. */
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
    // Nothing was said yet: any message, however old, moves it.
    last_message_at: 0,
    last_customer_message_at: null,
    pair_rate_at: 0,
    links: [],
    absorbed: [],
    sequence,
    events: [],
    version: 0,
    created_at: now,
    updated_at: now,
  };
  return sequence === 0 ? withEvent(state, "conversation.created", now) : state;
}

/** The state after a message not seen before. */
export function withInbound(state: ConversationState, message: InboundMessage): ConversationState {
  const effect = inboundEffect(message);
  return {
    ...withPerson(state, message),
    status: effect.reopens && state.status === "closed" ? "pending" : state.status,
    unread_count: state.unread_count + (isUnread(state, message) ? 1 : 0),
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
 * Whether a message that was just placed is unread: after the read mark, since within a second its
 * place is behind whatever was read. That which was read last may come again once it is forgotten.
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

/** The state of a person whose phone was given to someone else: a BSUID is all that is left. */
export function withoutPhone(state: ConversationState, home: Address): ConversationState {
  return {
    ...state,
    address: home,
    links: state.links.filter(
      ({ address }) => address.kind === "user" && !isSameAddress(address, home),
    ),
    person: { ...state.person, wa_id: null },
  };
}

/** The state once an address of the person leads here. */
export function withLinkMade(state: ConversationState, address: Address): ConversationState {
  return {
    ...state,
    links: state.links.map((link) =>
      isSameAddress(link.address, address) ? { ...link, made: true } : link,
    ),
  };
}

/** No person has so many, and the state is one row: a further one stays a conversation of its own. */
const LINKS_MAX = 500;

/** Conversations that became part of this one, of which no more are remembered than of recent ones. */
const ABSORBED_MAX = 500;

/** The moves that were taken in, those of both or one more; the newest last. */
export function absorbedBy(
  { absorbed }: ConversationState,
  more: readonly string[],
): readonly string[] {
  return [...absorbed, ...more].slice(-ABSORBED_MAX);
}

/** The state once the person is known by one more address; nothing new where it is known already. */
export function withAddress(state: ConversationState, address: Address): ConversationState {
  const known =
    isSameAddress(state.address, address) ||
    state.links.some((link) => isSameAddress(link.address, address));
  return known || state.links.length >= LINKS_MAX
    ? state
    : { ...state, links: [...state.links, { address, made: false }] };
}

/** The state once the person has another BSUID, by which they are reached from then on. */
export function withUserId(
  state: ConversationState,
  userId: string,
  at: number,
): ConversationState {
  return {
    ...withAddress(state, { kind: "user", user_id: userId }),
    person: withUserIdFact(state.person, userId, lowestMessageId(at)),
  };
}

/** Whether another conversation became part of this one. */
export function hasAbsorbed(state: ConversationState, conversationId: string): boolean {
  return state.absorbed.some((key) => key.startsWith(`${conversationId}:`));
}

/** Every BSUID of the person. */
export function userIdsOf(state: ConversationState): string[] {
  return [state.address, ...state.links.map(({ address }) => address)].flatMap((address) =>
    address.kind === "user" ? [address.user_id] : [],
  );
}

/** In a group every member writes: nobody's name becomes the group's. */
function withPerson(state: ConversationState, message: InboundMessage): ConversationState {
  if (message.address.kind === "group") return state;
  const person = { ...message.person };
  const addresses = [message.address, ...message.changed_to];
  if (person.user_id !== null) addresses.push({ kind: "user", user_id: person.user_id });
  for (const address of message.changed_to) {
    if (address.kind === "phone") person.wa_id = address.phone;
    if (address.kind === "user") person.user_id = address.user_id;
  }
  return {
    ...addresses.reduce(withAddress, state),
    person: withFacts(state.person, person, message.id),
  };
}
