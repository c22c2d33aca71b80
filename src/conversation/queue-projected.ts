/** What the queues are to do about messages that are in D1 now. */
import { queueArchive } from "../media/archive-job.ts";
import type { MessageProjection } from "../store/projection.ts";

/** Whoever projects calls it before the object forgets the messages: so nothing goes unqueued. */
export async function queueProjected(
  env: Pick<Env, "MEDIA_QUEUE"> & { MEDIA?: R2Bucket },
  messages: readonly Pick<MessageProjection, "media">[],
): Promise<void> {
  await queueArchive(
    env,
    messages.flatMap(({ media }) => (media === null ? [] : [media.id])),
  );
}
