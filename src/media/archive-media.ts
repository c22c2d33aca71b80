/** Brings one received file from Meta into the bucket. */
import type { GraphClient, GraphFailure, MediaInfo } from "../graph/graph-client.ts";
import { sha256Hex } from "../graph/sha256-hex.ts";
import type { Database } from "../store/database.ts";
import { findMediaFile, recordStored, type MediaFile } from "../store/media-files.ts";
import type { ArchiveError } from "./archive-error.ts";
import { keepInBucket } from "./bucket.ts";
import { isGone, isMissing } from "./gone.ts";

export type ArchiveOutcome =
  /** It is in the bucket, or there is no such file to bring there. */
  | { kind: "done" }
  /** Another try may succeed. */
  | { kind: "retry"; error: ArchiveError }
  | { kind: "given_up"; error: ArchiveError };

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
  const info = await graph.mediaInfo(file.phone_number_id, file.meta_id);
  if (!info.ok) {
    return isGone(info) ? { kind: "given_up", error: "gone" } : outcomeOf(info);
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

function outcomeOf({ class: errorClass }: GraphFailure): ArchiveOutcome {
  switch (errorClass) {
    case "permanent":
      return { kind: "given_up", error: "refused" };
    case "operator":
      return { kind: "retry", error: "meta_unauthorized" };
    case "retry":
    case "ambiguous":
    case "later":
      return { kind: "retry", error: "meta_unavailable" };
  }
}
