/**
 * Brings one received file from Meta into the bucket.
 *
 * The job to fetch one received file, as the media queue carries it.
 *
 * The consumer of the media queue: received files into the bucket, side by side.
 */
import * as v from "valibot";
import { parseConfig } from "../config/config.ts";
import {
  createGraphClient,
  type GraphClient,
  type GraphFailure,
  type MediaInfo,
} from "../graph/client.ts";
import type { GraphError, GraphErrorClass } from "../graph/errors.ts";
import { sha256Hex } from "../graph/multipart.ts";
import { errorMembers, log } from "../lib/log.ts";
import { retryDelaySeconds } from "../lib/queue.ts";
import { createDatabase, type Database } from "../store/d1.ts";
import { keepDeadLetters } from "../store/dead-letters.ts";
import { findMediaFile, type MediaFile, recordArchiveError, recordStored } from "../store/media.ts";
import { bucketOf, keepInBucket } from "./bucket.ts";
import { isClearlyGone, isMissing, surelyGoneAt } from "./rules.ts";

/** Why a received file is not in the bucket (yet), as the API tells it. */

const DETAILS = {
  gone: "Meta no longer has it: received files are kept there for 7 days.",
  too_large: "It is larger than Meta's own limit of 100 MiB.",
  refused:
    "Meta refuses to hand it out, but does not say that it is gone: it is asked for again, ever later, for as long as Meta may keep it.",
  never_handed_out:
    "Meta handed it out at no time in the 7 days that it keeps received files: a dead letter tells why.",
  expired_url: "Meta's download address had expired before it was used: a fresh one is asked for.",
  foreign_host:
    "Meta's download address is not on one of Meta's hosts, and the token goes nowhere else: a fresh one is asked for.",
  wrong_hash: "The bytes do not have the SHA-256 that Meta told: they are fetched again.",
  interrupted: "The transfer from Meta into the bucket broke off: it begins anew.",
  meta_unauthorized: "Meta refuses the access token: it is fetched once that is mended.",
  meta_unavailable: "Meta does not hand it out just now: it is tried again.",
} as const;

type ArchiveError = keyof typeof DETAILS;

/** The error as the API shows it; a code of another version keeps its name. */
export function archiveErrorView(code: string): { code: string; detail: string } {
  return { code, detail: isArchiveError(code) ? DETAILS[code] : "It could not be archived." };
}

function isArchiveError(code: string): code is ArchiveError {
  return Object.hasOwn(DETAILS, code);
}

type ArchiveOutcome =
  /** It is in the bucket, or there is no such file to bring there. */
  | { kind: "done" }
  /** Another try may succeed; `meta` is what Meta refused it with. */
  | { kind: "retry"; error: ArchiveError; meta?: GraphError }
  /** Meta said that it is gone, or it is none that Meta takes. */
  | { kind: "given_up"; error: ArchiveError }
  /** By now Meta can't have it any more, and never said so. */
  | { kind: "too_late"; error: ArchiveError; meta?: GraphError };

/** Meta's largest file, a document. */
const LARGEST_BYTES = 100 * 1024 * 1024;

/** Every try asks Meta for a fresh address. Throws what D1 throws. */
export async function archiveMedia(
  graph: GraphClient,
  database: Database,
  bucket: R2Bucket,
  mediaId: string,
): Promise<ArchiveOutcome> {
  const file = await findMediaFile(database, mediaId);
  if (file !== null && file.stored_at !== null) return { kind: "done" };
  if (file === null) {
    // Erased: an earlier try may have brought it there and stopped before it saw that.
    await bucket.delete(mediaId);
    return { kind: "done" };
  }
  const outcome = await fetchFile(graph, database, bucket, file);
  const isTooLate = outcome.kind === "retry" && Date.now() >= surelyGoneAt(file);
  return isTooLate ? { ...outcome, kind: "too_late" } : outcome;
}

