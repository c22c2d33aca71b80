import type { Customer } from "../customers/customer.ts";

/** Meta, "Customer service windows": 24 hours from the customer's last message or call. */
const SESSION_WINDOW_MS = 24 * 60 * 60 * 1000;

/** The open session windows, one per customer and business number. */
export interface SessionWindows {
  /** `at` in Unix milliseconds, by the message's own timestamp. */
  open(phoneNumberId: string, customer: Customer, at: number): void;
  isOpen(phoneNumberId: string, customer: Customer, now: number): boolean;
}

export function sessionWindows(): SessionWindows {
  const lastWritten = new Map<string, Map<Customer, number>>();

  return {
    open(phoneNumberId, customer, at) {
      const ofNumber = lastWritten.get(phoneNumberId) ?? new Map<Customer, number>();
      lastWritten.set(phoneNumberId, ofNumber);
      ofNumber.set(customer, Math.max(at, ofNumber.get(customer) ?? at));
    },
    isOpen(phoneNumberId, customer, now) {
      const last = lastWritten.get(phoneNumberId)?.get(customer);
      return last !== undefined && now - last < SESSION_WINDOW_MS;
    },
  };
}
