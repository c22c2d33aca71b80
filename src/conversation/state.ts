/**
 * What a conversation object knows of its conversation, and how that moves: pure functions from
 * state to state. Every change raises `version`, by which D1 tells newer from older.
 *
 * What an inbound message of each type does to its conversation.
 */
import { type Address, isSameAddress } from "../lib/address.ts";
import { isSameMessage, lowestMessageId } from "../lib/ids.ts";
import { phoneOf } from "../lib/phone.ts";
import { inboundEffect } from "../message/inbound-effect.ts";
import type { InboundMessage } from "../message/inbound-message.ts";
import { isFreeForm, isReaction, type OutgoingMessage } from "../message/outgoing-message.ts";
import { tellingUserIds, toldByMessage, type ToldIdentity } from "../message/told-identity.ts";
import { afterSend } from "./pair-rate.ts";
import {
  type KnownPerson,
  type KnownPhones,
  NOBODY,
  withDialedWaId,
  withFacts,
  withoutPhones,
  withPhonesTold,
  withUserIdFact,
} from "./person.ts";

export type ConversationStatus = "pending" | "active" | "closed";

/** Another address of the same person. */
type Link = { address: Address; made: boolean };

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
  /** What was learnt of the phones among all these addresses. */
  phones: KnownPhones;
  /** Whether D1 may know of other addresses: then it is to hear when they change. */
  found_by_more: boolean;
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
  sent: { at: number; message: Pick<OutgoingMessage, "type"> },
): ConversationState {
  return {
    ...state,
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

/** The state of a person who has these phones no more. */
export function withoutThePhones(
  state: ConversationState,
  gone: readonly string[],
): ConversationState {
  const waId = state.person.wa_id?.value ?? null;
  return {
    ...state,
    links: state.links.filter(
      ({ address }) => address.kind !== "phone" || !gone.includes(address.phone),
    ),
    phones: withoutPhones(state.phones, gone),
    person:
      waId !== null && gone.includes(phoneOf(waId) ?? waId)
        ? { ...state.person, wa_id: null }
        : state.person,
  };
}

/**
 * The state of a person whose phone, after which their conversation's object is called, was given to
 * someone else: they go on under a BSUID, and every other address of theirs is to lead there.
 */
export function withHome(
  state: ConversationState,
  home: Address,
  gone: readonly string[],
): ConversationState {
  const rest = withoutThePhones(state, gone);
  return {
    ...rest,
    address: home,
    links: rest.links
      .filter(({ address }) => !isSameAddress(address, home))
      .map((link) => ({ ...link, made: false })),
  };
}

/** The state once this was told of the person; the same where nothing of it is new. */
export function withIdentity(state: ConversationState, told: ToldIdentity): ConversationState {
  const linked = told.addresses.reduce(withAddress, state);
  const phones = withPhonesTold(state.phones, told, addressesOf(linked));
  const named =
    told.user_id === null
      ? state.person
      : withUserIdFact(state.person, told.user_id, lowestMessageId(told.at));
  const person = withDialedWaId(named, told.wa_id);
  return linked === state && phones === state.phones && person === state.person
    ? state
    : { ...linked, phones, person };
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

/** Whether another conversation became part of this one. */
export function hasAbsorbed(state: ConversationState, conversationId: string): boolean {
  return state.absorbed.some((key) => key.startsWith(`${conversationId}:`));
}

/** Every address of the person. */
export function addressesOf({ address, links }: ConversationState): Address[] {
  return [address, ...links.map((link) => link.address)];
}

/** The BSUIDs by which the person is told from others. */
export function userIdsOf(state: ConversationState): string[] {
  return tellingUserIds(addressesOf(state));
}

/** In a group every member writes: nobody's name becomes the group's. */
function withPerson(state: ConversationState, message: InboundMessage): ConversationState {
  if (message.address.kind === "group") return state;
  const person = { ...message.person };
  const told = toldByMessage(message);
  const linked = told.addresses.reduce(withAddress, state);
  for (const address of message.changed_to) {
    if (address.kind === "phone") person.wa_id = address.phone;
    if (address.kind === "user") person.user_id = address.user_id;
  }
  return {
    ...linked,
    phones: withPhonesTold(state.phones, told, addressesOf(linked)),
    person: withFacts(state.person, person, message.id),
  };
}

/** A change of the conversation itself. */
export type ConversationEvent = {
  type: "conversation.created" | "conversation.updated";
  sequence: number;
  at: number;
  /** The conversation that became part of this one, if that is what happened. */
  merged_id: string | null;
};

/** A message with its number; an echo has none, since it is told of as a message of ours. */
export type TakenMessage = InboundMessage & { sequence: number | null };

/** The state after one more thing to tell of it. */
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

/** The message under the next number, and the state that has given it. */
export function numbered(
  state: ConversationState,
  message: InboundMessage,
): { state: ConversationState; message: TakenMessage } {
  if (message.direction === "outbound") return { state, message: { ...message, sequence: null } };
  const sequence = state.sequence + 1;
  return { state: { ...state, sequence }, message: { ...message, sequence } };
}
