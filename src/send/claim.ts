/** The row in D1 that claims a message: without it no message is sent. */
import type { Address } from "../lib/address.ts";
import { isJsonObject, type JsonObject, textMember } from "../lib/json.ts";
import { type OutgoingMessage, payloadOf } from "../message/outgoing-message.ts";
import type { Claim } from "../store/messages.ts";
import type { Destination } from "./recipient.ts";
import type { SendRequest } from "./request.ts";

/** Who sends, and the key under which a repeated request is the same message. */
export type SendClaim = {
  sentBy: string;
  idempotencyKey: string | null;
  /** SHA-256 of the canonical request, in hex. */
  requestHash: string;
  /** The message that this one sends again. */
  resendOf?: string;
};

export function claimOf(
  request: SendRequest,
  claim: SendClaim,
  destination: Destination,
  { outgoing, body }: { outgoing: OutgoingMessage; body: string },
  now: number,
): Claim {
  const payload = payloadOf(outgoing);
  return {
    message: {
      id: outgoing.id,
      conversation_id: destination.conversationId,
      phone_number_id: destination.phoneNumberId,
      direction: "outbound",
      type: request.type,
      body,
      payload: JSON.stringify(payload),
      media_id: outgoing.files?.[0]?.media_id ?? null,
      target_wamid: targetOf(payload),
      metadata: request.metadata === null ? null : JSON.stringify(request.metadata),
      biz_opaque_callback_data: request.biz_opaque_callback_data,
      sent_by: claim.sentBy,
      idempotency_key: claim.idempotencyKey,
      request_hash: claim.requestHash,
      send_options: JSON.stringify(outgoing),
      state: "pending",
      resend_of: claim.resendOf ?? null,
      send_at: request.send_at,
      expires_at: outgoing.expires_at,
      created_at: now,
    },
    conversation:
      destination.address === null ? null : firstRow(destination, destination.address, now),
  };
}

/** The row of a conversation that its object has not projected yet; D1 leaves an existing row unchanged. */
function firstRow(
  { conversationId, phoneNumberId }: Destination,
  address: Address,
  now: number,
): Claim["conversation"] {
  return {
    id: conversationId,
    kind: address.kind === "group" ? "group" : "individual",
    phone_number_id: phoneNumberId,
    phone: address.kind === "phone" ? address.phone : null,
    user_id: address.kind === "user" ? address.user_id : null,
    group_id: address.kind === "group" ? address.group_id : null,
    status: "pending",
    unread_count: 0,
    last_message_at: now,
    version: 0,
    created_at: now,
    updated_at: now,
  };
}

function targetOf(payload: JsonObject): string | null {
  const reaction = payload["reaction"];
  return isJsonObject(reaction) ? textMember(reaction, "message_id") : null;
}
