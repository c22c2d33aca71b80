/**
 * The way out, on the Worker's side: the row in D1 that claims the message, the send at the
 * conversation's object, and what became of it back into the row.
 */
import type { FieldError, Problem } from "../http/problem.ts";
import { errorMembers, log } from "../log.ts";
import { DeadlineExceeded, withDeadline } from "../deadline.ts";
import { outboundMessageId } from "../messages/message-id.ts";
import type { SendRequest } from "../messages/send-request.ts";
import { dropUnspoken } from "../store/conversations.ts";
import { createDatabase, type Database } from "../store/database.ts";
import { claimMessage, type MessageRow } from "../store/messages.ts";
import { project } from "../store/projection.ts";
import { waitUntil } from "cloudflare:workers";
import { callConversation } from "./call-conversation.ts";
import { claimRow, type SendClaim } from "./claim-row.ts";
import { sendProjection } from "./conversation-projection.ts";
import type { Sent } from "./conversation.ts";
import type { Address } from "../customer/address.ts";
import type { OutgoingMessage } from "./outgoing-message.ts";
import { prepareContent } from "./prepare-content.ts";
import { resolveRecipient } from "./resolve-recipient.ts";

const HOUR_MS = 60 * 60 * 1000;

/** A reminder must not go out a day late. */
const DEFAULT_LIFETIME_MS = 24 * HOUR_MS;

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
  const destination = await resolveRecipient(env, database, request.recipient, phoneNumberId);
  if (destination === null) {
    const detail = "no conversation has this id";
    return refusedFor([{ pointer: "/conversation_id", detail }]);
  }
  const prepared = await prepareContent(database, request);
  if (!prepared.ok) {
    return refusedFor(prepared.errors, prepared.template ? "template_parameters" : undefined);
  }
  const now = Date.now();
  const readyAt = request.send_at ?? now;
  const outgoing: OutgoingMessage = {
    id: outboundMessageId(now),
    phone_number_id: destination.phoneNumberId,
    type: request.type,
    content: JSON.stringify(prepared.content),
    reply_to: prepared.replyTo,
    dial: destination.dial,
    ready_at: readyAt,
    expires_at: request.expires_at ?? readyAt + DEFAULT_LIFETIME_MS,
    window: request.window,
    wait: request.wait,
  };
  const row = await claimMessage(database, claimRow(request, claim, destination, outgoing, now));
  if (row === null) throw new Error("a claimed message has no row");
  if (row.id === outgoing.id) return dispatch(env, database, row, outgoing, destination.address);
  return repeatClaim(env, database, row, claim, destination.address);
}

/** The first request of a key holds the claim; this one waits for what came of it, or resumes it. */
async function repeatClaim(
  env: Env,
  database: Database,
  row: MessageRow,
  claim: SendClaim,
  address: Address | null,
): Promise<SendOutcome> {
  if (row.request_hash !== claim.requestHash) {
    const detail =
      "This Idempotency-Key came with another body before: use a new key for a new message.";
    return refused({ code: "idempotency_key_reused", detail, members: { message_id: row.id } });
  }
  if (row.state !== "pending") return { kind: "sent", row, replayed: true };
  try {
    const outgoing: OutgoingMessage = JSON.parse(row.send_options ?? "null");
    const outcome = await withDeadline(
      dispatch(env, database, row, outgoing, address),
      CONCURRENT_WAIT_MS,
    );
    return outcome.kind === "sent" ? { ...outcome, replayed: true } : outcome;
  } catch (error) {
    if (!(error instanceof DeadlineExceeded)) throw error;
    const detail = "The first request with this key is still under way: ask again in a moment.";
    return refused({ code: "idempotency_in_progress", detail, members: { message_id: row.id } });
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
  const sent = await callConversation(env.CONVERSATION, id, (stub) => stub.send(outgoing, address));
  if (sent === null) throw new Error("a conversation with a row has no object");
  await recordSent(env, database, row.conversation_id, sent);
  return { kind: "sent", row: withProgress(row, sent), replayed: false };
}

/** Where D1 fails, the object's alarm does the same. */
export async function recordSent(
  env: Env,
  database: Database,
  claimedConversationId: string,
  { conversation, progress }: Sent,
): Promise<void> {
  try {
    await project(database, {
      conversations: [conversation],
      messages: [],
      sends: [sendProjection(conversation.id, progress)],
    });
    if (conversation.id !== claimedConversationId)
      await dropUnspoken(database, claimedConversationId);
    const stub = env.CONVERSATION.get(env.CONVERSATION.idFromString(conversation.id));
    waitUntil(stub.settle({ version: conversation.version, wamids: [], sends: [progress] }));
  } catch (error) {
    log("error", "send_left_to_alarm", { message_id: progress.message_id, ...errorMembers(error) });
  }
}

/** The row as D1 holds it once the progress is recorded. */
export function withProgress(row: MessageRow, { conversation, progress }: Sent): MessageRow {
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

function refusedFor(
  errors: readonly FieldError[],
  code: Problem["code"] = "invalid_request",
): SendOutcome {
  const detail = errors.map(({ pointer, detail: each }) => `${pointer}: ${each}`).join("; ");
  return refused({ code, detail, errors });
}

function refused(problem: Problem): SendOutcome {
  return { kind: "refused", problem };
}
