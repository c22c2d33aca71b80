/** What the queues are to do about what is in D1 now. */
import { queueEvents } from "../delivery/queue-events.ts";
import type { SubscriberEvent } from "../delivery/subscriber-event.ts";
import { queueArchive } from "../media/archive-job.ts";
import type { MessageProjection } from "../store/projection.ts";

/** Whoever projects calls it before the object forgets its part: so nothing goes unqueued. */
export async function queueProjected(
  env: Env,
  messages: readonly Pick<MessageProjection, "media">[],
  events: readonly SubscriberEvent[],
): Promise<void> {
  await Promise.all([
    queueArchive(
      env,
      messages.flatMap(({ media }) => (media === null ? [] : [media.id])),
    ),
    queueEvents(env, events),
  ]);
}
