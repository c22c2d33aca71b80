/** A message that came in by webhook, as it stands in an object's inbox until it is in D1. */
import type { Address } from "../lib/address.ts";

/** What Meta told of the person at the other end; a phone may be absent, a BSUID too. */
export type Person = {
  /** As Meta spelled it. */
  wa_id: string | null;
  user_id: string | null;
  parent_user_id: string | null;
  username: string | null;
  name: string | null;
};

export type InboundMessage = {
  id: string;
  wamid: string;
  phone_number_id: string;
  /** `outbound` for an echo of what the business sent from its own phone. */
  direction: "inbound" | "outbound";
  type: string;
  /** Milliseconds, by Meta's clock. */
  at: number;
  received_at: number;
  /** Which conversation it belongs to. */
  address: Address;
  person: Person;
  /** The addresses a system message says this person has from now on. */
  changed_to: readonly Address[];
  /** What a reaction, an edit or a revoke is about. */
  target_wamid: string | null;
  /** Meta's message object, whole, as JSON text: numbers keep their digits on every way. */
  payload: string;
  /** The webhook it came with. */
  request_id?: string;
};
