/** Turns a request into a message that can be claimed and sent, or into the reason why not. */
import type { SendKey } from "../conversation/storage/recent-sends.ts";
import type { Address } from "../lib/address.ts";
import { outboundMessageId } from "../lib/ids.ts";
import { requestIdMember } from "../lib/log.ts";
import type { FieldError, Problem } from "../lib/problem.ts";
import { HOUR_MS } from "../lib/time.ts";
import type { OutgoingMessage } from "../message/outgoing-message.ts";
import { hasStoppedMarketing } from "../store/contacts.ts";
import { findConversation } from "../store/conversations.ts";
import type { Database } from "../store/d1.ts";
import { findKey, type KeyHolder } from "../store/idempotency-keys.ts";
import { erasedUnderKey } from "./answers.ts";
import { keyOf, type SendClaim, shownOf } from "./claim.ts";
import { prepareContent } from "./prepare-content.ts";
import { type Destination, isForeignNumber, resolveRecipient } from "./recipient.ts";
import { overdueErrors, type SendRequest } from "./request.ts";

export type PreparedSend = {
  outgoing: OutgoingMessage;
  conversationId: string;
  /** For a conversation that does not exist yet; null = it exists. */
  address: Address | null;
  /** Its idempotency key; null = none. */
  key: SendKey | null;
};

export type PreparedSendResult =
  | { ok: true; prepared: PreparedSend }
  /** `earlier`: the message of its idempotency key, from a time when the request was still valid. */
  | { ok: false; problem: Problem; earlier: KeyHolder | null };

export async function prepareSend(
  env: Env,
  database: Database,
  request: SendRequest,
  phoneNumberId: string,
  claim: SendClaim,
): Promise<PreparedSendResult> {
  const preparation = await prepare(env, database, request, phoneNumberId, claim);
  if (preparation.ok) return preparation;
  const now = Date.now();
  const key = keyOf(env, claim, now);
  if (key === null) return { ...preparation, earlier: null };
  const earlier = await findKey(database, key.sent_by, key.key, now);
  if (earlier !== null) return { ...preparation, earlier };
  const erased = await erasedUnderKey(database, key.erased_key_id);
  return erased === null ? { ...preparation, earlier } : { ok: false, problem: erased, earlier };
}

type Preparation = { ok: true; prepared: PreparedSend } | { ok: false; problem: Problem };

/** A reminder must not go out a day late. */
const DEFAULT_LIFETIME_MS = 24 * HOUR_MS;

async function prepare(
  env: Env,
  database: Database,
  request: SendRequest,
  phoneNumberId: string,
  claim: SendClaim,
): Promise<Preparation> {
  const now = Date.now();
  const overdue = overdueErrors(request, now);
  if (overdue.length > 0) return refused(overdue, "invalid_request");
  const resolved = await resolveRecipient(env, database, request.recipient, phoneNumberId);
  if (!resolved.ok) return refused([resolved.error], "invalid_request");
  const { destination } = resolved;
  if (request.from !== null && request.from !== destination.phoneNumberId) {
    const detail = `this conversation is business number ${destination.phoneNumberId}'s: leave it out`;
    return refused([{ pointer: "/from", detail }], "invalid_request");
  }
  // Only a send to a new customer would leave a conversation behind.
  if (destination.address !== null && (await isForeignNumber(env, database, phoneNumberId))) {
    const detail =
      "the access token reaches no business number of this id: give one of the account's, or leave it out";
    return refused([{ pointer: "/from", detail }], "invalid_request");
  }
  const readyAt = Math.max(request.send_at ?? now, now);
  const { phoneNumberId: sender } = destination;
  const prepared = await prepareContent(database, request, { readyAt, phoneNumberId: sender });
  if (!prepared.ok) {
    return refused(prepared.errors, prepared.code);
  }
  if (prepared.category === "AUTHENTICATION" && request.recipient.kind === "user") {
    const detail =
      "an authentication template goes to a phone number alone (Meta's error 131062): give the customer's in to";
    return refused([{ pointer: "/recipient", detail }], "invalid_request");
  }
  if (!request.force && (await isUnwantedMarketing(database, prepared.category, destination))) {
    const detail =
      'This customer stopped marketing messages: do not send it, or say "force": true if they asked for it.';
    return { ok: false, problem: { code: "recipient_opted_out", detail } };
  }
  const outgoing: OutgoingMessage = {
    id: outboundMessageId(now),
    phone_number_id: destination.phoneNumberId,
    type: request.type,
    content: JSON.stringify(prepared.content),
    ...(prepared.files.length === 0 ? {} : { files: prepared.files }),
    reply_to: prepared.replyTo,
    ...(Object.keys(request.beside).length === 0 ? {} : { beside: JSON.stringify(request.beside) }),
    dial: destination.dial,
    ready_at: readyAt,
    expires_at: request.expires_at ?? readyAt + DEFAULT_LIFETIME_MS,
    window: request.window,
    wait: request.wait,
    ...(prepared.fallback === null
      ? {}
      : {
          fallback: JSON.stringify(prepared.fallback.content),
          fallback_body: prepared.fallback.body,
          ...(prepared.fallback.files.length === 0
            ? {}
            : { fallback_files: prepared.fallback.files }),
        }),
    made_at: now,
    shown: shownOf(request, claim, prepared.body),
    ...requestIdMember(),
  };
  const { conversationId, address } = destination;
  return { ok: true, prepared: { outgoing, conversationId, address, key: keyOf(env, claim, now) } };
}

/**
 * True if a template of this category is marketing and its customer stopped marketing messages
 * (`user_preferences`): Meta would refuse it, so it is refused before the call.
 */
export async function isUnwantedMarketing(
  database: Database,
  category: string | null,
  { conversationId, address }: Destination,
): Promise<boolean> {
  if (category !== "MARKETING") return false;
  const conversation = await findConversation(database, conversationId);
  const addresses = [
    address?.kind === "phone" ? address.phone : null,
    address?.kind === "user" ? address.user_id : null,
    conversation?.phone ?? null,
    conversation?.user_id ?? null,
  ].filter((known) => known !== null);
  return hasStoppedMarketing(database, addresses);
}

function refused(errors: readonly FieldError[], code: Problem["code"]): Preparation {
  const detail = errors.map((error) => `${error.pointer}: ${error.detail}`).join("; ");
  return { ok: false, problem: { code, detail, errors } };
}
