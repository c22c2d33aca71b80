import type { JsonObject } from "../json.ts";
import type { StoredMedia } from "../media/media-store.ts";
import { base64 } from "../encoding.ts";
import { unixSeconds } from "../webhooks/message-status.ts";
import type { InboundContent } from "./inbound-content.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const CALL_PERMISSION_MS = 7 * DAY_MS;
const UNSUPPORTED_CODE = 131051;

export type MediaContent = Extract<
  InboundContent,
  { type: "image" | "video" | "audio" | "voice" | "document" | "sticker" }
>;

/** What a kind of media is when nothing is said of it. */
export const USUAL_MIME_TYPE: Readonly<Record<MediaContent["type"], string>> = {
  image: "image/jpeg",
  video: "video/mp4",
  audio: "audio/mpeg",
  voice: "audio/ogg; codecs=opus",
  document: "application/pdf",
  sticker: "image/webp",
};

export function isMediaContent(content: InboundContent): content is MediaContent {
  return content.type in USUAL_MIME_TYPE;
}

/** The members of a media message: `type` and its media object. */
export function mediaMembers(content: MediaContent, stored: StoredMedia): JsonObject {
  const { type, base64: _file, sizeBytes: _size, mimeType: _mimeType, ...said } = content;
  const object = {
    ...said,
    mime_type: stored.mimeType,
    sha256: base64(stored.sha256),
    id: stored.id,
  };
  switch (type) {
    case "voice":
      return { type: "audio", audio: { ...object, voice: true } };
    case "audio":
      return { type, audio: { ...object, voice: false } };
    case "sticker":
      return { type, sticker: { animated: false, ...object } };
    case "image":
    case "video":
    case "document":
      return { type, [type]: object };
  }
}

/** The members of any other message: `type` and its own object. */
export function contentMembers(
  content: Exclude<InboundContent, MediaContent>,
  at: number,
): JsonObject {
  const { type } = content;
  switch (type) {
    case "text":
      return { type, text: { body: content.body } };
    case "location": {
      const { type: _type, ...location } = content;
      return { type, location };
    }
    case "contacts":
      return { type, contacts: content.contacts };
    case "button_reply":
      return interactive(type, { id: content.id, title: content.title });
    case "list_reply":
      return interactive(type, {
        id: content.id,
        title: content.title,
        description: content.description,
      });
    case "nfm_reply":
      return interactive(type, {
        response_json: JSON.stringify(content.response),
        body: "Sent",
        name: "flow",
      });
    case "call_permission_reply":
      return interactive(type, {
        response: content.response,
        expiration_timestamp: Number(unixSeconds(at + CALL_PERMISSION_MS)),
        response_source: "user_action",
      });
    case "button":
      return { type, button: { payload: content.payload, text: content.text } };
    case "reaction":
      return { type, reaction: { message_id: content.messageId, emoji: content.emoji } };
    case "order":
      return { type, order: order(content) };
    case "edit":
      return {
        type,
        edit: {
          original_message_id: content.originalMessageId,
          message: {
            context: { id: content.originalMessageId },
            type: "text",
            text: { body: content.body },
          },
        },
      };
    case "revoke":
      return { type, revoke: { original_message_id: content.originalMessageId } };
    case "identity_changed":
      return {
        type: "system",
        system: { body: "User identity changed", type: "customer_identity_changed" },
        identity: { acknowledged: true, created_timestamp: unixSeconds(at), hash: content.hash },
      };
    case "unsupported":
      return unsupported(content.unsupportedType);
    case "raw":
      return content.message;
  }
}

function interactive(type: string, reply: JsonObject): JsonObject {
  return { type: "interactive", interactive: { type, [type]: reply } };
}

function order({ catalogId, items, note }: Extract<InboundContent, { type: "order" }>): JsonObject {
  return {
    catalog_id: catalogId,
    text: note,
    product_items: items.map(({ retailerId, quantity, price, currency }) => ({
      product_retailer_id: retailerId,
      quantity,
      item_price: price,
      currency,
    })),
  };
}

function unsupported(unsupportedType: string | undefined): JsonObject {
  return {
    type: "unsupported",
    unsupported: unsupportedType === undefined ? undefined : { type: unsupportedType },
    errors: [
      {
        code: UNSUPPORTED_CODE,
        title: "Message type unknown",
        message: "Message type unknown",
        error_data: { details: "Message type is currently not supported." },
      },
    ],
  };
}

/** Whether the customer wrote it, which opens the session window. */
export function opensWindow(members: JsonObject): boolean {
  return !["edit", "revoke", "system"].includes(String(members["type"]));
}
