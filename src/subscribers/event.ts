/**
 * What subscribers are told, as it travels through the event queue: ids alone. Content is loaded
 * when an event is delivered.
 *
 * The body of a delivery.
 */
import * as v from "valibot";
import { eventId } from "../lib/ids.ts";
import type { KnownStatus } from "../store/statuses.ts";

/** Grows when the shape changes; a consumer reads every version ever queued. */
export const EVENT_BODY_VERSION = 1;

const whole = v.pipe(v.number(), v.safeInteger());

/** A conversation's events are numbered 1, 2, 3 … */
const ofConversation = { conversation_id: v.string(), sequence: whole, at: whole };

const subscriberEventSchema = v.variant("type", [
  v.object({ type: v.literal("message.received"), message_id: v.string(), ...ofConversation }),
  v.object({ type: v.literal("conversation.created"), ...ofConversation }),
  v.object({
    type: v.literal("conversation.updated"),
    /** The conversation that became part of this one, if that is what happened. */
    merged_id: v.nullable(v.string()),
    ...ofConversation,
  }),
  v.object({
    type: v.literal("message.status"),
    message_id: v.string(),
    status: v.string(),
    /** The group member a status of Meta's speaks of; empty for an individual. */
    participant: v.string(),
    /** How often the message's state had changed, where the status is our own; null = Meta's. */
    revision: v.nullable(whole),
    at: whole,
  }),
  v.object({
    type: v.literal("template.updated"),
    name: v.string(),
    language: v.string(),
    /** What Meta told; null = nothing of it. */
    status: v.nullable(v.string()),
    category: v.nullable(v.string()),
    quality: v.nullable(v.string()),
    at: whole,
  }),
  v.object({ type: v.literal("account.event"), event_id: v.string(), at: whole }),
]);

export type SubscriberEvent = v.InferOutput<typeof subscriberEventSchema>;

/** One event for one subscriber. */
const queuedEventSchema = v.object({
  version: v.literal(EVENT_BODY_VERSION),
  /** The `webhook-id`. */
  id: v.string(),
  /** The subscriber's URL: it stays the same when a deploy puts the list in another order. */
  subscriber: v.string(),
  event: subscriberEventSchema,
  /** Since when it waits, in Unix milliseconds, where it moved here from another queue. */
  queued_at: v.optional(whole),
});

export type QueuedEvent = v.InferOutput<typeof queuedEventSchema>;

/** Whether it is an event in the form of this version. */
export function isQueuedEvent(body: unknown): body is QueuedEvent {
  return v.is(queuedEventSchema, body);
}

/** The same whenever the same is told again, by whoever tells it. */
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

/** What subscribers must be ready to take; Meta's history webhooks alone are larger. */
const PAYLOAD_LIMIT_BYTES = 256 * 1024;

/**
 * An event as its subscriber reads it.
 *
 * @param data JSON text; where it is too large, ids stand in its place
 */
export function eventPayload(event: SubscriberEvent, data: string): string {
  const payload = withData(event, data);
  return new TextEncoder().encode(payload).byteLength <= PAYLOAD_LIMIT_BYTES
    ? payload
    : withData(event, JSON.stringify({ too_large: true, ...idsOf(event) }));
}

/** The data is JSON already: parsed, long numbers would lose digits. */
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

/** Where the whole of it is to be asked for. */
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

/** A status of Meta's whose message is known, as subscribers are told of it. */
export function eventOfStatus({
  message_id,
  status,
  participant,
  at,
}: KnownStatus): SubscriberEvent {
  return { type: "message.status", message_id, status, participant, revision: null, at };
}
