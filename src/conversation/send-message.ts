/**
 * The way out, on the Worker's side: the row in D1 that claims the message, the send at the
 * conversation's object, and what became of it back into the row.
 */
import type { Address } from "../customer/address.ts";
import { DeadlineExceeded, withDeadline } from "../deadline.ts";
import type { Problem } from "../http/problem.ts";
import type { SendRequest } from "../messages/send-request.ts";
import { createDatabase, type Database } from "../store/database.ts";
import { findFallback } from "../store/fallbacks.ts";
import type { MessageRow } from "../store/messages.ts";
import { callConversation } from "./call-conversation.ts";
import { NOT_CLAIMED } from "./claim-fallback.ts";
import type { SendClaim } from "./claim-of.ts";
import { claimSends } from "./claim-sends.ts";
import type { Sent } from "./conversation-answer.ts";
import { NOTHING_SENT, whyNotReached, whyNotTaken } from "./erased-meanwhile.ts";
import type { OutgoingMessage } from "./outgoing-message.ts";
import { prepareSend, type PreparedSend, type PreparedSendResult } from "./prepare-send.ts";
import { recordSent, withProgress } from "./record-sent.ts";
import { unavailable } from "./unavailable.ts";

/** How long a repeated request waits for the first one's outcome. */
const CONCURRENT_WAIT_MS = 10_000;

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
  let result: PreparedSendResult;
  try {
    result = await prepareSend(env, database, request, phoneNumberId, claim);
  } catch (error) {
    return refused(unavailable("nothing_sent", null, error));
  }
  if (result.ok) return sendPrepared(env, database, result.prepared);
  return result.earlier === null
    ? refused(result.problem)
    : repeatClaim(env, database, result.earlier, claim.requestHash, null);
}

/** Claims the row and sends; where the key was used before, what came of that. */
async function sendPrepared(
  env: Env,
  database: Database,
  prepared: PreparedSend,
): Promise<SendOutcome> {
  const [claimed] = await claimSends(database, [prepared]);
  if (claimed === undefined) return refused(NOTHING_SENT);
  const { send, claim } = claimed;
  const { outgoing, address } = send;
  if ("code" in claim) return refused(claim);
  if (claim.id === outgoing.id) return dispatch(env, database, claim, outgoing, address);
  return repeatClaim(env, database, claim, send.claim.message.request_hash ?? "", address);
}

/** The first request of a key holds the claim; this one waits for what came of it, or resumes it. */
export async function repeatClaim(
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
  if (row.state !== "pending") {
    return answerWith(row.id, true, () => sentInstead(database, row));
  }
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
    return refused(await whyNotReached(env, database, row, error));
  }
  if (sent === null) return refused(await whyNotTaken(env, database, row));
  const { conversation, fallback } = sent;
  if (fallback?.report.state === "queued" && fallback.report.error?.code === NOT_CLAIMED) {
    // D1 did not answer the object: the caller need not wait for it once more.
    const reason = new Error(NOT_CLAIMED);
    return refused(unavailable("outcome_not_read", row.id, reason));
  }
  await recordSent(env, database, row.conversation_id, sent);
  return answerWith(row.id, false, async () => {
    const shown = await sentInstead(database, withProgress(row, sent));
    return shown.id === fallback?.message_id
      ? withProgress(shown, { conversation, progress: fallback })
      : shown;
  });
}

async function answerWith(
  messageId: string,
  replayed: boolean,
  read: () => Promise<MessageRow>,
): Promise<SendOutcome> {
  try {
    return { kind: "sent", row: await read(), replayed };
  } catch (error) {
    return refused(unavailable("outcome_not_read", messageId, error));
  }
}

/** The message that reached the customer: the fallback where the session window was closed. */
async function sentInstead(database: Database, row: MessageRow): Promise<MessageRow> {
  if (row.state !== "failed" || row.send_options === null) return row;
  const outgoing: OutgoingMessage = JSON.parse(row.send_options);
  return outgoing.fallback === undefined ? row : ((await findFallback(database, row.id)) ?? row);
}

function refused(problem: Problem): SendOutcome {
  return { kind: "refused", problem };
}
