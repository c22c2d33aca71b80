/** Events into their queue, one message for each subscriber that wants it. */
import { readEventSubscribers } from "../config/config.ts";
import { queueAll } from "../lib/queue.ts";
import {
  EVENT_BODY_VERSION,
  type QueuedEvent,
  type SubscriberEvent,
  webhookIdOf,
} from "./event.ts";

/**
 * Resolves once the queue has all of them on disk. Throws if it refuses any, or if nobody can tell
 * who the subscribers are: whoever holds the events must try again.
 */
export async function queueEvents(
  env: Env,
  events: readonly SubscriberEvent[],
  options?: QueueSendBatchOptions,
): Promise<void> {
  const result = readEventSubscribers({ ...env });
  if (!result.ok) throw new Error("EVENT_SUBSCRIBERS is wrong: nobody can be told of events");
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
