/** Whether a message belongs to the conversation whose object it came to: pure. */
import type { Address } from "../customer/address.ts";
import { userIdsOf, type ConversationState } from "./conversation-state.ts";
import type { InboundMessage } from "./inbound-message.ts";

export type Whose =
  | { kind: "ours" }
  /** Another BSUID's: a phone's late message from before it was recycled. */
  | { kind: "another"; address: Address }
  /** Someone else has this phone now: who had it moves to the object of its own BSUID. */
  | { kind: "recycled"; owner: Address; heir: Address };

/**
 * A BSUID is one person's. Where a phone known with one comes with another, and the message itself
 * does not say that the person changed it, the operator has given the number to someone else.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/business-scoped-user-ids
 */
export function whoseMessage(state: ConversationState, message: InboundMessage): Whose {
  const userId = message.person.user_id;
  const known = userIdsOf(state);
  if (
    message.address.kind === "group" ||
    userId === null ||
    known.length === 0 ||
    known.includes(userId) ||
    message.changed_to.length > 0
  ) {
    return { kind: "ours" };
  }
  const sender: Address = { kind: "user", user_id: userId };
  if (state.address.kind !== "phone") return { kind: "another", address: sender };
  const owner = state.person.user_id?.value ?? known[0];
  return owner === undefined
    ? { kind: "ours" }
    : { kind: "recycled", owner: { kind: "user", user_id: owner }, heir: sender };
}
