/** Sends a message again that failed, or whose fate is unknown: a new message, on request only. */
import { requestIdMember } from "../request-scope.ts";
import { outboundMessageId } from "../messages/message-id.ts";
import type { Database } from "../store/database.ts";
import type { MessageRow } from "../store/messages.ts";
import type { SendClaim } from "./claim-of.ts";
import type { OutgoingMessage } from "./outgoing-message.ts";
import { DEFAULT_LIFETIME_MS } from "./prepare-send.ts";
import { sendPrepared, type SendOutcome } from "./send-message.ts";

/** Null if the message is neither failed nor unconfirmed. */
export async function resendMessage(
  env: Env,
  database: Database,
  row: MessageRow,
  claim: SendClaim,
): Promise<SendOutcome | null> {
  const status = row.meta_status ?? row.state;
  if ((status !== "failed" && status !== "unconfirmed") || row.send_options === null) return null;
  const before: OutgoingMessage = JSON.parse(row.send_options);
  const now = Date.now();
  const outgoing: OutgoingMessage = {
    ...before,
    ...requestIdMember(),
    id: outboundMessageId(now),
    ready_at: now,
    expires_at: now + DEFAULT_LIFETIME_MS,
  };
  const { conversation: _shown, ...stored } = row;
  return sendPrepared(env, database, {
    outgoing,
    address: null,
    claim: {
      message: {
        id: outgoing.id,
        conversation_id: stored.conversation_id,
        phone_number_id: stored.phone_number_id,
        direction: "outbound",
        type: stored.type,
        body: stored.body,
        payload: stored.payload,
        target_wamid: stored.target_wamid,
        metadata: stored.metadata,
        biz_opaque_callback_data: stored.biz_opaque_callback_data,
        sent_by: claim.sentBy,
        idempotency_key: claim.idempotencyKey,
        request_hash: claim.requestHash,
        send_options: JSON.stringify(outgoing),
        state: "pending",
        resend_of: stored.id,
        expires_at: outgoing.expires_at,
        created_at: now,
      },
      conversation: null,
    },
  });
}
