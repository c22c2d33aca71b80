import * as v from "valibot";

const text = v.string();
const optionalText = v.optional(v.string());
const media = {
  /** The file in base64; a few made-up bytes if left out, or so many. */
  base64: v.optional(v.pipe(text, v.base64())),
  sizeBytes: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
  mimeType: optionalText,
};
const caption = optionalText;

/** What a customer can do; every kind of message that Meta documents. */
export const inboundContentSchema = v.variant("type", [
  v.strictObject({ type: v.literal("text"), body: text }),
  v.strictObject({ type: v.literal("image"), ...media, caption }),
  v.strictObject({ type: v.literal("video"), ...media, caption }),
  v.strictObject({ type: v.literal("audio"), ...media }),
  v.strictObject({ type: v.literal("voice"), ...media }),
  v.strictObject({ type: v.literal("document"), ...media, caption, filename: optionalText }),
  v.strictObject({ type: v.literal("sticker"), ...media, animated: v.optional(v.boolean()) }),
  v.strictObject({
    type: v.literal("location"),
    latitude: v.number(),
    longitude: v.number(),
    name: optionalText,
    address: optionalText,
  }),
  /** Meta's own contact objects. */
  v.strictObject({ type: v.literal("contacts"), contacts: v.array(v.record(text, v.unknown())) }),
  v.strictObject({ type: v.literal("button_reply"), id: text, title: text }),
  v.strictObject({
    type: v.literal("list_reply"),
    id: text,
    title: text,
    description: optionalText,
  }),
  /** The answers of a flow, which Meta sends as a JSON text. */
  v.strictObject({ type: v.literal("nfm_reply"), response: v.record(text, v.unknown()) }),
  v.strictObject({
    type: v.literal("call_permission_reply"),
    response: v.picklist(["accept", "reject"]),
  }),
  /** The quick-reply button of a template. */
  v.strictObject({ type: v.literal("button"), payload: text, text }),
  /** Without an emoji the reaction is taken back. */
  v.strictObject({ type: v.literal("reaction"), messageId: text, emoji: optionalText }),
  v.strictObject({
    type: v.literal("order"),
    catalogId: text,
    items: v.array(
      v.strictObject({
        retailerId: text,
        quantity: v.number(),
        price: v.number(),
        currency: text,
      }),
    ),
    note: optionalText,
  }),
  v.strictObject({ type: v.literal("edit"), originalMessageId: text, body: text }),
  v.strictObject({ type: v.literal("revoke"), originalMessageId: text }),
  v.strictObject({ type: v.literal("identity_changed"), hash: text }),
  /** Something that the Cloud API cannot pass on, such as a poll. */
  v.strictObject({ type: v.literal("unsupported"), unsupportedType: optionalText }),
  /** A message object with any `type`, given as it is. */
  v.strictObject({ type: v.literal("raw"), message: v.record(text, v.unknown()) }),
]);

export type InboundContent = v.InferOutput<typeof inboundContentSchema>;
