/** Builds a message as the API shows it. */
import { errorCodeMember } from "../../graph/errors.ts";
import {
  isJsonObject,
  type JsonObject,
  type JsonValue,
  objectMember,
  objectIn,
  textMember,
} from "../../lib/json.ts";
import { phoneOf } from "../../lib/phone.ts";
import { archiveErrorView } from "../../media/archive.ts";
import { type Attachment, attachmentOf } from "../../message/attachment.ts";
import { displayBody } from "../../message/display.ts";
import type { SendError } from "../../message/outgoing-message.ts";
import type { Database } from "../../store/d1.ts";
import { listStatuses, type MessageRow, type StatusRow } from "../../store/messages.ts";
import { findMessage } from "../../store/find-message.ts";
import type { PersonView } from "../contacts/schema.ts";
import { contactView, e164 } from "../conversations/view.ts";
import { timestamp, timestampOrNull } from "../schema.ts";
import type { MessageView, MessageWithStatusesView, SendErrorView, StatusView } from "./schema.ts";

export function messageView(row: MessageRow): MessageView {
  const payload = objectIn(row.payload) ?? {};
  const context = objectMember(payload, "context");
  const status = statusOf(row);
  return {
    id: row.id,
    conversation_id: row.conversation_id,
    direction: row.direction,
    type: row.type,
    status,
    wamid: row.wamid,
    phone_number_id: row.phone_number_id,
    contact:
      row.participant === null ? contactView(row.conversation) : participant(row.participant),
    body: row.edited_body ?? row.body,
    content: contentOf(row.type, payload),
    attachments: attachmentViews(row, payload),
    context: context === null ? null : contextView(context),
    referral: objectMember(payload, "referral"),
    reactions: reactionViews(row.reactions),
    edited: row.edited_body !== null,
    revoked: row.revoked_at !== null,
    metadata: objectIn(row.metadata),
    biz_opaque_callback_data: row.biz_opaque_callback_data,
    sent_by: row.sent_by,
    error: errorOf(row, payload, status),
    pricing: objectIn(row.pricing),
    resend_of: row.resend_of,
    fallback_of: row.fallback_of,
    send_at: timestampOrNull(row.send_at),
    expires_at: timestampOrNull(row.expires_at),
    created_at: timestamp(row.created_at),
    received_at: timestampOrNull(row.received_at),
    sent_at: timestampOrNull(row.sent_at),
    delivered_at: timestampOrNull(row.delivered_at),
    read_at: timestampOrNull(row.read_at),
    failed_at: timestampOrNull(status === "failed" ? (row.meta_failed_at ?? row.failed_at) : null),
  };
}

/** A status as `GET /v1/messages/{id}` lists it. */
export function statusView(row: StatusRow): StatusView {
  const errors = objectIn(row.payload)?.["errors"];
  return {
    status: row.status,
    at: timestamp(row.at),
    ...(row.participant === "" ? {} : { participant: row.participant }),
    ...(errors === undefined ? {} : { errors }),
  };
}

/** Inbound: read once staff read up to it. Outbound: Meta's status, else our state. */
export function statusOf(
  row: Pick<MessageRow, "id" | "direction" | "meta_status" | "state"> & {
    conversation: Pick<MessageRow["conversation"], "read_up_to">;
  },
): string {
  if (row.direction === "outbound") return row.meta_status ?? row.state;
  const { read_up_to } = row.conversation;
  return read_up_to !== null && row.id <= read_up_to ? "read" : "delivered";
}

/** Meta's reason, else ours, else why Meta could not show us the customer's message. */
function errorOf(row: MessageRow, payload: JsonObject, status: string): SendErrorView | null {
  if (row.meta_error !== null) return metaErrorView(objectIn(row.meta_error));
  if (row.meta_status === null && row.error !== null) return sendErrorView(row.error);
  const errors = payload["errors"];
  const first: unknown = Array.isArray(errors) ? errors[0] : undefined;
  return status !== "failed" && isJsonObject(first) ? metaErrorView(first) : null;
}

function sendErrorView(text: string): SendErrorView {
  // Our own column, written by our own object.
  const { window_expired_at, retry_at, ...error }: SendError = JSON.parse(text);
  return {
    ...error,
    ...(window_expired_at === undefined
      ? {}
      : { window_expired_at: timestampOrNull(window_expired_at) }),
    ...(retry_at === undefined ? {} : { retry_at: timestamp(retry_at) }),
  };
}

/** Meta's error object of a status or an unsupported message, in the shape of our own errors. */
function metaErrorView(error: JsonObject | null): SendErrorView {
  const message = textMember(error, "message") ?? textMember(error, "title") ?? "";
  const data = objectMember(error, "error_data");
  const details = data === null ? textMember(error, "details") : textMember(data, "details");
  return {
    code: "rejected_by_meta",
    detail: details ?? message,
    meta: {
      code: errorCodeMember(error, "code"),
      message,
      details,
      fbtrace_id: null,
    },
  };
}

function attachmentViews(row: MessageRow, payload: JsonObject): MessageView["attachments"] {
  const attachment = attachmentOf(payload);
  if (attachment === null) return [];
  const mediaId = row.media_id;
  return [
    {
      type: attachment.type,
      media_id: mediaId,
      meta_id: attachment.meta_id,
      mime_type: attachment.mime_type,
      sha256: attachment.sha256,
      caption:
        row.edited_body === null ? attachment.caption : captionIn(row.edited_body, attachment),
      filename: attachment.filename,
      url: mediaId === null ? attachment.link : `/v1/media/${mediaId}`,
      stored: row.media_stored_at !== null,
      error: row.media_error === null ? null : archiveErrorView(row.media_error),
    },
  ];
}

/** After an edit the display text is the caption, unless the edit removed it. */
function captionIn(editedBody: string, { type, filename }: Attachment): string | null {
  const withoutCaption = [{}, filename === null ? {} : { filename }].map((file) =>
    displayBody({ type, [type]: file }),
  );
  return withoutCaption.includes(editedBody) ? null : editedBody;
}

/** `hasOwn`, because a type may have the name of a member that every object inherits. */
function contentOf(type: string, payload: JsonObject): JsonValue {
  return Object.hasOwn(payload, type) ? (payload[type] ?? payload) : payload;
}

function reactionViews(text: string): MessageView["reactions"] {
  // Our own column, derived by our own projection.
  const reactions: { emoji: string; from: "customer" | "business"; at: number }[] =
    JSON.parse(text);
  return reactions.map(({ emoji, from, at }) => ({ emoji, from, at: timestamp(at) }));
}

/** Names the message replied to `message_id`, as a send does. */
function contextView(context: JsonObject): JsonObject {
  const { id, ...rest } = context;
  return id === undefined ? rest : { message_id: id, ...rest };
}

function participant(text: string): PersonView {
  const person = objectIn(text);
  const waId = textMember(person, "wa_id");
  return {
    wa_id: waId,
    phone: e164(waId === null ? null : phoneOf(waId)),
    user_id: textMember(person, "user_id"),
    username: textMember(person, "username"),
    name: textMember(person, "name"),
  };
}

/** A message by our id or by wamid, with all statuses that Meta reported; null if unknown. */
export async function describeMessage(
  database: Database,
  reference: string,
): Promise<MessageWithStatusesView | null> {
  const row = await findMessage(database, reference);
  if (row === null) return null;
  const statuses =
    row.wamid === null ? [] : await listStatuses(database, { ...row, wamid: row.wamid });
  return { ...messageView(row), statuses: statuses.map(statusView) };
}
