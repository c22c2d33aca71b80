import * as v from "valibot";
import type { Scene } from "./scene.ts";

const acceptedSend = v.object({ id: v.string() });
const refusedSend = v.object({ message_id: v.string() });

/**
 * Has a message sent, repeating the request under one key until there is an answer; without a key it
 * is requested once, whatever comes of it.
 *
 * @param conversation whose it must become, see `conversationKey`
 * @param requestOf makes the body from the key, which its text must contain
 */
export async function orderSend(
  { clinic, ledger }: Scene,
  conversation: string,
  requestOf: (key: string) => object,
  { isRepeated = true }: { isRepeated?: boolean } = {},
): Promise<void> {
  const key = `[send-${ledger.sends.length + 1}]`;
  const position = ledger.sends.length;
  const unanswered = { answer: null, messageId: null, wasInterrupted: false };
  const request = requestOf(key);
  const send = { key, isRepeated, request, conversation, ...unanswered };
  ledger.sends.push(send);
  const { status, body, wasInterrupted } = isRepeated
    ? await clinic.call("POST", "/v1/messages", request, { "idempotency-key": key })
    : await clinic.callOnce("POST", "/v1/messages", request);
  const messageId = v.is(acceptedSend, body)
    ? body.id
    : v.is(refusedSend, body)
      ? body.message_id
      : null;
  ledger.sends[position] = { ...send, answer: status, messageId, wasInterrupted };
}
