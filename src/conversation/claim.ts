/** Whose an address is where two conversations know it: pure. */
import type { Address } from "../customer/address.ts";
import type { PersonAddress } from "../customer/named-address.ts";
import { userIdsOf, type ConversationState } from "./conversation-state.ts";
import { toldAt } from "./known-phones.ts";
import { phonesAmong } from "./told-identity.ts";
import { isNewer, sharedPhones } from "./whose-identity.ts";

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
