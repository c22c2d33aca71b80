/** What the queues are to do about what is in D1 now. */
import { queueEvents } from "../delivery/queue-events.ts";
import type { SubscriberEvent } from "../delivery/subscriber-event.ts";
import { queueArchive } from "../media/archive-job.ts";
import type { HeldMessage, MessageProjection } from "../store/projection.ts";

/**
 * Whoever projects calls it before the object forgets its part: so nothing goes unqueued. What D1 holds
 * already is told of under its id there, and its file is with whoever brought it.
 */
export async function queueProjected(
  env: Env,
  messages: readonly Pick<MessageProjection, "id" | "media">[],
  events: readonly SubscriberEvent[],
  held: readonly HeldMessage[],
): Promise<void> {
  const heldAs = new Map(held.map(({ told_id, message_id }) => [told_id, message_id]));
  await Promise.all([
    queueArchive(
      env,
      messages.flatMap(({ id, media }) => (media === null || heldAs.has(id) ? [] : [media.id])),
    ),
    queueEvents(
      env,
      events.map((event) => {
        if (!("message_id" in event)) return event;
        return { ...event, message_id: heldAs.get(event.message_id) ?? event.message_id };
      }),
    ),
  ]);
}
