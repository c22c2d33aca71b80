import type { Address } from "./address.ts";
import { isBsuid } from "./bsuid.ts";
import { phoneOf } from "./phone-number.ts";

/** An address of one person: no group's. */
export type PersonAddress = Extract<Address, { kind: "phone" | "user" }>;

/** What Meta told of a person in a pair of members such as `wa_id` and `user_id`. */
export type NamedPair = { wa_id: string | null; user_id: string | null };

/** The address that an identity of Meta's names; a BSUID may stand where a phone is expected. */
export function addressNamed(identity: string): PersonAddress {
  return isBsuid(identity)
    ? { kind: "user", user_id: identity }
    : { kind: "phone", phone: phoneOf(identity) ?? identity };
}

/** The pair with a BSUID that stands in the phone's place put into its own. */
export function namedPair(waId: string | null, userId: string | null): NamedPair {
  return waId !== null && isBsuid(waId)
    ? { wa_id: null, user_id: userId ?? waId }
    : { wa_id: waId, user_id: userId };
}

/** The addresses that these identities name, each once. */
export function addressesNamed(identities: readonly (string | null)[]): PersonAddress[] {
  const phones: string[] = [];
  const userIds: string[] = [];
  for (const identity of identities) {
    if (identity === null) continue;
    const address = addressNamed(identity);
    if (address.kind === "phone") phones.push(address.phone);
    else userIds.push(address.user_id);
  }
  return [
    ...[...new Set(phones)].map((phone) => ({ kind: "phone" as const, phone })),
    ...[...new Set(userIds)].map((user_id) => ({ kind: "user" as const, user_id })),
  ];
}

/** A person's address as one text: canonical phone or BSUID. */
export function identityOf(address: PersonAddress): string {
  return address.kind === "phone" ? address.phone : address.user_id;
}
