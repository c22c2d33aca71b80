/**
 * The state of a conversation, and pure functions from state to state. Every saved change raises `version`,
 * by which D1 ignores older projections.
 */
import { type Address, isSameAddress } from "../../lib/address.ts";
import { isSameMessage, lowestMessageId } from "../../lib/ids.ts";
import { phoneOf } from "../../lib/phone.ts";
import { inboundEffect } from "../../message/inbound-effect.ts";
import type { InboundMessage } from "../../message/inbound-message.ts";
import { isFreeForm, isReaction, type OutgoingMessage } from "../../message/outgoing-message.ts";
import {
  identifyingUserIds,
  reportedByMessage,
  type ReportedIdentity,
} from "../../message/reported-identity.ts";
import { afterSend } from "./pair-rate.ts";
import {
  type KnownPerson,
  type KnownPhones,
  NOBODY,
  withDialedWaId,
  withFacts,
  withoutPhones,
  withReportedPhones,
  withUserIdFact,
} from "./person.ts";
import { NO_WAIT, type Waiting, waitingAfter, waitingAfterSent } from "./unanswered.ts";

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
  sent: { at: number; message: Pick<OutgoingMessage, "type"> },
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

/** The state when a message leaves: its pair rate is spent whatever Meta answers. */
export function withPairRateSpent(state: ConversationState, now: number): ConversationState {
  return { ...state, pair_rate_at: afterSend(state.pair_rate_at, now) };
}

/** The state of a person who no longer has these phones. */
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
 * The state of a person whose phone, which names the conversation's object, was given to another person.
 * The conversation goes on under the BSUID `ownAddress`; all other addresses must redirect there.
 */
export function withOwnAddress(
  state: ConversationState,
  ownAddress: Address,
  gone: readonly string[],
): ConversationState {
  const rest = withoutThePhones(state, gone);
  return {
    ...rest,
    address: ownAddress,
    links: rest.links
      .filter(({ address }) => !isSameAddress(address, ownAddress))
      .map((link) => ({ ...link, made: false })),
  };
}

/** The state after a report about the person; the same object if nothing is new. */
export function withIdentity(
  state: ConversationState,
  reported: ReportedIdentity,
): ConversationState {
  const linked = reported.addresses.reduce(withAddress, state);
  const phones = withReportedPhones(state.phones, reported, addressesOf(linked));
  const named =
    reported.user_id === null
      ? state.person
      : withUserIdFact(state.person, reported.user_id, lowestMessageId(reported.at));
  const person = withDialedWaId(named, reported.wa_id);
  return linked === state && phones === state.phones && person === state.person
    ? state
    : { ...linked, phones, person };
}

/** The state after the object of this address redirects here. */
export function withLinkMade(state: ConversationState, address: Address): ConversationState {
  return {
    ...state,
    links: state.links.map((link) =>
      isSameAddress(link.address, address) ? { ...link, made: true } : link,
    ),
  };
}

/** No real person has so many addresses; the state must fit into one row, so more are not linked. */
const LINKS_MAX = 500;

/** The state must fit into one row: it remembers only the most recent moves. */
const ABSORBED_MAX = 500;

/** The moves taken over so far and these, the newest last. */
export function absorbedBy(
  { absorbed }: ConversationState,
  more: readonly string[],
): readonly string[] {
  return [...absorbed, ...more].slice(-ABSORBED_MAX);
}

/** The state with one more address of the person; the same object if it is known. */
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

/** The BSUIDs that identify the person. */
export function userIdsOf(state: ConversationState): string[] {
  return identifyingUserIds(addressesOf(state));
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
