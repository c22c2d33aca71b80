/** The consumer of the media queue: received files into the bucket, side by side. */
import { parseConfig } from "../config.ts";
import { createGraphClient } from "../graph/graph-client.ts";
import { errorMembers, log } from "../observability/log.ts";
import { retryDelaySeconds } from "../queues/queue-retry.ts";
import { createDatabase } from "../store/database.ts";
import { keepDeadLetters } from "../store/dead-letters.ts";
import { recordArchiveError } from "../store/media-files.ts";
import { isArchiveJob, type ArchiveJob } from "./archive-job.ts";
import { archiveMedia, type ArchiveOutcome } from "./archive-media.ts";
import { bucketOf } from "./bucket.ts";

export async function consumeMedia(batch: MessageBatch, env: Env): Promise<void> {
  await Promise.all(batch.messages.map((message) => consumeOne(message, batch.queue, env)));
}

/** Acknowledged once nothing more can come of it; else it comes back later, ever later. */
async function consumeOne(message: Message, queue: string, env: Env): Promise<void> {
  const { body, attempts } = message;
  try {
    const isOver = isArchiveJob(body)
      ? await archive(env, body, attempts)
      : await keepUnreadable(env, queue, body);
    if (isOver) message.ack();
    else message.retry({ delaySeconds: retryDelaySeconds(attempts) });
  } catch (error) {
    log("error", "media_job_failed", { attempts, ...errorMembers(error) });
    message.retry({ delaySeconds: retryDelaySeconds(attempts) });
  }
}

/** False where another try is worth it; why it failed is then in the row already. */
async function archive(env: Env, { media_id }: ArchiveJob, attempts: number): Promise<boolean> {
  const database = createDatabase(env.DB);
  const outcome = await outcomeOf(env, media_id);
  if (outcome.kind === "done") return true;
  const { kind, error } = outcome;
  await recordArchiveError(database, media_id, error);
  log("info", "media_not_archived", {
    media_id,
    reason: error,
    attempts,
    given_up: kind !== "retry",
  });
  return kind === "given_up";
}

async function outcomeOf(env: Env, mediaId: string): Promise<ArchiveOutcome> {
  const bucket = bucketOf(env);
  // The bucket was taken away since: what is passed through needs no archive.
  if (bucket === null) return { kind: "done" };
  const parsed = parseConfig({ ...env });
  if (!parsed.ok) return { kind: "retry", error: "meta_unauthorized" };
  const graph = createGraphClient(parsed.config);
  return archiveMedia(graph, createDatabase(env.DB), bucket, mediaId);
}

async function keepUnreadable(env: Env, source: string, body: unknown): Promise<true> {
  const reason = "not a media job this version can read";
  const letter = { source, reason, payload: JSON.stringify(body) ?? "null" };
  await keepDeadLetters(createDatabase(env.DB), [letter], Date.now());
  return true;
}
