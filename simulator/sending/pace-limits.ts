import type { Customer } from "../customers/customer.ts";
import type { GraphError } from "../graph/graph-error.ts";
import { graphError } from "../graph/graph-error.ts";

const SECOND_MS = 1000;
/** Meta, "Messaging throughput": one message every 6 seconds to one user … */
const PAIR_INTERVAL_MS = 6 * SECOND_MS;
/** … or 45 at once, borrowed from the time to come. */
const PAIR_BURST_MESSAGES = 45;

/** How fast a business number may send. */
export interface PaceLimits {
  /** Null when there is room for one more message at `now` (Unix milliseconds). */
  refusal(phoneNumberId: string, customer: Customer, now: number): GraphError | null;
  /** Counts an accepted message. */
  count(phoneNumberId: string, customer: Customer, now: number): void;
}

export function paceLimits(messagesPerSecond: number): PaceLimits {
  const lastSecond = new Map<string, number[]>();
  const paidUntil = new Map<string, Map<Customer, number>>();

  function recent(phoneNumberId: string, now: number): number[] {
    return (lastSecond.get(phoneNumberId) ?? []).filter((at) => now - at < SECOND_MS);
  }

  function paidAfterOneMore(phoneNumberId: string, customer: Customer, now: number): number {
    const paid = paidUntil.get(phoneNumberId)?.get(customer) ?? now;
    return Math.max(paid, now) + PAIR_INTERVAL_MS;
  }

  return {
    refusal(phoneNumberId, customer, now) {
      if (recent(phoneNumberId, now).length >= messagesPerSecond) {
        return graphError(130429, "Cloud API message throughput has been reached.");
      }
      const borrowedMs = paidAfterOneMore(phoneNumberId, customer, now) - now;
      return borrowedMs > PAIR_BURST_MESSAGES * PAIR_INTERVAL_MS
        ? graphError(
            131056,
            "Too many messages sent from this phone number to the same phone number in a short period of time.",
          )
        : null;
    },
    count(phoneNumberId, customer, now) {
      lastSecond.set(phoneNumberId, [...recent(phoneNumberId, now), now]);
      const ofNumber = paidUntil.get(phoneNumberId) ?? new Map<Customer, number>();
      ofNumber.set(customer, paidAfterOneMore(phoneNumberId, customer, now));
      paidUntil.set(phoneNumberId, ofNumber);
    },
  };
}
