/** The job to fetch one received file, as the media queue carries it. */
import * as v from "valibot";

/** Grows when the form changes, so that a job queued before a deploy is still told apart. */
const ARCHIVE_JOB_VERSION = 1;

const archiveJobSchema = v.object({
  version: v.literal(ARCHIVE_JOB_VERSION),
  /** Row of `media`; what else it takes is read there. */
  media_id: v.string(),
  /** How often it was tried under earlier queue messages. */
  tries: v.optional(v.number()),
});

export type ArchiveJob = v.InferOutput<typeof archiveJobSchema>;

/** Cloudflare Queues: 100 messages a batch. */
const BATCH_MESSAGES = 100;

/** Whether it is a job in the form of this version. */
export function isArchiveJob(body: unknown): body is ArchiveJob {
  return v.is(archiveJobSchema, body);
}

/** Puts a job back as a new message, which neither the queue's retries nor its retention end. */
export async function queueArchiveAgain(
  env: { MEDIA_QUEUE: Queue },
  job: ArchiveJob,
  again: { tries: number; delaySeconds: number },
): Promise<void> {
  const { tries, delaySeconds } = again;
  await env.MEDIA_QUEUE.send({ ...job, tries } satisfies ArchiveJob, { delaySeconds });
}

/** Resolves once the queue has them on disk; without a bucket there is nothing to queue. */
export async function queueArchive(
  env: { MEDIA?: R2Bucket; MEDIA_QUEUE: Queue },
  mediaIds: readonly string[],
): Promise<void> {
  if (env.MEDIA === undefined) return;
  for (let start = 0; start < mediaIds.length; start += BATCH_MESSAGES) {
    await env.MEDIA_QUEUE.sendBatch(
      mediaIds.slice(start, start + BATCH_MESSAGES).map((media_id) => ({
        body: { version: ARCHIVE_JOB_VERSION, media_id } satisfies ArchiveJob,
      })),
    );
  }
}
