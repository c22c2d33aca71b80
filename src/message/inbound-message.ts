/** A message from a webhook, as an object's inbox stores it until D1 has it. */
import type { Address } from "../lib/address.ts";

/** What Meta says about the customer; the phone or the BSUID may be absent. */
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
  /** The address of the message's conversation. */
  address: Address;
  person: Person;
  /** The new addresses of the person, from a system message. */
  changed_to: readonly Address[];
  /** The message that a reaction, an edit or a revoke refers to. */
  target_wamid: string | null;
  /** Meta's whole message object as JSON text, so that large numbers keep their digits. */
  payload: string;
  /** The id of the webhook request. */
  request_id?: string;
};