async function fetchFile(
  graph: GraphClient,
  database: Database,
  bucket: R2Bucket,
  file: MediaFile,
): Promise<ArchiveOutcome> {
  const info = await graph.mediaInfo(file.phone_number_id, file.meta_id);
  if (!info.ok) {
    return isClearlyGone(info) ? { kind: "given_up", error: "gone" } : outcomeOfFailure(info);
  }
  if ((info.value.file_size ?? 0) > LARGEST_BYTES) return { kind: "given_up", error: "too_large" };
  if (!graph.mayDownload(info.value.url)) return { kind: "retry", error: "foreign_host" };
  const download = await graph.download(info.value.url, null);
  if (!download.ok) {
    return isMissing(download.error)
      ? { kind: "retry", error: "expired_url" }
      : outcomeOfFailure(download);
  }
  return keep(database, bucket, file, info.value, download.value);
}

async function keep(
  database: Database,
  bucket: R2Bucket,
  file: MediaFile,
  info: MediaInfo,
  download: Response,
): Promise<ArchiveOutcome> {
  const body: ReadableStream<Uint8Array> | null = download.body;
  const sizeBytes = sizeOf(download) ?? info.file_size;
  if (body === null || sizeBytes === null) return { kind: "retry", error: "interrupted" };
  if (sizeBytes > LARGEST_BYTES) {
    await body.cancel();
    return { kind: "given_up", error: "too_large" };
  }
  const told = file.sha256 === null ? null : sha256Hex(file.sha256);
  const kept = await keepInBucket(bucket, file.id, body, {
    sizeBytes,
    sha256: told ?? info.sha256,
  });
  if (!kept.ok) return { kind: "retry", error: kept.reason };
  const isWanted = await recordStored(database, file.id, {
    size_bytes: sizeBytes,
    sha256: kept.sha256,
    stored_at: Date.now(),
  });
  // Erased on its way here: nothing else would find it again.
  if (!isWanted) await bucket.delete(file.id);
  return { kind: "done" };
}

/** The length of compressed bytes is not that of the file. */
function sizeOf(download: Response): number | null {
  const length = download.headers.get("content-length");
  return length === null || download.headers.has("content-encoding") ? null : Number(length);
}

/** Whatever Meta refuses it with: unless it says that the file is gone, it may hand it out later. */
function outcomeOfFailure({ class: errorClass, error: meta }: GraphFailure): ArchiveOutcome {
  const reasons: Readonly<Record<GraphErrorClass, ArchiveError>> = {
    permanent: "refused",
    unknown: "refused",
    operator: "meta_unauthorized",
    retry: "meta_unavailable",
    ambiguous: "meta_unavailable",
    later: "meta_unavailable",
  };
  return { kind: "retry", error: reasons[errorClass], meta };
}

/** Grows when the form changes, so that a job queued before a deploy is still told apart. */
const ARCHIVE_JOB_VERSION = 1;

const archiveJobSchema = v.object({
  version: v.literal(ARCHIVE_JOB_VERSION),
  /** Row of `media`; what else it takes is read there. */
  media_id: v.string(),
  /** How often it was tried under earlier queue messages. */
  tries: v.optional(v.number()),
});

type ArchiveJob = v.InferOutput<typeof archiveJobSchema>;

/** Cloudflare Queues: 100 messages a batch. */
const BATCH_MESSAGES = 100;

/** Whether it is a job in the form of this version. */
export function isArchiveJob(body: unknown): body is ArchiveJob {
  return v.is(archiveJobSchema, body);
}

/** Puts a job back as a new message, which neither the queue's retries nor its retention end. */
async function queueArchiveAgain(
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
      await archiveAgain(env, message, body);
      return;
    }
    message.ack();
  } catch (error) {
    log("error", "media_job_failed", { attempts, ...errorMembers(error) });
    if (isArchiveJob(body)) await archiveAgain(env, message, body);
    else message.retry({ delaySeconds: retryDelaySeconds(attempts) });
  }
}

/** How often the file was tried, this time included. */
function triesOf({ body, attempts }: Message): number {
  return attempts + (isArchiveJob(body) ? (body.tries ?? 0) : 0);
}

async function archiveAgain(env: Env, message: Message, job: ArchiveJob): Promise<void> {
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
  const outcome = await archived(env, job.media_id);
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

async function archived(env: Env, mediaId: string): Promise<ArchiveOutcome> {
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
