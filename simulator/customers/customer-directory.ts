import type { Customer, CustomerChanges } from "./customer.ts";
import { canonicalWaId, phoneDigits } from "./customer.ts";
import { userIdOf } from "./user-id.ts";

/** Who is who: finds a person by any spelling of the phone, or by BSUID. */
export interface CustomerDirectory {
  all(): readonly Customer[];
  find(address: string): Customer | undefined;
  /** Adds the person of this phone, or changes the person who has it; undefined when it is no phone. */
  put(phone: string, changes?: CustomerChanges): Customer | undefined;
  /** The phone's own user id, or the next one if another person has or had that. */
  newUserId(waId: string): string;
}

export function customerDirectory(): CustomerDirectory {
  const customers: Customer[] = [];
  const generations = new Map<string, number>();

  function find(address: string): Customer | undefined {
    const digits = phoneDigits(address);
    if (digits === null) return customers.find(({ userId }) => userId === address);
    const waId = canonicalWaId(digits);
    return customers.find(
      (customer) => customer.waId === waId || customer.otherNumbers.includes(digits),
    );
  }

  function newUserId(waId: string): string {
    const generation = generations.get(waId) ?? 0;
    generations.set(waId, generation + 1);
    return userIdOf(waId, generation);
  }

  function newcomer(waId: string): Customer {
    return {
      waId,
      userId: newUserId(waId),
      parentUserId: null,
      name: null,
      username: null,
      hidesPhone: false,
      onWhatsApp: true,
      optedOut: false,
      otherNumbers: [],
      tellsUserId: false,
    };
  }

  return {
    all: () => customers,
    find,
    newUserId,
    put(phone, changes = {}) {
      const digits = phoneDigits(phone);
      if (digits === null) return undefined;
      let customer = find(phone);
      if (customer === undefined) {
        customer = newcomer(canonicalWaId(digits));
        customers.push(customer);
      }
      const given = Object.entries(changes).filter(([, value]) => value !== undefined);
      return Object.assign(customer, Object.fromEntries(given));
    },
  };
}
