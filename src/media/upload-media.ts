/** Takes a file to Meta, so that messages can name it, and keeps it to take it there again. */
import type { GraphFailure } from "../graph/graph-client.ts";
import { errorMembers, log } from "../observability/log.ts";
import { randomSuffix } from "../messages/message-id.ts";
import {
  findUpload,
  insertMediaFile,
  MEDIA_ID_PREFIX,
  type MediaFile,
} from "../store/media-files.ts";
import { isAnimatedWebp, WEBP_HEAD_BYTES } from "./animated-webp.ts";
import { keepInBucket, openStored } from "./bucket.ts";
import { safeFilename } from "./filename.ts";
import { fittingFilename } from "./fitting-filename.ts";
import type { MediaPlaces } from "./media-places.ts";
import { checkMedia } from "./media-rules.ts";
import { EXPIRY_MARGIN_MS, UPLOADED_LIFE_MS } from "./meta-copy.ts";
import type { Upload, UploadContent } from "./read-upload.ts";

export type UploadResult = { ok: true; file: MediaFile } | UploadRefusal;

type UploadRefusal =
  /** Meta would not take this type or size. */
  | { ok: false; reason: "unacceptable"; detail: string }
  /** It does not fit memory, and there is no bucket to stream it through. */
  | { ok: false; reason: "no_bucket" }
  /** The bucket did not take it, or other bytes came than Content-Length told. */
  | { ok: false; reason: "interrupted" }
  | { ok: false; reason: "meta"; failure: GraphFailure };

/** Bytes whose digest is known; a stream is in the bucket by then. */
type Taken = {
  ok: true;
  sha256: string;
  isStored: boolean;
  open: () => Promise<ReadableStream<Uint8Array>>;
};

/**
 * Checks the file, uploads it for the business number and remembers it. It can be sent for 30 days,
 * and for as long as the bucket has it. The same bytes of the same type and name within 29 days are
 * the same file; under another name they are another one, which its messages carry by that name.
 *
 * @param now milliseconds since the epoch
 */
export async function uploadMedia(
  { graph, database, bucket }: MediaPlaces,
  phoneNumberId: string,
  { content, ...said }: Upload,
  now: number,
): Promise<UploadResult> {
  const sizeBytes = content.kind === "blob" ? content.blob.size : content.sizeBytes;
  const check = checkMedia(said.mimeType, sizeBytes, { animated: await isAnimated(content) });
  if (!check.ok) return { ok: false, reason: "unacceptable", detail: check.detail };

  const id = MEDIA_ID_PREFIX + randomSuffix(now);
  const taken = await take(bucket, id, content);
  if (!taken.ok) return taken;
  const { sha256, open } = taken;
  const { mimeType } = check;
  const filename = said.filename === null ? null : safeFilename(said.filename);
  const identity = { phone_number_id: phoneNumberId, sha256, mime_type: mimeType, filename };
  const known = await findUpload(database, identity, now + EXPIRY_MARGIN_MS);
  if (known !== null) {
    if (taken.isStored) await letGo(bucket, id);
    return { ok: true, file: known };
  }
  if (content.kind === "blob" && !(await keepBlob(bucket, id, content.blob, sha256))) {
    return { ok: false, reason: "interrupted" };
  }
  const sent = { open, sizeBytes, filename: fittingFilename(filename, mimeType), mimeType };
  const uploaded = await graph.uploadMedia(phoneNumberId, sent);
  if (!uploaded.ok) {
    await letGo(bucket, id);
    return { ok: false, reason: "meta", failure: uploaded };
  }
  const file: MediaFile = {
    ...identity,
    id,
    origin: "uploaded",
    meta_id: uploaded.value.id,
    renewed_meta_id: null,
    meta_expires_at: now + UPLOADED_LIFE_MS,
    size_bytes: sizeBytes,
    stored_at: bucket === null ? null : now,
    error: null,
    created_at: now,
  };
  await insertMediaFile(database, file);
  return { ok: true, file };
}

async function take(
  bucket: R2Bucket | null,
  id: string,
  content: UploadContent,
): Promise<Taken | UploadRefusal> {
  if (content.kind === "blob") {
    const { blob } = content;
    const digest = await crypto.subtle.digest("SHA-256", await blob.arrayBuffer());
    const open = async () => blob.stream();
    return { ok: true, sha256: new Uint8Array(digest).toHex(), isStored: false, open };
  }
  if (bucket === null) return { ok: false, reason: "no_bucket" };
  const { stream, sizeBytes } = content;
  const kept = await keepInBucket(bucket, id, stream, { sizeBytes, sha256: null });
  if (!kept.ok) return { ok: false, reason: "interrupted" };
  const open = () => openStored(bucket, id);
  return { ok: true, sha256: kept.sha256, isStored: true, open };
}

/** False if the bucket did not take it; without a bucket there is nothing to do. */
async function keepBlob(
  bucket: R2Bucket | null,
  id: string,
  blob: Blob,
  sha256: string,
): Promise<boolean> {
  if (bucket === null) return true;
  try {
    await bucket.put(id, await blob.arrayBuffer(), { sha256 });
    return true;
  } catch (error) {
    log("error", "upload_not_kept", errorMembers(error));
    return false;
  }
}

/** Nothing in D1 leads to it, so nobody could find it again. */
async function letGo(bucket: R2Bucket | null, id: string): Promise<void> {
  try {
    await bucket?.delete(id);
  } catch (error) {
    log("error", "upload_left_in_bucket", { media_id: id, ...errorMembers(error) });
  }
}

/** Animated stickers are far smaller than what is streamed. */
async function isAnimated(content: UploadContent): Promise<boolean> {
  if (content.kind === "stream") return false;
  const head = await content.blob.slice(0, WEBP_HEAD_BYTES).arrayBuffer();
  return isAnimatedWebp(new Uint8Array(head));
}
