/** What a webhook or an answer from Meta says about the identity of a person: pure. */
import { type Address, addressesNamed, isBsuid, isParentBsuid } from "../lib/address.ts";
import type { InboundMessage } from "./inbound-message.ts";

export type ReportedIdentity = {
  /** Addresses of one person. */
  addresses: readonly Address[];
  /** As Meta spelled it. */
  wa_id: string | null;
  /** The current BSUID. */
  user_id: string | null;
  /** Milliseconds, by Meta's clock. */
  at: number;
  /** Whether the report itself says that the person's addresses changed. */
  changed: boolean;
};

/**
 * The report of a fact that names these identities of one person, each a phone or a BSUID as Meta spells
 * it; the first of each kind is the current one.
 */
export function reportedBy(
  identities: readonly (string | null)[],
  at: number,
  changed = false,
): ReportedIdentity {
  const known = identities.filter((identity) => identity !== null);
  return {
    addresses: addressesNamed(known),
    wa_id: known.find((identity) => !isBsuid(identity)) ?? null,
    user_id: known.find((identity) => isBsuid(identity) && !isParentBsuid(identity)) ?? null,
    at,
    changed,
  };
}

/** The report of a message: about its sender or, for an echo, its recipient. */
export function reportedByMessage({
  address,
  person,
  changed_to,
  at,
}: InboundMessage): ReportedIdentity {
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
 * The BSUIDs among these addresses that identify a person. A parent account's BSUID does not: a person has
 * it beside their own.
 */
export function identifyingUserIds(addresses: readonly Address[]): string[] {
  return addresses.flatMap((address) =>
    address.kind === "user" && !isParentBsuid(address.user_id) ? [address.user_id] : [],
  );
}

/** The phones among these addresses. */
export function phonesAmong(addresses: readonly Address[]): string[] {
  return addresses.flatMap((address) => (address.kind === "phone" ? [address.phone] : []));
}
