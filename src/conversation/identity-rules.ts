/**
 * Whose an address is where two conversations know it: pure.
 *
 * Whether what is told of a person is about whom the conversation is with: pure.
 */
import { type Address, namedPair, type PersonAddress } from "../lib/address.ts";
import type { OutgoingMessage } from "../message/outgoing-message.ts";
import {
  phonesAmong,
  tellingUserIds,
  toldBy,
  type ToldIdentity,
} from "../message/told-identity.ts";
import { phonesLike, toldAt } from "./person.ts";
import { addressesOf, type ConversationState, userIdsOf, withIdentity } from "./state.ts";

type Whose =
  | { kind: "ours" }
  /** Another person's, who has the phone now; or had it once, where it is `late`. */
  | { kind: "another"; address: PersonAddress; late: boolean };

/**
 * A BSUID is one person's. Where a phone known with one comes with another, and what comes does not
 * say that the person changed it, the operator has given the number to someone else; or it had, where
 * what comes is older by Meta's clock.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/business-scoped-user-ids
 */
export function whoseIdentity(state: ConversationState, told: ToldIdentity): Whose {
  const named = tellingUserIds(told.addresses);
  const known = userIdsOf(state);
  const [first] = named;
  const userId = told.user_id ?? first;
  if (
    state.address.kind === "group" ||
    userId === undefined ||
    first === undefined ||
    known.length === 0 ||
    known.some((each) => named.includes(each))
  ) {
    return { kind: "ours" };
  }
  const shared = sharedPhones(state, told.addresses);
  const owner = state.person.user_id?.value ?? known[0] ?? "";
  const late = !isNewer(
    { at: told.at, userId },
    { at: toldAt(state.phones, shared), userId: owner },
  );
  if (told.changed && !late) return { kind: "ours" };
  return { kind: "another", address: { kind: "user", user_id: userId }, late };
}

/** The phones among these addresses that the person here has, and those that stand for the same. */
export function sharedPhones(state: ConversationState, addresses: readonly Address[]): string[] {
  const ours = phonesAmong(addressesOf(state));
  return phonesAmong(addresses)
    .flatMap((phone) => phonesLike(state.phones, phone))
    .filter((phone) => ours.includes(phone));
}

/** Of two claims in one second, the greater BSUID's holds, in whichever order they come. */
function isNewer(
  one: { at: number; userId: string },
  other: { at: number; userId: string },
): boolean {
  return one.at > other.at || (one.at === other.at && one.userId > other.userId);
}

/** An object's word that this address is its person's. */
export type Claim = {
  address: Address;
  /** When it was last told together with a BSUID of the person, by Meta's clock; 0 = never. */
  at: number;
  /** The BSUIDs of the person, that which holds first. */
  user_ids: readonly string[];
  /** Whether the person who had it was asked and has it no more. */
  settled: boolean;
};

export type Contention =
  /** Nothing tells the two apart: they are one person. */
  | { kind: "same_person" }
  /** Another person, who does not have this address. */
  | { kind: "not_here" }
  /** Another person, who was named with it later. */
  | { kind: "keeps" }
  /** Another person, who was named with it earlier and has these phones no more. */
  | { kind: "gives"; phones: readonly string[] }
  /** The same, and the object is called after the phone: the conversation moves to this BSUID's. */
  | { kind: "moves"; home: PersonAddress };

export function claimOn(state: ConversationState, address: Address, settled: boolean): Claim {
  const holds = state.person.user_id?.value;
  const known = userIdsOf(state);
  const user_ids =
    holds === undefined ? known : [holds, ...known.filter((userId) => userId !== holds)];
  return { address, at: toldAt(state.phones, phonesAmong([address])), user_ids, settled };
}

export function contentionFor(state: ConversationState, claim: Claim): Contention {
  const known = userIdsOf(state);
  const [rival] = claim.user_ids;
  if (
    rival === undefined ||
    known.length === 0 ||
    known.some((userId) => claim.user_ids.includes(userId))
  ) {
    return { kind: "same_person" };
  }
  const phones = sharedPhones(state, [claim.address]);
  if (phones.length === 0) return { kind: "not_here" };
  const owner = state.person.user_id?.value ?? known[0] ?? "";
  const ours = { at: toldAt(state.phones, phones), userId: owner };
  if (!isNewer({ at: claim.at, userId: rival }, ours)) return { kind: "keeps" };
  return state.address.kind === "phone" && phones.includes(state.address.phone)
    ? { kind: "moves", home: { kind: "user", user_id: owner } }
    : { kind: "gives", phones };
}

/** `contacts[0]` of Meta's answer. */
export type AnsweredContact = { wa_id: string | null; user_id: string | null };

/**
 * The state once it is known whom a send reached. What contradicts all that is known waits for a status
 * or a message that says the same with Meta's own time.
 */
export function withAnswered(
  state: ConversationState,
  { dial }: Pick<OutgoingMessage, "dial">,
  answered: AnsweredContact | null,
  at: number,
): ConversationState {
  if (answered === null || state.address.kind === "group") return state;
  const { wa_id, user_id } = namedPair(answered.wa_id, answered.user_id);
  const told = { ...toldBy([wa_id, user_id, dialledIn(dial)], at), wa_id };
  return whoseIdentity(state, told).kind === "ours" ? withIdentity(state, told) : state;
}

function dialledIn(dial: OutgoingMessage["dial"]): string | null {
  if (dial === null || "group" in dial) return null;
  return "to" in dial ? dial.to.replace(/^\+/, "") : dial.recipient;
}
