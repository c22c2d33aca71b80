/** Finds which entry of a webhook value's `contacts` describes a person. */
import { addressNamed, identityOf, namedPair, type NamedPair } from "../lib/address.ts";
import { type JsonObject, textMember } from "../lib/json.ts";

/** Maps, because one value may contain a thousand contacts. */
export class Contacts {
  readonly #contacts: readonly JsonObject[];
  readonly #byUserId: ReadonlyMap<string, number>;
  /** Made at the first look-up by phone: a look-up by BSUID does not need it. */
  #byPhone: ReadonlyMap<string, number> | null = null;
  /** Contacts without a BSUID: one with another BSUID would be another person. */
  #byPhoneAlone: ReadonlyMap<string, number> | null = null;

  constructor(contacts: readonly JsonObject[]) {
    this.#contacts = contacts;
    this.#byUserId = placesBy(contacts, (contact) => pairOf(contact).user_id);
  }

  /** The contact with this phone or BSUID; else the only contact, unless it is another person's. */
  of(waId: string | null, userId: string | null): JsonObject | null {
    if (this.#contacts.length === 0) return null;
    const places = [
      userId === null ? undefined : this.#byUserId.get(userId),
      waId === null ? undefined : this.#placeByPhone(waId, userId),
    ].filter((place) => place !== undefined);
    return places.length > 0
      ? (this.#contacts[Math.min(...places)] ?? null)
      : this.#only(waId, userId);
  }

  #placeByPhone(waId: string, userId: string | null): number | undefined {
    if (userId === null) {
      this.#byPhone ??= placesBy(this.#contacts, phoneMember);
      return this.#byPhone.get(spelling(waId));
    }
    this.#byPhoneAlone ??= placesBy(this.#contacts, (contact) =>
      pairOf(contact).user_id === null ? phoneMember(contact) : null,
    );
    return this.#byPhoneAlone.size === 0 ? undefined : this.#byPhoneAlone.get(spelling(waId));
  }

  #only(waId: string | null, userId: string | null): JsonObject | null {
    const [only, ...more] = this.#contacts;
    if (only === undefined || more.length > 0) return null;
    const named = pairOf(only);
    const contradicts =
      (userId !== null && named.user_id !== null) || (waId !== null && named.wa_id !== null);
    return contradicts ? null : only;
  }
}

/** The first position of each key; contacts without a key are left out. */
function placesBy(
  contacts: readonly JsonObject[],
  keyOf: (contact: JsonObject) => string | null,
): Map<string, number> {
  const places = new Map<string, number>();
  for (const [place, contact] of contacts.entries()) {
    const key = keyOf(contact);
    if (key !== null && !places.has(key)) places.set(key, place);
  }
  return places;
}

/** A contact's phone and BSUID. */
export function pairOf(contact: JsonObject): NamedPair {
  return namedPair(textMember(contact, "wa_id"), textMember(contact, "user_id"));
}

function phoneMember(contact: JsonObject): string | null {
  const { wa_id } = pairOf(contact);
  return wa_id === null ? null : spelling(wa_id);
}

/** One form for all spellings of a phone: the same mobile number has several in Mexico or Brazil. */
function spelling(waId: string): string {
  return identityOf(addressNamed(waId));
}

/**
 * About twice the longest id that Meta documents, a BSUID. Rows, states and queue messages contain ids,
 * and a longer text in the place of an id could make them too large.
 */
export const ID_MAX_CHARACTERS = 256;

/** The member if it is short enough to be an id, else null. */
export function idMember(object: JsonObject | null, member: string): string | null {
  const id = textMember(object, member);
  return id === null || id.length > ID_MAX_CHARACTERS ? null : id;
}

/** Where an event is in the body. */
export type ChangeContext = {
  phoneNumberId: string | null;
  /** Digits of the business number itself. */
  displayPhoneNumber: string | null;
  contacts: Contacts;
  receivedAt: number;
};
