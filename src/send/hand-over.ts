/**
 * Hands messages to their conversations' objects. For a moment during a deploy an object may still be of
 * 0.1.0, which has none of these methods and writes no rows: then the Worker claims the key and inserts the
 * row before that object gets the message.
 */
import { conversations } from "../conversation/client.ts";
import { conversationProjection, sendProjection } from "../conversation/state/projection.ts";
import { newConversation } from "../conversation/state/state.ts";
import type { Dispatch, Dispatched, Queued } from "../conversation/rpc.ts";
import type { LentWriter } from "../conversation/sync/writer.ts";
import type { Address } from "../lib/address.ts";
import type { OutgoingMessage } from "../message/outgoing-message.ts";
import { createDatabase } from "../store/d1.ts";
import { claimKeys } from "../store/idempotency-keys.ts";
import { project } from "../store/projection.ts";

/** The platform's error for a method that the object's class lacks. */
const NO_METHOD = "does not implement the method";

/** A revision below all that an object reports. */
const BEFORE_ALL_REPORTS = 0;

/** Sends a message at its conversation's object, or leaves it there to wait. */
export async function dispatch(
  env: Env,
  conversationId: string,
  given: Dispatch,
): Promise<Dispatched> {
  try {
    return await conversations(env).dispatch(conversationId, given);
  } catch (error) {
    if (!isOfOldObject(error)) throw error;
  }
  const { message, address, key } = given;
  if (key !== null) {
    const claim = { ...key, message_id: message.id, conversation_id: conversationId };
    const [answer] = await claimKeys(createDatabase(env), [claim]);
    if (answer !== undefined && answer.kind !== "ours") return { kind: "not_ours", answer };
  }
  await insertRows(env, conversationId, [message]);
  const sent = await conversations(env).send(conversationId, message, address);
  if (sent === null) return { kind: "not_taken" };
  const { progress, conversation } = sent;
  await project(createDatabase(env), {
    conversations: [conversation],
    messages: [],
    sends: [sendProjection(conversation.id, progress)],
  });
  return { kind: "sent", sent, shown: { row: null, fallback: null } };
}

/** Queues messages at their conversation's object; returns the ids of those that it did not take. */
export async function queue(
  env: Env,
  conversationId: string,
  given: { messages: readonly OutgoingMessage[]; address: Address | null; writer: LentWriter },
): Promise<Queued> {
  const { messages, address, writer } = given;
  try {
    return await conversations(env).queueMessages(conversationId, messages, address, writer);
  } catch (error) {
    if (!isOfOldObject(error)) throw error;
  }
  await insertRows(env, conversationId, messages);
  const refused = await conversations(env).enqueue(conversationId, messages, address);
  return { refused: refused ?? [] };
}

/**
 * Keeps messages in D1 whose object did not answer, and may or may not have them: upkeep hands them over
 * once more, and the object recognises what it has.
 */
export async function keepForUpkeep(
  env: Env,
  conversationId: string,
  given: { messages: readonly OutgoingMessage[]; address: Address | null },
): Promise<void> {
  const { messages, address } = given;
  const [first] = messages;
  if (first === undefined) return;
  const now = Date.now();
  await project(createDatabase(env), {
    // Its object did not speak yet: without a version it leaves an existing row as it is.
    conversations:
      address === null
        ? []
        : [
            conversationProjection(
              conversationId,
              newConversation(first.phone_number_id, address, now),
            ),
          ],
    messages: [],
    sends: messages.map((message) => ({
      ...rowBeforeReports(conversationId, message, now),
      state: "pending",
    })),
  });
}

function isOfOldObject(error: unknown): boolean {
  return error instanceof Error && error.message.includes(NO_METHOD);
}

/** Its object reports the progress by itself. */
async function insertRows(
  env: Env,
  conversationId: string,
  messages: readonly OutgoingMessage[],
): Promise<void> {
  const now = Date.now();
  await project(createDatabase(env), {
    conversations: [],
    messages: [],
    sends: messages.map((message) => rowBeforeReports(conversationId, message, now)),
  });
}

function rowBeforeReports(conversationId: string, message: OutgoingMessage, now: number) {
  return sendProjection(conversationId, {
    message_id: message.id,
    revision: BEFORE_ALL_REPORTS,
    report: { state: message.ready_at > now ? "scheduled" : "queued", error: null },
    message,
  });
}
