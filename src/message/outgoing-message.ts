/** An outgoing message, as an object's outbox stores it, and its progress. */
import { timeOfId } from "../lib/ids.ts";
import { type JsonObject, parseJson } from "../lib/json.ts";

export type OutgoingMessage = {
  id: string;
  phone_number_id: string;
  type: string;
  /** The Cloud API's content object as JSON text; own files have their `media_id` beside Meta's `id`. */
  content: string;
  /** The own files in it; absent = none. */
  files?: readonly OutgoingFile[];
  /** The wamid of the message that it replies to. */
  reply_to: string | null;
  /** Other members of Meta's body, as JSON text; absent = none. */
  beside?: string;
  /** The recipient that the caller named; null = the customer of the conversation. */
  dial: Dial | null;
  /** The earliest time to send: now, or its `send_at`. Milliseconds. */
  ready_at: number;
  /** The latest time to send, in milliseconds. */
  expires_at: number;
  /** `meta` skips Paloma's own check of the session window. */
  window: "ours" | "meta";
  /** False = refuse rather than wait for pace. */
  wait: boolean;
  /** The template to send if the session window is closed, as JSON text. */
  fallback?: string;
  /** The own files in it; absent = none. */
  fallback_files?: readonly OutgoingFile[];
  /** Display text of that template. */
  fallback_body?: string;
  /** The message that this one is the fallback of. */
  fallback_of?: string;
  /** When the caller asked for it, in milliseconds; absent = the time in its id. */
  made_at?: number;
  /** The id of the request that asked for it. */
  request_id?: string;
  /** What its row in D1 shows beside; absent where D1 has the row already. */
  shown?: ShownOfSend;
};

/** What the object only keeps for a message's row in D1, by the column names there. */
export type ShownOfSend = {
  body: string;
  /** JSON text. */
  metadata: string | null;
  biz_opaque_callback_data: string | null;
  sent_by: string;
  /** Only with an idempotency key: the digest of the request. */
  request_hash: string | null;
  resend_of: string | null;
  /** When the caller wants it sent, in milliseconds. */
  send_at: number | null;
};

/** An own file, and until when (milliseconds) Meta's id in the content can be relied on. */
export type OutgoingFile = { media_id: string; usable_until: number };

/** `to` for phones (with `+`) and groups, `recipient` for BSUIDs. */
export type Dial = { to: string } | { recipient: string } | { group: string };

/** Why a message did not leave, or not yet; `meta` holds Meta's own words. */
export type SendError = {
  code: string;
  detail: string;
  meta?: {
    code: number | null;
    message: string;
    details: string | null;
    fbtrace_id: string | null;
  };
  /** When the session window closed, in milliseconds; null if it was never open. */
  window_expired_at?: number | null;
  /** When the pace has room again, in milliseconds. */
  retry_at?: number;
};

/** The state of a send; `at` is its time in milliseconds. */
export type SendReport =
  | { state: "scheduled" | "queued" | "calling"; error: SendError | null }
  | { state: "accepted"; wamid: string; at: number }
  | { state: "unconfirmed"; error: SendError; at: number }
  | { state: "failed"; error: SendError; at: number }
  | { state: "canceled"; at: number };

/** A report with its message and the number of its changes. */
export type SendProgress = { message_id: string; revision: number; report: SendReport };

/** The progress of a message that D1 may lack; null where D1 has had its content for long. */
export type SendToShow = SendProgress & {
  message: OutgoingMessage | null;
  /** Whether D1 is not known to have any row of it. */
  is_new?: boolean;
};

/** A reaction is no reply: it changes neither the last message nor the status of the conversation. */
export function isReaction(message: Pick<OutgoingMessage, "type">): boolean {
  return message.type === "reaction";
}

/** A template may be sent at any time; everything else needs an open session window. */
export function isFreeForm(message: Pick<OutgoingMessage, "type">): boolean {
  return message.type !== "template";
}

/** The outgoing message in a D1 row; every row that is still to be sent has one. */
export function readOutgoing(row: { send_options: string | null }): OutgoingMessage {
  return JSON.parse(row.send_options ?? "null");
}

/** When the message was made, in milliseconds; a fallback was made when its time had come. */
export function madeAt({ id, made_at, fallback_of }: OutgoingMessage): number {
  return fallback_of === undefined ? (made_at ?? timeOfId(id)) : timeOfId(id);
}

/** Meta's message object, as the message's D1 row stores it. */
export function payloadOf({ type, content, reply_to }: OutgoingMessage): JsonObject {
  return {
    type,
    [type]: parseJson(content),
    ...(reply_to === null ? {} : { context: { message_id: reply_to } }),
  };
}
