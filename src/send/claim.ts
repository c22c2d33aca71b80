/** Who sends a message and under which idempotency key, and what its row in D1 shows beside its content. */
import type { SendKey } from "../conversation/storage/recent-sends.ts";
import { erasedKeyId } from "../lib/erasure-id.ts";
import type { ShownOfSend } from "../message/outgoing-message.ts";
import type { SendRequest } from "./request.ts";

/** Who sends, and the key under which a repeated request is the same message. */
export type SendClaim = {
  sentBy: string;
  idempotencyKey: string | null;
  /** SHA-256 of the canonical request, in hex; empty without a key, since nothing is compared. */
  requestHash: string;
  /** The message that this one sends again. */
  resendOf?: string;
};

export function shownOf(request: SendRequest, claim: SendClaim, body: string): ShownOfSend {
  return {
    body,
    metadata: request.metadata === null ? null : JSON.stringify(request.metadata),
    biz_opaque_callback_data: request.biz_opaque_callback_data,
    sent_by: claim.sentBy,
    request_hash: claim.idempotencyKey === null ? null : claim.requestHash,
    resend_of: claim.resendOf ?? null,
    send_at: request.send_at,
  };
}

/** The key as D1 claims it; null without one. */
export function keyOf(
  env: Env,
  { sentBy, idempotencyKey, requestHash }: SendClaim,
  now: number,
): SendKey | null {
  if (idempotencyKey === null) return null;
  return {
    sent_by: sentBy,
    key: idempotencyKey,
    request_hash: requestHash,
    created_at: now,
    erased_key_id: erasedKeyId(env.CONVERSATION, sentBy, idempotencyKey),
  };
}
