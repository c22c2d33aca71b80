/** The contacts that a webhook value brings along, found by identity. */
import { addressNamed, identityOf, namedPair, type NamedPair } from "../lib/address.ts";
import { type JsonObject, textMember } from "../lib/json.ts";

/** One value may speak of a thousand people: each is looked up, not searched for. */
export class Contacts {
  readonly #contacts: readonly JsonObject[];
  readonly #byUserId: ReadonlyMap<string, number>;
  /** Made when somebody is first sought by phone, which a BSUID makes needless. */
  #byPhone: ReadonlyMap<string, number> | null = null;
  /** Those without a BSUID, which could contradict. */
  #byPhoneAlone: ReadonlyMap<string, number> | null = null;

  constructor(contacts: readonly JsonObject[]) {
    this.#contacts = contacts;
    this.#byUserId = placesBy(contacts, (contact) => pairOf(contact).user_id);
  }

  /** The contact that speaks of this person: by identity, else the only one unless it contradicts. */
  of(waId: string | null, userId: string | null): JsonObject | null {
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

/** Where each key stands first; a contact without one is left out. */
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

/** By what a contact is known. */
export function pairOf(contact: JsonObject): NamedPair {
  return namedPair(textMember(contact, "wa_id"), textMember(contact, "user_id"));
}

function phoneMember(contact: JsonObject): string | null {
  const { wa_id } = pairOf(contact);
  return wa_id === null ? null : spelling(wa_id);
}

/** By which a `wa_id` is matched. */
function spelling(waId: string): string {
  return identityOf(addressNamed(waId));
}

/**
 * Twice the longest id that Meta documents, a BSUID. Rows, states and queue messages name people and
 * numbers by ids, and have no room for what only stands where one should.
 */
export const ID_MAX_CHARACTERS = 256;

/** The member if it is short enough to be an id, else null. */
export function idMember(object: JsonObject, member: string): string | null {
  const id = textMember(object, member);
  return id === null || id.length > ID_MAX_CHARACTERS ? null : id;
}

/** Where an event stands in the body. */
export type ChangeContext = {
  phoneNumberId: string | null;
  /** Digits of the business number itself. */
  displayPhoneNumber: string | null;
  contacts: Contacts;
  receivedAt: number;
};
