/**
 * The Worker's way out: claims the message by its row in D1, sends it at the conversation's object, and
 * writes the outcome back into the row.
 */
import { conversations } from "../conversation/client.ts";
import { sendProjection } from "../conversation/projection.ts";
import type { Sent } from "../conversation/rpc.ts";
import type { Address } from "../lib/address.ts";
import { DeadlineExceeded, withDeadline } from "../lib/deadline.ts";
import { errorMembers, log } from "../lib/log.ts";
import type { Problem } from "../lib/problem.ts";
import { NOT_CLAIMED } from "../message/fallback.ts";
import { type OutgoingMessage, readOutgoing } from "../message/outgoing-message.ts";
import { dropPlaceholder } from "../store/conversations.ts";
import { createDatabase, type Database } from "../store/d1.ts";
import type { MessageRow } from "../store/messages.ts";
import { findFallback } from "../store/sends.ts";
import { NOTHING_SENT, unavailable, whyNotReached, whyNotTaken } from "./answers.ts";
import { claimSends } from "./claim-sends.ts";
import type { SendClaim } from "./claim.ts";
import { type PreparedSend, type PreparedSendResult, prepareSend } from "./prepare.ts";
import type { SendRequest } from "./request.ts";

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

/** Claims the row and sends; where the key was used before, returns the earlier outcome. */
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

/** Waits for the outcome of the key's first request, or resumes that request if it was interrupted. */
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
    const sending = dispatch(env, database, row, readOutgoing(row), address);
    const outcome = await withDeadline(sending, CONCURRENT_WAIT_MS);
    return outcome.kind === "sent" ? { ...outcome, replayed: true } : outcome;
  } catch (error) {
    if (!(error instanceof DeadlineExceeded)) throw error;
    const detail = "The first request with this key is still running: repeat this one in a moment.";
    return refused({ code: "idempotency_in_progress", detail, members });
  }
}

/** Hands the claimed message to its conversation's object, which brings the outcome into D1. */
async function dispatch(
  env: Env,
  database: Database,
  row: MessageRow,
  outgoing: OutgoingMessage,
  address: Address | null,
): Promise<SendOutcome> {
  let sent: Sent | null;
  try {
    sent = await conversations(env).send(row.conversation_id, outgoing, address);
  } catch (error) {
    return refused(await whyNotReached(env, database, row, error));
  }
  if (sent === null) return refused(await whyNotTaken(env, database, row));
  const { conversation, fallback } = sent;
  if (fallback?.report.state === "queued" && fallback.report.error?.code === NOT_CLAIMED) {
    // D1 did not answer the object, so it is not asked a second time.
    const reason = new Error(NOT_CLAIMED);
    return refused(unavailable("outcome_not_read", row.id, reason));
  }
  await dropOldPlaceholder(database, row.conversation_id, sent);
  return answerWith(row.id, false, async () => {
    const shown = await sentInstead(database, withProgress(row, sent));
    return shown.id === fallback?.message_id
      ? withProgress(shown, { conversation, progress: fallback })
      : shown;
  });
}

/** Cancels a message that has not left yet. Returns its new state; null if it is erased. */
export async function cancelMessage(
  env: Env,
  database: Database,
  row: MessageRow,
): Promise<MessageRow | null> {
  if (row.direction === "inbound") return row;
  const sent = await conversations(env).cancel(row.conversation_id, row.id);
  if (sent === null) {
    const fate = await conversations(env).fateOf(row.conversation_id, row.id, row.created_at);
    return fate === "not_erased" ? row : null;
  }
  await dropOldPlaceholder(database, row.conversation_id, sent);
  return withProgress(row, sent);
}

/** The row that the claim made for the conversation, if the conversation is another's by now. */
async function dropOldPlaceholder(
  database: Database,
  claimedConversationId: string,
  { conversation, progress, in_d1 }: Sent,
): Promise<void> {
  if (conversation.id === claimedConversationId || in_d1 !== true) return;
  try {
    await dropPlaceholder(database, claimedConversationId);
  } catch (error) {
    log("error", "placeholder_left", { message_id: progress.message_id, ...errorMembers(error) });
  }
}

/** The row as D1 has it once the progress is recorded. */
function withProgress(
  row: MessageRow,
  { conversation, progress }: Pick<Sent, "conversation" | "progress">,
): MessageRow {
  const { state, wamid, error, failed_at, state_revision } = sendProjection(
    conversation.id,
    progress,
  );
  const { phone, wa_id, user_id, username, profile_name, read_up_to } = conversation;
  return {
    ...row,
    conversation_id: conversation.id,
    state,
    wamid: row.wamid ?? wamid,
    error,
    failed_at,
    state_revision,
    conversation: {
      ...row.conversation,
      phone,
      wa_id,
      user_id,
      username,
      profile_name,
      read_up_to,
    },
  };
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

/** The message that the customer got: the fallback where the session window was closed. */
async function sentInstead(database: Database, row: MessageRow): Promise<MessageRow> {
  if (row.state !== "failed" || row.send_options === null) return row;
  return readOutgoing(row).fallback === undefined
    ? row
    : ((await findFallback(database, row.id)) ?? row);
}

function refused(problem: Problem): SendOutcome {
  return { kind: "refused", problem };
}
