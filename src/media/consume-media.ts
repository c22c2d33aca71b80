/** The consumer of the media queue: received files into the bucket, side by side. */
import { parseConfig } from "../config.ts";
import { createGraphClient } from "../graph/graph-client.ts";
import { errorMembers, log } from "../observability/log.ts";
import { retryDelaySeconds } from "../queues/queue-retry.ts";
import { createDatabase } from "../store/database.ts";
import { keepDeadLetters } from "../store/dead-letters.ts";
import { recordArchiveError } from "../store/media-files.ts";
import { isArchiveJob, queueArchiveAgain, type ArchiveJob } from "./archive-job.ts";
import { archiveMedia, type ArchiveOutcome } from "./archive-media.ts";
import { bucketOf } from "./bucket.ts";

/**
 * Tries of one queue message. A queue keeps a message for 4 days and gives it up after 100 tries,
 * while Meta keeps a file for 7: ten tries, 4.6 hours apart at most, take two days.
 */
const TRIES_OF_ONE_MESSAGE = 10;

export async function consumeMedia(batch: MessageBatch, env: Env): Promise<void> {
  await Promise.all(batch.messages.map((message) => consumeOne(message, batch.queue, env)));
}

/** Acknowledged once nothing more can come of it; else it comes back later, ever later. */
async function consumeOne(message: Message, queue: string, env: Env): Promise<void> {
  const { body, attempts } = message;
  try {
    if (!isArchiveJob(body)) await keepUnreadable(env, queue, body);
    else if (!(await archive(env, body, triesOf(message)))) {
      await again(env, message, body);
      return;
    }
    message.ack();
  } catch (error) {
    log("error", "media_job_failed", { attempts, ...errorMembers(error) });
    if (isArchiveJob(body)) await again(env, message, body);
    else message.retry({ delaySeconds: retryDelaySeconds(attempts) });
  }
}

/** How often the file was tried, this time included. */
function triesOf({ body, attempts }: Message): number {
  return attempts + (isArchiveJob(body) ? (body.tries ?? 0) : 0);
}

async function again(env: Env, message: Message, job: ArchiveJob): Promise<void> {
  const tries = triesOf(message);
  const delaySeconds = retryDelaySeconds(tries);
  if (message.attempts < TRIES_OF_ONE_MESSAGE) {
    message.retry({ delaySeconds });
    return;
  }
  try {
    await queueArchiveAgain(env, job, { tries, delaySeconds });
    message.ack();
  } catch (error) {
    log("error", "media_job_not_renewed", { tries, ...errorMembers(error) });
    message.retry({ delaySeconds });
  }
}

/** False where another try is worth it; why it failed is then in the row already. */
async function archive(env: Env, job: ArchiveJob, tries: number): Promise<boolean> {
  const database = createDatabase(env.DB);
  const outcome = await outcomeOf(env, job.media_id);
  if (outcome.kind === "done") return true;
  const { kind, error } = outcome;
  const isTooLate = kind === "too_late";
  if (isTooLate) await keepTooLate(env, job, outcome);
  await recordArchiveError(database, job.media_id, isTooLate ? "never_handed_out" : error);
  // A refusal that nobody knows is somebody's to look at, while there is time.
  log(isTooLate || error === "refused" ? "error" : "info", "media_not_archived", {
    media_id: job.media_id,
    reason: error,
    ...("meta" in outcome ? { code: outcome.meta?.code, status: outcome.meta?.http_status } : {}),
    attempts: tries,
    given_up: kind !== "retry",
  });
  return kind !== "retry";
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

/** Where an operator sees it, and can have it asked for once more. */
async function keepTooLate(
  env: Env,
  { version, media_id }: ArchiveJob,
  { error, meta }: Extract<ArchiveOutcome, { kind: "too_late" }>,
): Promise<void> {
  const words = meta === undefined ? error : `${meta.code ?? ""} ${meta.details ?? meta.message}`;
  const letter = {
    source: "queue",
    reason: `A received file was not handed out while Meta kept it; at last: ${words.trim()}`,
    payload: JSON.stringify({ version, media_id }),
  };
  await keepDeadLetters(createDatabase(env.DB), [letter], Date.now());
}

async function keepUnreadable(env: Env, source: string, body: unknown): Promise<void> {
  const reason = "not a media job this version can read";
  const letter = { source, reason, payload: JSON.stringify(body) ?? "null" };
  await keepDeadLetters(createDatabase(env.DB), [letter], Date.now());
}
