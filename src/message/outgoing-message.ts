import { type JsonObject, parseJson } from "../lib/json.ts";

/** A message on its way out, as it stands in an object's outbox, and what became of it so far. */

export type OutgoingMessage = {
  id: string;
  phone_number_id: string;
  type: string;
  /** The Cloud API's own content object, as JSON text; files of ours have our `media_id` beside Meta's `id`. */
  content: string;
  /** The files among it that are ours; left out = none. */
  files?: readonly OutgoingFile[];
  /** The wamid it replies to. */
  reply_to: string | null;
  /** Members of Meta's beside the content, as JSON text; left out = none. */
  beside?: string;
  /** Where the caller dialed to; null = wherever the conversation's customer is. */
  dial: Dial | null;
  /** When it may leave: now, or its `send_at`. */
  ready_at: number;
  /** When it is no longer worth sending. */
  expires_at: number;
  /** `meta` skips our own check of the session window. */
  window: "ours" | "meta";
  /** False = refused rather than queued for pace. */
  wait: boolean;
  /** The template to send if the session window is closed, as JSON text. */
  fallback?: string;
  /** The files among it that are ours; left out = none. */
  fallback_files?: readonly OutgoingFile[];
  /** Display text of that template. */
  fallback_body?: string;
  /** The message that this one is the fallback of. */
  fallback_of?: string;
  /** When it was asked for, in milliseconds; left out = when its id says. */
  made_at?: number;
  /** The request that asked for it. */
  request_id?: string;
};

/** A file named by our id, and until when the content's id of Meta's can be relied on. */
export type OutgoingFile = { media_id: string; usable_until: number };

/** `to` for phones (with `+`) and groups, `recipient` for BSUIDs. */
export type Dial = { to: string } | { recipient: string } | { group: string };

/** Why a message did not leave, or not yet. `meta` holds Meta's own words. */
export type SendError = {
  code: string;
  detail: string;
  meta?: {
    code: number | null;
    message: string;
    details: string | null;
    fbtrace_id: string | null;
  };
  /** When the session window closed, in milliseconds; null if it never was open. */
  window_expired_at?: number | null;
  /** When there is room for it again, in milliseconds. */
  retry_at?: number;
};

/** What became of it; `at` is when, in milliseconds. */
export type SendReport =
  | { state: "scheduled" | "queued" | "calling"; error: SendError | null }
  | { state: "accepted"; wamid: string; at: number }
  | { state: "unconfirmed"; error: SendError; at: number }
  | { state: "failed"; error: SendError; at: number }
  | { state: "canceled"; at: number };

/** A report together with the message and how often it changed. */
export type SendProgress = { message_id: string; revision: number; report: SendReport };

/** A reaction answers nothing: it neither moves the conversation nor makes it active. */
export function isReaction(message: Pick<OutgoingMessage, "type">): boolean {
  return message.type === "reaction";
}

/** Templates may go out at any time; everything else needs an open session window. */
export function isFreeForm(message: Pick<OutgoingMessage, "type">): boolean {
  return message.type !== "template";
}

/** The message as its row keeps it. */
export function payloadOf({ type, content, reply_to }: OutgoingMessage): JsonObject {
  return {
    type,
    [type]: parseJson(content),
    ...(reply_to === null ? {} : { context: { message_id: reply_to } }),
  };
}
