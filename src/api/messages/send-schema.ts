/**
 * The bodies of the routes that send, for the API's description and for callers in TypeScript.
 * `parseSendRequest` checks requests with the same parts, so that one answer names everything that is
 * wrong.
 */
import * as v from "valibot";
import { jsonObject } from "../../lib/validate.ts";
import { contentSchemas } from "../../send/content.ts";
import { sendEnvelope } from "../../send/envelope.ts";
import { BATCH_MAX_MESSAGES, IDEMPOTENCY_KEY_MAX_CHARACTERS } from "../../send/limits.ts";
import { described } from "../schema.ts";

const envelope = sendEnvelope.entries;

const recipients = {
  to: described(
    envelope.to,
    "A phone number in any usual spelling, with + and its country code or a national one of DEFAULT_COUNTRY; or a user id.",
  ),
  recipient: described(envelope.recipient, "Meta's business-scoped user id (BSUID)."),
  conversation_id: described(envelope.conversation_id, "The customer of this conversation."),
};

const options = {
  type: described(envelope.type, "The name of the member that contains the content."),
  context: described(envelope.context, "The message it replies to, by wamid or by our id."),
  from: described(envelope.from, "The business number's id, by default the configured one."),
  send_at: described(
    envelope.send_at,
    "When to send it: up to 60 days ahead, and no more than a minute ago.",
  ),
  expires_at: described(
    envelope.expires_at,
    "When it expires, by default 24 hours after it is due: if it has not left by then, it fails.",
  ),
  window: described(envelope.window, "Leaves the check of the session window to Meta."),
  fallback: described(
    envelope.fallback,
    "The template to send in its place if the session window is closed.",
  ),
  wait: described(
    envelope.wait,
    "False: answers 429 if the message would have to wait for the pace.",
  ),
  force: described(envelope.force, "Sends marketing to someone who opted out."),
  metadata: described(
    envelope.metadata,
    "Your own data, kept with the message: up to 4 KiB of JSON.",
  ),
  biz_opaque_callback_data: described(
    envelope.biz_opaque_callback_data,
    "Your own text, kept with the message too.",
  ),
  messaging_product: described(envelope.messaging_product, "Meta's: may be left out."),
  recipient_type: described(envelope.recipient_type, "Meta's: may be left out."),
  recipient_identity_key_hash: described(
    envelope.recipient_identity_key_hash,
    "Meta's: it delivers only if this is the customer's identity key hash.",
  ),
};

const members = {
  ...recipients,
  ...options,
  ...v.partial(v.object(contentSchemas)).entries,
} satisfies Record<keyof typeof envelope, v.GenericSchema>;

/** Rules about several members. */
const WHOLE =
  "Exactly one of `to`, `recipient` and `conversation_id`, and the content under the name of its type. The content of a type that Paloma does not know goes to Meta unchanged.";

/** `POST /v1/messages`. */
export const sendBody = described(v.object(members), WHOLE);

/** One of `POST /v1/messages/batch`. */
export const batchMessage = described(
  v.object({
    ...members,
    idempotency_key: v.optional(
      v.pipe(v.string(), v.minLength(1), v.maxLength(IDEMPOTENCY_KEY_MAX_CHARACTERS)),
    ),
  }),
  WHOLE,
);

/** `POST /v1/messages/batch`. */
export const sendBatchBody = v.strictObject({
  messages: v.pipe(v.array(batchMessage), v.minLength(1), v.maxLength(BATCH_MAX_MESSAGES)),
});

const { conversation_id: _ours, to: _text, ...graphRecipients } = recipients;
const { from: _path, ...graphOptions } = options;

const graphMembers = {
  to: described(
    v.optional(v.union([v.string(), v.number()])),
    "A phone number with its country code, + or not, or a user id.",
  ),
  ...graphRecipients,
  ...graphOptions,
  fallback: described(v.optional(jsonObject), "As in `POST /v1/messages`."),
};

/** Graph's body: the number in the path sends, and the content may be JSON text. */
export const graphSendBody = described(
  v.looseObject(
    Object.fromEntries(
      // Graph treats null as an absent member.
      Object.entries(graphMembers).map(([member, schema]) => [member, v.nullish(schema)]),
    ),
  ),
  "Also the content, under the name of its type, as in `POST /v1/messages`. Any other member goes to Meta unchanged.",
);

export type SendBody = v.InferInput<typeof sendBody>;

export type SendBatchBody = v.InferInput<typeof sendBatchBody>;
