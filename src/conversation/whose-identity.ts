/** Whether what is told of a person is about whom the conversation is with: pure. */
import type { Address } from "../customer/address.ts";
import type { PersonAddress } from "../customer/named-address.ts";
import { addressesOf, userIdsOf, type ConversationState } from "./conversation-state.ts";
import { phonesLike, toldAt } from "./known-phones.ts";
import { phonesAmong, tellingUserIds, type ToldIdentity } from "./told-identity.ts";

export type Whose =
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
export function isNewer(
  one: { at: number; userId: string },
  other: { at: number; userId: string },
): boolean {
  return one.at > other.at || (one.at === other.at && one.userId > other.userId);
}
