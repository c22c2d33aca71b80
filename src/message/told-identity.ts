/** What something of Meta's says of who a person is: pure. */
import { type Address, addressesNamed, isBsuid, isParentBsuid } from "../lib/address.ts";
import type { InboundMessage } from "./inbound-message.ts";

export type ToldIdentity = {
  /** Addresses that are one person's. */
  addresses: readonly Address[];
  /** As Meta spelled it. */
  wa_id: string | null;
  /** The BSUID that holds. */
  user_id: string | null;
  /** Milliseconds, by Meta's clock. */
  at: number;
  /** Whether it says itself that the person's addresses changed. */
  changed: boolean;
};

/**
 * What a fact says that names these identities of one person, each a phone or a BSUID as Meta spells
 * it; of either kind the first is the one that holds.
 */
export function toldBy(
  identities: readonly (string | null)[],
  at: number,
  changed = false,
): ToldIdentity {
  const known = identities.filter((identity) => identity !== null);
  return {
    addresses: addressesNamed(known),
    wa_id: known.find((identity) => !isBsuid(identity)) ?? null,
    user_id: known.find((identity) => isBsuid(identity) && !isParentBsuid(identity)) ?? null,
    at,
    changed,
  };
}

/** What a message says of the person who wrote it, or to whom an echo went. */
export function toldByMessage({ address, person, changed_to, at }: InboundMessage): ToldIdentity {
  const sender: Address[] =
    person.user_id === null ? [] : [{ kind: "user", user_id: person.user_id }];
  return {
    addresses: [address, ...sender, ...changed_to],
    wa_id: person.wa_id,
    user_id: person.user_id,
    at,
    changed: changed_to.length > 0,
  };
}

/**
 * The BSUIDs among these addresses by which one person is told from another; a parent account's is had
 * beside those and contradicts none.
 */
export function tellingUserIds(addresses: readonly Address[]): string[] {
  return addresses.flatMap((address) =>
    address.kind === "user" && !isParentBsuid(address.user_id) ? [address.user_id] : [],
  );
}

/** The phones among these addresses. */
export function phonesAmong(addresses: readonly Address[]): string[] {
  return addresses.flatMap((address) => (address.kind === "phone" ? [address.phone] : []));
}
