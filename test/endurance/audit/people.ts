import assert from "node:assert/strict";
import type { SeededRandom } from "../../../simulator/seeded-random.ts";
import type { Simulator } from "../../../simulator/simulator.ts";

/** A customer, as Meta and the business see them. */
export type Person = {
  /** National number: ten digits of Mexico. */
  digits: string;
  userId: string;
  /** Then the business knows the user id alone. */
  hidesPhone: boolean;
};

const FIRST_NUMBER = 9_982_220_001;
const HIDES_PHONE_EVERY = 5;
const NAMES = ["Ana Ñúñez", "José 🐕 Pérez", "María", 'Luis "Güero" O\'Hara', "Zoë \\ Ibáñez"];

export function createPeople(simulator: Simulator, count: number): Person[] {
  return Array.from({ length: count }, (_, index) => {
    const digits = String(FIRST_NUMBER + index);
    const hidesPhone = index % HIDES_PHONE_EVERY === HIDES_PHONE_EVERY - 1;
    const name = NAMES[index % NAMES.length] ?? null;
    const customer = simulator.customers.put(`+52${digits}`, { name, hidesPhone });
    assert.ok(typeof customer?.userId === "string", "Every customer has a user id.");
    return { digits, userId: customer.userId, hidesPhone };
  });
}

/** What distinguishes this person's conversation from others, as `contact` in the API shows it. */
export function identityOf({ digits, userId, hidesPhone }: Person): string {
  return hidesPhone ? userId : `+52${digits}`;
}

/** How the API's filter names this person. */
export function contactOf({ digits, userId, hidesPhone }: Person): string {
  return hidesPhone ? userId : `52${digits}`;
}

/** A conversation is one customer on one business number. */
export function conversationKey(phoneNumberId: string, identity: string): string {
  return `${phoneNumberId}/${identity}`;
}

/** How a sender may name this person: any spelling of the phone, or the user id. */
export function recipientOf(person: Person, random: SeededRandom): Record<string, string> {
  if (person.hidesPhone) return { recipient: person.userId };
  const { digits } = person;
  const spellings = [
    `+52${digits}`,
    `521${digits}`,
    `+52 ${digits.slice(0, 3)} ${digits.slice(3, 6)} ${digits.slice(6)}`,
    `+52 1 (${digits.slice(0, 3)}) ${digits.slice(3, 6)}-${digits.slice(6)}`,
  ];
  return { to: pick(spellings, random) };
}

export function pick<Item>(items: readonly Item[], random: SeededRandom): Item {
  const item = items[random.below(items.length)];
  assert.ok(item !== undefined, "There is something to pick.");
  return item;
}
