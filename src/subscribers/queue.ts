/** Puts events into their queue, one message for each subscriber that wants them. */
import { readEventSubscribers } from "../config/config.ts";
import { queueAll } from "../lib/queue.ts";
import {
  EVENT_BODY_VERSION,
  type QueuedEvent,
  type SubscriberEvent,
  webhookIdOf,
} from "./event.ts";

/**
 * Resolves once the queue has all events on disk. Throws if the queue refuses any, or if the setting
 * EVENT_SUBSCRIBERS can't be read: the caller must then keep the events and try again.
 */
export async function queueEvents(
  env: Env,
  events: readonly SubscriberEvent[],
  options?: QueueSendBatchOptions,
): Promise<void> {
  if (events.length === 0) return;
  const result = readEventSubscribers(env);
  if (!result.ok)
    throw new Error("EVENT_SUBSCRIBERS is wrong: no event can be sent to subscribers");
  if (result.subscribers.length === 0) return;
  const bodies = await Promise.all(
    events.map(async (event): Promise<QueuedEvent[]> => {
      const wanting = result.subscribers.filter(({ types }) => types.has(event.type));
      if (wanting.length === 0) return [];
      const id = await webhookIdOf(event);
      return wanting.map(({ url }) => ({
        version: EVENT_BODY_VERSION,
        id,
        subscriber: url,
        event,
      }));
    }),
  );
  await queueAll(env.EVENT_QUEUE, bodies.flat(), options);
}
