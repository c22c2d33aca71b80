/** By what a person is named in raw texts, and whether a text names them: pure. */
import type { Address } from "../customer/address.ts";
import { phonePattern, withoutEscapes } from "../customer/phone-in-text.ts";
import { spellingsOf } from "../customer/phone-number.ts";
import { withoutStamps } from "./stamps.ts";

/** Phones in every spelling, digits only; other ids as Meta wrote them. */
export type Identities = { phones: readonly string[]; ids: readonly string[] };

/**
 * The identities of a person.
 *
 * @param told identities as Meta spelled them: a `wa_id`, a BSUID
 */
export function identitiesOf(
  addresses: readonly Address[],
  told: readonly (string | null)[],
): Identities {
  const names = [...addresses.map(nameOf), ...told.filter((name) => name !== null)];
  const phones = names.filter(isPhone).map((phone) => phone.replace(/^\+/, ""));
  return {
    phones: [...new Set(phones.flatMap(spellingsOf))],
    ids: [...new Set(names.filter((name) => !isPhone(name)))],
  };
}

function isPhone(name: string): boolean {
  return /^\+?\d+$/.test(name);
}

/** Whether a text has one of them in it, not as a part of a longer one. */
export function namesOneOf({ phones, ids }: Identities): (text: string) => boolean {
  const patterns = [
    ...phones.map(phonePattern),
    ...ids.map((id) => String.raw`(?<![\w.])${escaped(id)}(?!\w)`),
  ];
  if (patterns.length === 0) return () => false;
  const pattern = new RegExp(patterns.join("|"), "u");
  return (text) => pattern.test(withoutEscapes(withoutStamps(text)));
}

function nameOf(address: Address): string {
  switch (address.kind) {
    case "phone":
      return address.phone;
    case "user":
      return address.user_id;
    case "group":
      return address.group_id;
  }
}

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);
}
