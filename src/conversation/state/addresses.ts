/** The addresses of a conversation's person, and what the object learns about them. Pure. */
import { type Address, isSameAddress } from "../../lib/address.ts";
import { lowestMessageId } from "../../lib/ids.ts";
import { phoneOf } from "../../lib/phone.ts";
import { identifyingUserIds, type ReportedIdentity } from "../../message/reported-identity.ts";
import {
  phonesLike,
  withDialedWaId,
  withoutPhones,
  withReportedPhones,
  withUserIdFact,
} from "./person.ts";
import type { ConversationState } from "./state.ts";

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

/** The phones that change their owner together with the object's own phone. */
export function givenAway({ address, phones }: ConversationState): string[] {
  return address.kind === "phone" ? phonesLike(phones, address.phone) : [];
}

/**
 * The state of a person whose phone, which names the conversation's object, was given to another person.
 * The conversation goes on under the BSUID `ownAddress`; all other addresses must redirect there.
 */
export function withOwnAddress(state: ConversationState, ownAddress: Address): ConversationState {
  const rest = withoutThePhones(state, givenAway(state));
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

/** The state with one more address of the person; the same object if it is known. */
export function withAddress(state: ConversationState, address: Address): ConversationState {
  const known =
    isSameAddress(state.address, address) ||
    state.links.some((link) => isSameAddress(link.address, address));
  return known || state.links.length >= LINKS_MAX
    ? state
    : { ...state, links: [...state.links, { address, made: false }] };
}

/** Every address of the person. */
export function addressesOf({ address, links }: ConversationState): Address[] {
  return [address, ...links.map((link) => link.address)];
}

/** The BSUIDs that identify the person. */
export function userIdsOf(state: ConversationState): string[] {
  return identifyingUserIds(addressesOf(state));
}
