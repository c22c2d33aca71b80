/** Brings one received file from Meta into the bucket. */
import type { GraphClient, GraphFailure, MediaInfo } from "../graph/graph-client.ts";
import type { GraphError, GraphErrorClass } from "../graph/graph-error.ts";
import { sha256Hex } from "../graph/sha256-hex.ts";
import type { Database } from "../store/database.ts";
import { findMediaFile, recordStored, type MediaFile } from "../store/media-files.ts";
import type { ArchiveError } from "./archive-error.ts";
import { keepInBucket } from "./bucket.ts";
import { isClearlyGone, isMissing } from "./gone.ts";
import { surelyGoneAt } from "./meta-copy.ts";

export type ArchiveOutcome =
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
    return isClearlyGone(info) ? { kind: "given_up", error: "gone" } : outcomeOf(info);
  }
  if ((info.value.file_size ?? 0) > LARGEST_BYTES) return { kind: "given_up", error: "too_large" };
  if (!graph.mayDownload(info.value.url)) return { kind: "retry", error: "foreign_host" };
  const download = await graph.download(info.value.url, null);
  if (!download.ok) {
    return isMissing(download.error)
      ? { kind: "retry", error: "expired_url" }
      : outcomeOf(download);
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
function outcomeOf({ class: errorClass, error: meta }: GraphFailure): ArchiveOutcome {
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
