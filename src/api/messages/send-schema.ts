/**
 * What the routes that send take, as one schema each: for those who read the API's description or
 * call it from TypeScript. What comes is checked by `parseSendRequest`, from the same parts, so that
 * one answer names everything that is wrong.
 */
import * as v from "valibot";
import { jsonObject } from "../../lib/validate.ts";
import { contentSchemas } from "../../send/content.ts";
import { sendEnvelope } from "../../send/envelope.ts";
import { BATCH_MAX_MESSAGES, IDEMPOTENCY_KEY_MAX_CHARACTERS } from "../../send/limits.ts";
import { described } from "../schema.ts";

const envelope = sendEnvelope.entries;

const whom = {
  to: described(
    envelope.to,
    "A phone number in any usual spelling, with + and its country code or a national one of DEFAULT_COUNTRY; or a user id.",
  ),
  recipient: described(envelope.recipient, "Meta's business-scoped user id (BSUID)."),
  conversation_id: described(envelope.conversation_id, "Whoever is in this conversation."),
};

const options = {
  type: described(envelope.type, "Names the member that holds the content."),
  context: described(envelope.context, "The message it replies to, by wamid or by our id."),
  from: described(envelope.from, "The business number's id, by default the configured one."),
  send_at: described(
    envelope.send_at,
    "When it is to go out, up to 60 days ahead, and no more than a minute ago.",
  ),
  expires_at: described(
    envelope.expires_at,
    "When it is no longer worth sending, by default 24 hours after it is due: it then fails.",
  ),
  window: described(envelope.window, "Leaves the check of the session window to Meta."),
  fallback: described(
    envelope.fallback,
    "The template to send in its place if the session window is closed.",
  ),
  wait: described(envelope.wait, "False: 429 where it would have to wait for pace."),
  force: described(envelope.force, "Sends marketing to someone who opted out."),
  metadata: described(envelope.metadata, "Yours, kept with the message: up to 4 KiB of JSON."),
  biz_opaque_callback_data: described(envelope.biz_opaque_callback_data, "Yours, kept as well."),
  messaging_product: described(envelope.messaging_product, "Meta's: may be left out."),
  recipient_type: described(envelope.recipient_type, "Meta's: may be left out."),
  recipient_identity_key_hash: described(
    envelope.recipient_identity_key_hash,
    "Meta's: it delivers only if this is the customer's identity key hash.",
  ),
};

const members = {
  ...whom,
  ...options,
  ...v.partial(v.object(contentSchemas)).entries,
} satisfies Record<keyof typeof envelope, v.GenericSchema>;

/** What no member says by itself. */
const WHOLE =
  "Exactly one of `to`, `recipient` and `conversation_id`, and the content under the name of its type. The content of a type that Paloma does not know passes whole.";

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

const { conversation_id: _ours, to: _text, ...graphWhom } = whom;
const { from: _path, ...graphOptions } = options;

const graphMembers = {
  to: described(
    v.optional(v.union([v.string(), v.number()])),
    "A phone number with its country code, + or not, or a user id.",
  ),
  ...graphWhom,
  ...graphOptions,
  fallback: described(v.optional(jsonObject), "As in `POST /v1/messages`."),
};

/** As Graph takes it: the number in the path sends, and a content may stand there as JSON text. */
export const graphSendBody = described(
  v.looseObject(
    Object.fromEntries(
      // Graph takes null as a member that is not there.
      Object.entries(graphMembers).map(([member, schema]) => [member, v.nullish(schema)]),
    ),
  ),
  "And the content, by the name of its type: as in `POST /v1/messages`. Any other member goes on to Meta as it is.",
);

export type SendBody = v.InferInput<typeof sendBody>;

export type SendBatchBody = v.InferInput<typeof sendBatchBody>;
