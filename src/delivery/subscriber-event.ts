/**
 * What subscribers are told, as it travels through the event queue: ids alone. Content is loaded
 * when an event is delivered.
 */
import * as v from "valibot";
import { eventId } from "../events/event-id.ts";

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
