/**
 * The consumer of the media queue: it brings received files from Meta into the bucket, because Meta
 * keeps them for 7 days only. Also the queue's jobs, and the errors that the API shows for them.
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
import { sha256Hex } from "../lib/bytes.ts";
import { errorMembers, log } from "../lib/log.ts";
import { retryDelaySeconds } from "../lib/backoff.ts";
import { createDatabase, type Database } from "../store/d1.ts";
import { keepDeadLetters } from "../store/dead-letters.ts";
import { findMediaFile, type MediaFile, recordArchiveError, recordStored } from "../store/media.ts";
import { bucketOf, keepInBucket } from "./bucket.ts";
import { isClearlyGone, isMissing, surelyGoneAt } from "./rules.ts";

/** Grows when the form changes, so that a job queued before a deploy is recognized. */
const ARCHIVE_JOB_VERSION = 1;

const archiveJobSchema = v.object({
  version: v.literal(ARCHIVE_JOB_VERSION),
  /** The row of `media`, which has all else. */
  media_id: v.string(),
  /** How often the file was tried under earlier queue messages. */
  tries: v.optional(v.number()),
});

type ArchiveJob = v.InferOutput<typeof archiveJobSchema>;

/** Cloudflare Queues take at most 100 messages a batch. */
const BATCH_MESSAGES = 100;

/** Whether the body is a job in the form of this version. */
export function isArchiveJob(body: unknown): body is ArchiveJob {
  return v.is(archiveJobSchema, body);
}

/** Queues a job again as a new message, because the queue limits a message's tries and age. */
async function queueArchiveAgain(
  env: { MEDIA_QUEUE: Queue },
  job: ArchiveJob,
  again: { tries: number; delaySeconds: number },
): Promise<void> {
  const { tries, delaySeconds } = again;
  await env.MEDIA_QUEUE.send({ ...job, tries } satisfies ArchiveJob, { delaySeconds });
}

/** Resolves once the queue has the jobs on disk; without a bucket there is nothing to queue. */
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
 * Tries of one queue message. A queue keeps a message for 4 days and drops it after 100 tries, but
 * Meta keeps a file for 7 days: ten tries, at most 4.6 hours apart, take two days.
 */
const TRIES_OF_ONE_MESSAGE = 10;

export async function consumeMedia(batch: MessageBatch, env: Env): Promise<void> {
  await Promise.all(batch.messages.map((message) => consumeOne(message, batch.queue, env)));
}

/** Acknowledges a job that is done or hopeless; any other comes back, after a longer time each time. */
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

/** How often the file was tried, including this time. */
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

/** False if another try may succeed; the row then has the reason for this failure. */
async function archive(env: Env, job: ArchiveJob, tries: number): Promise<boolean> {
  const database = createDatabase(env);
  const outcome = await archived(env, job.media_id);
  if (outcome.kind === "done") return true;
  const { kind, error } = outcome;
  const isTooLate = kind === "too_late";
  if (isTooLate) await keepTooLate(env, job, outcome);
  await recordArchiveError(database, job.media_id, isTooLate ? "never_handed_out" : error);
  // The operator should see an unknown refusal while Meta still has the file.
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
  // A deploy removed the bucket: files are now streamed from Meta.
  if (bucket === null) return { kind: "done" };
  const parsed = parseConfig(env);
  if (!parsed.ok) return { kind: "retry", error: "meta_unauthorized" };
  const graph = createGraphClient(parsed.config);
  return archiveMedia(graph, createDatabase(env), bucket, mediaId);
}

/** Keeps the job as a dead letter, which the operator can see and replay. */
async function keepTooLate(
  env: Env,
  { version, media_id }: ArchiveJob,
  { error, meta }: Extract<ArchiveOutcome, { kind: "too_late" }>,
): Promise<void> {
  const words = meta === undefined ? error : `${meta.code ?? ""} ${meta.details ?? meta.message}`;
  const letter = {
    source: "queue",
    reason: `Meta refused a received file for as long as it kept it; last: ${words.trim()}`,
    payload: JSON.stringify({ version, media_id }),
  };
  await keepDeadLetters(createDatabase(env), [letter], Date.now());
}

