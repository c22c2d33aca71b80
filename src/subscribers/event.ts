/**
 * An event for subscribers: as the event queue carries it, with ids alone, and as the body of a
 * delivery, with content that is loaded at that moment.
 */
import * as v from "valibot";
import { bytesOf } from "../lib/bytes.ts";
import { eventId } from "../lib/ids.ts";
import { integer } from "../lib/validate.ts";
import type { KnownStatus } from "../store/statuses.ts";

/** Grows when the shape changes; the consumer reads every version ever queued. */
export const EVENT_BODY_VERSION = 1;

/** A conversation's events are numbered 1, 2, 3 … */
const ofConversation = { conversation_id: v.string(), sequence: integer, at: integer };

const subscriberEventSchema = v.variant("type", [
  v.object({ type: v.literal("message.received"), message_id: v.string(), ...ofConversation }),
  v.object({ type: v.literal("conversation.created"), ...ofConversation }),
  v.object({
    type: v.literal("conversation.updated"),
    /** The conversation that was merged into this one; null for any other change. */
    merged_id: v.nullable(v.string()),
    ...ofConversation,
  }),
  v.object({
    type: v.literal("message.status"),
    message_id: v.string(),
    status: v.string(),
    /** The group member that Meta's status is about; empty for an individual. */
    participant: v.string(),
    /** For a status of our own, how often the message's state had changed; null for Meta's. */
    revision: v.nullable(integer),
    at: integer,
  }),
  v.object({
    type: v.literal("template.updated"),
    name: v.string(),
    language: v.string(),
    /** What Meta's webhook contained; null if it had no such member. */
    status: v.nullable(v.string()),
    category: v.nullable(v.string()),
    quality: v.nullable(v.string()),
    at: integer,
  }),
  v.object({ type: v.literal("account.event"), event_id: v.string(), at: integer }),
]);

export type SubscriberEvent = v.InferOutput<typeof subscriberEventSchema>;

/** One event for one subscriber. */
const queuedEventSchema = v.object({
  version: v.literal(EVENT_BODY_VERSION),
  /** The `webhook-id`. */
  id: v.string(),
  /** The subscriber's URL, which stays the same if a deploy reorders the list. */
  subscriber: v.string(),
  event: subscriberEventSchema,
  /** Since when the event waits, in Unix milliseconds, if it came from another queue. */
  queued_at: v.optional(integer),
});

export type QueuedEvent = v.InferOutput<typeof queuedEventSchema>;

/** Whether the body is an event in the form of this version. */
export function isQueuedEvent(body: unknown): body is QueuedEvent {
  return v.is(queuedEventSchema, body);
}

/** The `webhook-id`: the same for the same event, whichever code path reports it and how often. */
export async function webhookIdOf(event: SubscriberEvent): Promise<string> {
  switch (event.type) {
    case "message.received":
    case "conversation.created":
    case "conversation.updated":
      return eventId(["conversation", event.conversation_id, event.sequence]);
    case "message.status": {
      const { type, message_id, status, participant, revision } = event;
      return eventId([type, message_id, status, participant, revision]);
    }
    case "template.updated": {
      const { type, name, language, status, category, quality, at } = event;
      return eventId([type, name, language, status, category, quality, at]);
    }
    case "account.event":
      return event.event_id;
  }
}

/** The largest body that subscribers must accept; only Meta's history webhooks are larger. */
const PAYLOAD_LIMIT_BYTES = 256 * 1024;

/**
 * The body that a subscriber receives.
 *
 * @param data JSON text; if it is too large, ids replace it
 */
export function eventPayload(event: SubscriberEvent, data: string): string {
  const payload = withData(event, data);
  return bytesOf(payload) <= PAYLOAD_LIMIT_BYTES
    ? payload
    : withData(event, JSON.stringify({ too_large: true, ...idsOf(event) }));
}

/** Inserts the data as text: parsed, long numbers would lose digits. */
function withData(event: SubscriberEvent, data: string): string {
  const envelope = {
    type: event.type,
    timestamp: new Date(event.at).toISOString(),
    ...("sequence" in event
      ? { conversation_id: event.conversation_id, sequence: event.sequence }
      : {}),
  };
  return `${JSON.stringify(envelope).slice(0, -1)},"data":${data}}`;
}

/** The ids by which the subscriber can ask the API for the whole. */
function idsOf(event: SubscriberEvent) {
  switch (event.type) {
    case "message.received":
    case "message.status":
      return { message: { id: event.message_id } };
    case "conversation.created":
    case "conversation.updated":
      return { conversation: { id: event.conversation_id } };
    case "template.updated":
      return { template: { name: event.name, language: event.language } };
    case "account.event":
      return { event: { id: event.event_id } };
  }
}

/** The event for a status of Meta's whose message is known. */
export function eventOfStatus({
  message_id,
  status,
  participant,
  at,
}: KnownStatus): SubscriberEvent {
  return { type: "message.status", message_id, status, participant, revision: null, at };
}
