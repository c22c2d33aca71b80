/** A message as every route shows it. */
import * as v from "valibot";
import { jsonObject } from "../../lib/validate.ts";
import { personSchema } from "../contacts/schema.ts";
import { metaErrorSchema } from "../problem-schema.ts";
import { anyJson, described, textOrNull, time, timeOrNull } from "../schema.ts";

const attachmentSchema = v.strictObject({
  type: described(v.string(), "image, video, audio, voice, document or sticker."),
  media_id: textOrNull("Our id: fetch the file with `GET /v1/media/{id}`."),
  meta_id: textOrNull("Meta's id, valid for 7 days if received, 30 if uploaded."),
  mime_type: textOrNull("As Meta or the sender says."),
  sha256: textOrNull("SHA-256 of the bytes, in lower-case hex."),
  caption: textOrNull("The text below the file."),
  filename: textOrNull("Only documents have one."),
  url: textOrNull("Where the file is: a path of this API, or the link that it was sent by."),
  stored: described(v.boolean(), "Whether our own copy is kept."),
  error: described(
    v.nullable(v.strictObject({ code: v.string(), detail: v.string() })),
    "Why there is no copy yet, or never will be.",
  ),
});

const reactionSchema = v.strictObject({
  emoji: v.string(),
  from: v.picklist(["customer", "business"]),
  at: time("By Meta's clock."),
});

/** Why a message failed or waits. */
const sendErrorSchema = v.strictObject({
  code: described(v.string(), "`rejected_by_meta`, `expired`, `session_window_closed` …"),
  detail: described(v.string(), "What happened and what to do, for people."),
  meta: v.optional(v.nullable(metaErrorSchema)),
  window_expired_at: v.optional(
    timeOrNull("When the session window closed; null if it never was open."),
  ),
  retry_at: v.optional(time("When the next try may succeed.")),
});

export const messageSchema = v.strictObject({
  id: described(v.string(), "Our id, `msg_…`; sorts by time."),
  conversation_id: v.string(),
  direction: v.picklist(["inbound", "outbound"]),
  type: described(v.string(), "Meta's: text, image, template, interactive, …"),
  status: described(
    v.string(),
    "Inbound: delivered, or read once staff read it. Outbound: scheduled, queued, pending, accepted, unconfirmed, canceled (ours); sent, delivered, read, played, failed (Meta's), or whatever Meta says next.",
  ),
  wamid: textOrNull("Meta's id, once it accepted the message."),
  phone_number_id: v.string(),
  contact: personSchema,
  body: described(
    v.string(),
    "Display text: text, caption or rendered template; for other types, the type in brackets.",
  ),
  content: described(anyJson, "Meta's content object, as sent or received."),
  attachments: v.array(attachmentSchema),
  context: described(
    v.nullable(jsonObject),
    "The message that it replies to: `message_id`, and Meta's other members.",
  ),
  referral: described(v.nullable(jsonObject), "The ad that led the customer here."),
  reactions: v.array(reactionSchema),
  edited: v.boolean(),
  revoked: v.boolean(),
  metadata: described(v.nullable(jsonObject), "Your own data, as sent."),
  biz_opaque_callback_data: textOrNull("Your own data, as sent."),
  sent_by: textOrNull("The name of the API token that sent it."),
  error: described(v.nullable(sendErrorSchema), "Why it failed, or why it waits."),
  pricing: described(v.nullable(jsonObject), "As Meta reported it."),
  resend_of: textOrNull("The message that this one repeats."),
  fallback_of: textOrNull("The message that this template replaces."),
  send_at: timeOrNull("When it should be sent."),
  expires_at: timeOrNull("When it expires: if it has not left by then, it fails."),
  created_at: time("When the message was created; for an inbound one, Meta's timestamp."),
  received_at: timeOrNull("When the webhook brought it."),
  sent_at: timeOrNull("By Meta's clock, like `delivered_at` and `read_at`."),
  delivered_at: timeOrNull("Set by read too, which implies delivered."),
  read_at: timeOrNull("When the customer read it."),
  failed_at: timeOrNull("When Meta or Paloma gave up."),
});

export const statusSchema = v.strictObject({
  status: v.string(),
  at: time("By Meta's clock."),
  participant: v.optional(described(v.string(), "The group member that it is about.")),
  errors: v.optional(described(anyJson, "Meta's errors, with `failed`.")),
});

/** `GET /v1/messages/{id}`. */
export const messageWithStatusesSchema = v.strictObject({
  ...messageSchema.entries,
  statuses: described(v.array(statusSchema), "Every status that Meta reported, oldest first."),
});

export type MessageView = v.InferOutput<typeof messageSchema>;

export type StatusView = v.InferOutput<typeof statusSchema>;

export type SendErrorView = v.InferOutput<typeof sendErrorSchema>;

export type MessageWithStatusesView = v.InferOutput<typeof messageWithStatusesSchema>;