async function keepUnreadable(env: Env, source: string, body: unknown): Promise<void> {
  const reason = "not a media job this version can read";
  const letter = { source, reason, payload: JSON.stringify(body) ?? "null" };
  await keepDeadLetters(createDatabase(env), [letter], Date.now());
}

type ArchiveOutcome =
  /** The file is in the bucket, or no row asks for it. */
  | { kind: "done" }
  /** Another try may succeed; `meta` is Meta's refusal. */
  | { kind: "retry"; error: ArchiveError; meta?: GraphError }
  /** Meta said that the file is gone, or it is too large. */
  | { kind: "given_up"; error: ArchiveError }
  /** Meta can't have the file any more, and never said so. */
  | { kind: "too_late"; error: ArchiveError; meta?: GraphError };

/** Meta's limit for documents, its largest files. */
const LARGEST_BYTES = 100 * 1024 * 1024;

/** Brings one file into the bucket; each try asks Meta for a new address. Throws what D1 throws. */
export async function archiveMedia(
  graph: GraphClient,
  database: Database,
  bucket: R2Bucket,
  mediaId: string,
): Promise<ArchiveOutcome> {
  const file = await findMediaFile(database, mediaId);
  if (file !== null && file.stored_at !== null) return { kind: "done" };
  if (file === null) {
    // Erased: an earlier try may have stored the file and stopped before it saw that.
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
  const reported = file.sha256 === null ? null : sha256Hex(file.sha256);
  const kept = await keepInBucket(bucket, file.id, body, {
    sizeBytes,
    sha256: reported ?? info.sha256,
  });
  if (!kept.ok) return { kind: "retry", error: kept.reason };
  const isWanted = await recordStored(database, file.id, {
    size_bytes: sizeBytes,
    sha256: kept.sha256,
    stored_at: Date.now(),
  });
  // Erased during the transfer: no row names it, so nothing else would delete it.
  if (!isWanted) await bucket.delete(file.id);
  return { kind: "done" };
}

/** Null for a compressed answer: its length is not that of the file. */
function sizeOf(download: Response): number | null {
  const length = download.headers.get("content-length");
  return length === null || download.headers.has("content-encoding") ? null : Number(length);
}

/** Any refusal is worth another try, unless Meta says that the file is gone. */
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

/** Why a received file is not in the bucket, or not yet: the texts that the API shows. */
const DETAILS = {
  gone: "Meta no longer has the file: it keeps received files for 7 days.",
  too_large: "The file is larger than Meta's own limit of 100 MiB.",
  refused:
    "Meta refuses the file, but does not say that it is gone: Paloma asks again, less and less often, for as long as Meta may keep it.",
  never_handed_out:
    "Meta refused the file during all 7 days that it keeps received files: a dead letter says why.",
  expired_url: "Meta's download address had expired before it was used: Paloma asks for a new one.",
  foreign_host:
    "Meta's download address is not on one of Meta's hosts, and Paloma sends the token to no other: it asks for a new address.",
  wrong_hash: "The bytes do not have the SHA-256 that Meta reported: Paloma fetches them again.",
  interrupted: "The transfer from Meta into the bucket broke off: Paloma starts it again.",
  meta_unauthorized:
    "Meta refuses the access token: Paloma fetches the file once the operator has corrected it.",
  meta_unavailable: "Meta can't deliver the file now: Paloma tries again.",
} as const;

type ArchiveError = keyof typeof DETAILS;

/** The error as the API shows it; a code from another version of Paloma keeps its name. */
export function archiveErrorView(code: string): { code: string; detail: string } {
  return { code, detail: isArchiveError(code) ? DETAILS[code] : "The file could not be archived." };
}

function isArchiveError(code: string): code is ArchiveError {
  return Object.hasOwn(DETAILS, code);
}
