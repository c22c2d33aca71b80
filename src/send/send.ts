/**
 * The Worker's way out: hands the message to its conversation's object, which claims the idempotency key,
 * sends, and brings the row into D1.
 */
import { conversations } from "../conversation/client.ts";
import { createDatabase, type Database } from "../store/d1.ts";
import type { MessageRow } from "../store/messages.ts";
import { MAYBE_SENT, unavailable } from "./answers.ts";
import type { SendClaim } from "./claim.ts";
import {
  dispatchOrExplain,
  outcomeOf,
  refused,
  type SendOutcome,
  withProgress,
} from "./outcome.ts";
import { type PreparedSend, type PreparedSendResult, prepareSend } from "./prepare.ts";
import { repeatSend } from "./repeat.ts";
import type { SendRequest } from "./request.ts";

/** Sends a message, once for each idempotency key. */
export async function sendMessage(
  env: Env,
  request: SendRequest,
  phoneNumberId: string,
  claim: SendClaim,
): Promise<SendOutcome> {
  const database = createDatabase(env);
  let result: PreparedSendResult;
  try {
    result = await prepareSend(env, database, request, phoneNumberId, claim);
  } catch (error) {
    return refused(unavailable("nothing_sent", null, error));
  }
  if (result.ok) return sendPrepared(env, database, result.prepared);
  const { problem, earlier } = result;
  return earlier === null
    ? refused(problem)
    : repeatSend(env, database, earlier, claim.requestHash, { problem });
}

async function sendPrepared(
  env: Env,
  database: Database,
  prepared: PreparedSend,
): Promise<SendOutcome> {
  const { outgoing: message, conversationId, address, key } = prepared;
  const given = { message, address, key };
  const dispatched = await dispatchOrExplain(env, database, conversationId, given);
  if ("code" in dispatched) return refused(dispatched);
  if (dispatched.kind === "sent") return outcomeOf(database, dispatched, false);
  const { answer } = dispatched;
  switch (answer.kind) {
    case "erased":
      return refused(MAYBE_SENT);
    case "unknown":
      return refused(unavailable("nothing_sent", null, new Error(answer.reason)));
    case "earlier":
      return repeatSend(env, database, answer.holder, key?.request_hash ?? "", { prepared });
  }
}

/** Cancels a message that has not left yet. Returns its new state; null if it is erased. */
export async function cancelMessage(env: Env, row: MessageRow): Promise<MessageRow | null> {
  if (row.direction === "inbound") return row;
  const sent = await conversations(env).cancel(row.conversation_id, row.id);
  if (sent !== null) return withProgress(row, sent);
  const fate = await conversations(env).fateOf(row.conversation_id, row.id, row.created_at);
  return fate === "not_erased" ? row : null;
}
