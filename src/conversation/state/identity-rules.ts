/**
 * Decides to whom a reported identity or a disputed address belongs: this conversation's person or
 * another. Pure.
 */
import { type Address, namedPair, type PersonAddress } from "../../lib/address.ts";
import type { OutgoingMessage } from "../../message/outgoing-message.ts";
import {
  identifyingUserIds,
  phonesAmong,
  reportedBy,
  type ReportedIdentity,
} from "../../message/reported-identity.ts";
import { addressesOf, userIdsOf, withIdentity } from "./addresses.ts";
import { phonesLike, reportedAt } from "./person.ts";
import type { ConversationState } from "./state.ts";

type IdentityOwner =
  | { kind: "ours" }
  /** Another person, who has the phone now; with `late`, one who had it before. */
  | { kind: "another"; address: PersonAddress; late: boolean };

/**
 * A BSUID belongs to one person. If a phone that came with one BSUID now comes with another, and the report
 * does not say that the person changed it, the phone operator gave the number to another person. If
 * the report is older by Meta's clock, that other person had the number before.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/business-scoped-user-ids
 */
export function identityOwner(state: ConversationState, reported: ReportedIdentity): IdentityOwner {
  const named = identifyingUserIds(reported.addresses);
  const known = userIdsOf(state);
  const [first] = named;
  const userId = reported.user_id ?? first;
  if (
    state.address.kind === "group" ||
    userId === undefined ||
    first === undefined ||
    known.length === 0 ||
    known.some((each) => named.includes(each))
  ) {
    return { kind: "ours" };
  }
  const shared = sharedPhones(state, reported.addresses);
  const owner = state.person.user_id?.value ?? known[0] ?? "";
  const late = !isNewer(
    { at: reported.at, userId },
    { at: reportedAt(state.phones, shared), userId: owner },
  );
  if (reported.changed && !late) return { kind: "ours" };
  return { kind: "another", address: { kind: "user", user_id: userId }, late };
}

/** The person's phones among these addresses, with other spellings of the same number. */
export function sharedPhones(state: ConversationState, addresses: readonly Address[]): string[] {
  const ours = phonesAmong(addressesOf(state));
  return phonesAmong(addresses)
    .flatMap((phone) => phonesLike(state.phones, phone))
    .filter((phone) => ours.includes(phone));
}

/** Of two claims with the same time the greater BSUID wins, so that their order does not matter. */
function isNewer(
  one: { at: number; userId: string },
  other: { at: number; userId: string },
): boolean {
  return one.at > other.at || (one.at === other.at && one.userId > other.userId);
}

/** An object's claim that an address belongs to its person. */
export type Claim = {
  address: Address;
  /** When Meta last named it together with a BSUID of the person, by Meta's clock; 0 = never. */
  at: number;
  /** The BSUIDs of the person, the current one first. */
  user_ids: readonly string[];
  /** Whether the previous owner was asked and no longer has it. */
  settled: boolean;
};

export type Contention =
  /** No BSUID separates the two: they are one person. */
  | { kind: "same_person" }
  /** Another person, who does not have this address. */
  | { kind: "not_here" }
  /** Another person, whom Meta named with it later. */
  | { kind: "keeps" }
  /** Another person, whom Meta named with it earlier and who loses these phones. */
  | { kind: "gives"; phones: readonly string[] }
  /** The same, and the phone names the object: the conversation moves to the object of this BSUID. */
  | { kind: "moves"; home: PersonAddress };

export function claimOn(state: ConversationState, address: Address, settled: boolean): Claim {
  const holds = state.person.user_id?.value;
  const known = userIdsOf(state);
  const user_ids =
    holds === undefined ? known : [holds, ...known.filter((userId) => userId !== holds)];
  return { address, at: reportedAt(state.phones, phonesAmong([address])), user_ids, settled };
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
  const ours = { at: reportedAt(state.phones, phones), userId: owner };
  if (!isNewer({ at: claim.at, userId: rival }, ours)) return { kind: "keeps" };
  return state.address.kind === "phone" && phones.includes(state.address.phone)
    ? { kind: "moves", home: { kind: "user", user_id: owner } }
    : { kind: "gives", phones };
}

/** `contacts[0]` of Meta's answer. */
export type AnsweredContact = { wa_id: string | null; user_id: string | null };

/**
 * The state after Meta's answer named the customer that a send reached. A contradiction to what the object
 * knows changes nothing: a status or a message, which carry Meta's own time, decides.
 */
export function withAnswered(
  state: ConversationState,
  { dial }: Pick<OutgoingMessage, "dial">,
  answered: AnsweredContact | null,
  at: number,
): ConversationState {
  if (answered === null || state.address.kind === "group") return state;
  const { wa_id, user_id } = namedPair(answered.wa_id, answered.user_id);
  const reported = { ...reportedBy([wa_id, user_id, dialledIn(dial)], at), wa_id };
  return identityOwner(state, reported).kind === "ours" ? withIdentity(state, reported) : state;
}

function dialledIn(dial: OutgoingMessage["dial"]): string | null {
  if (dial === null || "group" in dial) return null;
  return "to" in dial ? dial.to.replace(/^\+/, "") : dial.recipient;
}
