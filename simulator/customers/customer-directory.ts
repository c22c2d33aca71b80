import type { Identifiers } from "../identifiers.ts";
import type { Customer, CustomerChanges } from "./customer.ts";
import { canonicalWaId, countryOf, phoneDigits } from "./customer.ts";

/** Who is who: finds a person by any spelling of the phone, or by BSUID. */
export interface CustomerDirectory {
  all(): readonly Customer[];
  find(address: string): Customer | undefined;
  /** Adds the person of this phone, or changes the one who is there; undefined when it is no phone. */
  put(phone: string, changes?: CustomerChanges): Customer | undefined;
}

export function customerDirectory(identifiers: Identifiers): CustomerDirectory {
  const customers: Customer[] = [];

  function find(address: string): Customer | undefined {
    const digits = phoneDigits(address);
    if (digits === null) return customers.find(({ userId }) => userId === address);
    const waId = canonicalWaId(digits);
    return customers.find(
      (customer) => customer.waId === waId || customer.otherNumbers.includes(digits),
    );
  }

  function newcomer(waId: string): Customer {
    return {
      waId,
      userId: identifiers.bsuid(countryOf(waId)),
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
