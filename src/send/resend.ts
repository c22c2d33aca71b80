/** Sends a failed or unconfirmed message again, as a new message and only on request. */
import { objectIn, parseJson } from "../lib/json.ts";
import { type OutgoingMessage, readOutgoing } from "../message/outgoing-message.ts";
import { createDatabase } from "../store/d1.ts";
import { findKey } from "../store/idempotency-keys.ts";
import type { MessageRow } from "../store/messages.ts";
import { notStarted } from "./answers.ts";
import type { SendClaim } from "./claim.ts";
import type { MessageContent, SendRequest } from "./request.ts";
import type { SendOutcome } from "./outcome.ts";
import { repeatSend } from "./repeat.ts";
import { sendMessage } from "./send.ts";

/**
 * Null if the message is neither failed nor unconfirmed, unless this key has sent it again before. Like
 * a new message it is refused where the customer has stopped marketing since, or where the template or a
 * file no longer allows it.
 */
export async function resendMessage(
  env: Env,
  row: MessageRow,
  claim: SendClaim,
): Promise<SendOutcome | null> {
  const status = row.meta_status ?? row.state;
  if ((status !== "failed" && status !== "unconfirmed") || row.send_options === null) {
    return earlierResend(env, claim);
  }
  const before = readOutgoing(row);
  const request = requestOf(row, before);
  return sendMessage(env, request, row.phone_number_id, { ...claim, resendOf: row.id });
}

async function earlierResend(env: Env, claim: SendClaim): Promise<SendOutcome | null> {
  if (claim.idempotencyKey === null) return null;
  const database = createDatabase(env);
  const holder = await findKey(database, claim.sentBy, claim.idempotencyKey, Date.now());
  if (holder === null) return null;
  const problem = notStarted(holder.message_id);
  return repeatSend(env, database, holder, claim.requestHash, { problem });
}

/** The original request, due now. */
function requestOf(row: MessageRow, before: OutgoingMessage): SendRequest {
  return {
    recipient: { kind: "conversation", conversation_id: row.conversation_id },
    type: before.type,
    content: contentIn(before.content),
    reply_to: before.reply_to,
    from: null,
    send_at: null,
    expires_at: null,
    window: before.window,
    fallback: objectIn(before.fallback),
    wait: before.wait,
    force: false,
    metadata: objectIn(row.metadata),
    beside: objectIn(before.beside) ?? {},
    biz_opaque_callback_data: row.biz_opaque_callback_data,
  };
}

function contentIn(text: string): MessageContent {
  const value = parseJson(text);
  // `parseSendRequest` took it as an object or a list.
  return typeof value === "object" && value !== null ? value : {};
}
