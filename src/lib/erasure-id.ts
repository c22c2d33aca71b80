/**
 * Ids that record an erasure without naming the person: the platform derives a Durable Object's id
 * from its name under a key that only the platform has, so a reader of D1 can't recover the address by
 * trying every phone.
 */
import { type Address, conversationName } from "./address.ts";

/** No business number has this id, so an erasure's id never equals a conversation's. */
const NO_NUMBER = "erased";

/** The id that records the erasure of an address; the Durable Object of this id is never created. */
export function erasureId(
  objects: Pick<DurableObjectNamespace, "idFromName">,
  address: Address,
): string {
  return objects.idFromName(conversationName(NO_NUMBER, address)).toString();
}

/** The same for the idempotency key of an erased message: a retry must not send that message again. */
export function erasedKeyId(
  objects: Pick<DurableObjectNamespace, "idFromName">,
  sentBy: string,
  idempotencyKey: string,
): string {
  return objects.idFromName(JSON.stringify([NO_NUMBER, sentBy, idempotencyKey])).toString();
}
