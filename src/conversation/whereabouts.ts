/** Where else the person of a conversation is known: pure. */
import type { Address } from "../customer/address.ts";
import { addressesOf } from "./conversation-state.ts";
import type { ConversationRecord } from "./conversation-storage.ts";

export type Whereabouts = {
  /** Every address of the person. */
  addresses: readonly Address[];
  /** The objects that this one leads to. */
  leads_to: readonly string[];
  /** Whether a conversation is on its way from here to another object. */
  moving: boolean;
};

/** What an object knows; null where nobody is. */
export function whereaboutsOf(record: ConversationRecord): Whereabouts | null {
  switch (record.kind) {
    case "empty":
    case "erased":
      return null;
    case "live": {
      const { state, leaving } = record;
      return { addresses: addressesOf(state), leads_to: [], moving: leaving !== null };
    }
    case "moved": {
      const { to, departing } = record;
      // A phone that was given to someone else leads to that person and tells nothing of this one.
      return { addresses: [], leads_to: [to], moving: departing !== null };
    }
  }
}
