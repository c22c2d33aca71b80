/**
 * The way out, on the Worker's side: the row in D1 that claims the message, the send at the
 * conversation's object, and what became of it back into the row.
 */
import type { Address } from "../customer/address.ts";
import { DeadlineExceeded, withDeadline } from "../deadline.ts";
import { errorMembers, log } from "../log.ts";
import type { Problem } from "../http/problem.ts";
import type { SendRequest } from "../messages/send-request.ts";
import { d1Failure } from "../store/d1-failure.ts";
import { createDatabase, type Database } from "../store/database.ts";
import { claimMessage, type Claim, type MessageRow } from "../store/messages.ts";
import { callConversation } from "./call-conversation.ts";
import type { SendClaim } from "./claim-of.ts";
import type { Sent } from "./conversation.ts";
import type { OutgoingMessage } from "./outgoing-message.ts";
import { prepareSend, type PreparedSend } from "./prepare-send.ts";
import { recordSent, withProgress } from "./record-sent.ts";

/** How long a repeated request waits for the first one's outcome. */
const CONCURRENT_WAIT_MS = 10_000;

/** How long a caller waits for D1 to store the message. */
const CLAIM_DEADLINE_MS = 3000;

export type SendOutcome =
  | { kind: "sent"; row: MessageRow; replayed: boolean }
  | { kind: "refused"; problem: Problem };

/** Sends a message, once for each idempotency key. */
export async function sendMessage(
  env: Env,
  request: SendRequest,
  phoneNumberId: string,
  claim: SendClaim,
): Promise<SendOutcome> {
  const database = createDatabase(env.DB);
  const result = await prepareSend(env, database, request, phoneNumberId, claim);
  return result.ok ? sendPrepared(env, database, result.prepared) : refused(result.problem);
}

/** Claims the row and sends; where the key was used before, what came of that. */
export async function sendPrepared(
  env: Env,
  database: Database,
  { outgoing, claim, address }: PreparedSend,
): Promise<SendOutcome> {
  const row = await claimInTime(database, claim);
  if (row === null) {
    const detail =
      "The message could not be stored for certain. If it was, it is sent by itself within minutes: repeat the request only with the same Idempotency-Key, or look the message up.";
    return refused({ code: "unavailable", detail, members: { message_id: outgoing.id } });
  }
  if (row.id === outgoing.id) return dispatch(env, database, row, outgoing, address);
  return repeatClaim(env, database, row, claim.message.request_hash ?? "", address);
}

/** The row that holds the claim; null where D1 failed or hung, and nobody knows whether it took it. */
async function claimInTime(database: Database, claim: Claim): Promise<MessageRow | null> {
  try {
    return await withDeadline(claimMessage(database, claim), CLAIM_DEADLINE_MS);
  } catch (error) {
    if (d1Failure(error) === "content") throw error;
    log("error", "claim_not_stored", { message_id: claim.message.id, ...errorMembers(error) });
    return null;
  }
}

/** The first request of a key holds the claim; this one waits for what came of it, or resumes it. */
async function repeatClaim(
  env: Env,
  database: Database,
  row: MessageRow,
  requestHash: string,
  address: Address | null,
): Promise<SendOutcome> {
  const members = { message_id: row.id };
  if (row.request_hash !== requestHash) {
    const detail =
      "This Idempotency-Key came with another body before: use a new key for a new message.";
    return refused({ code: "idempotency_key_reused", detail, members });
  }
  if (row.state !== "pending") return { kind: "sent", row, replayed: true };
  try {
    const outgoing: OutgoingMessage = JSON.parse(row.send_options ?? "null");
    const sending = dispatch(env, database, row, outgoing, address);
    const outcome = await withDeadline(sending, CONCURRENT_WAIT_MS);
    return outcome.kind === "sent" ? { ...outcome, replayed: true } : outcome;
  } catch (error) {
    if (!(error instanceof DeadlineExceeded)) throw error;
    const detail = "The first request with this key is still under way: ask again in a moment.";
    return refused({ code: "idempotency_in_progress", detail, members });
  }
}

/** Hands the claimed message to its conversation and brings the outcome into D1. */
async function dispatch(
  env: Env,
  database: Database,
  row: MessageRow,
  outgoing: OutgoingMessage,
  address: Address | null,
): Promise<SendOutcome> {
  const id = env.CONVERSATION.idFromString(row.conversation_id);
  let sent: Sent | null;
  try {
    sent = await callConversation(env.CONVERSATION, id, (stub) => stub.send(outgoing, address));
  } catch (error) {
    log("error", "conversation_not_reached", { message_id: row.id, ...errorMembers(error) });
    const detail =
      "Its conversation did not answer. The message stands and is sent by itself within minutes: repeat the request only with the same Idempotency-Key, or look the message up.";
    return refused({ code: "unavailable", detail, members: { message_id: row.id } });
  }
  if (sent === null) throw new Error("a conversation with a row has no object");
  await recordSent(env, database, row.conversation_id, sent);
  return { kind: "sent", row: withProgress(row, sent), replayed: false };
}

function refused(problem: Problem): SendOutcome {
  return { kind: "refused", problem };
}
