import { type Address, conversationName } from "./address.ts";

/** No business number is called so: such an id is no conversation's. */
const NO_NUMBER = "erased";

/**
 * The id under which it is noted that an address was erased: that of a Durable Object which never
 * comes to be. It is a digest of the address under a key that the platform alone has, so that nobody
 * who reads it finds the address by trying all there are.
 */
export function erasureId(
  objects: Pick<DurableObjectNamespace, "idFromName">,
  address: Address,
): string {
  return objects.idFromName(conversationName(NO_NUMBER, address)).toString();
}

/** The same for an idempotency key of a message that was erased: what it sent must not be sent again. */
export function erasedKeyId(
  objects: Pick<DurableObjectNamespace, "idFromName">,
  sentBy: string,
  idempotencyKey: string,
): string {
  return objects.idFromName(JSON.stringify([NO_NUMBER, sentBy, idempotencyKey])).toString();
}
