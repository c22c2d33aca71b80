/**
 * Reads a file from an upload request, uploads it to Meta, so that messages can name it, and keeps it
 * in the bucket, so that it can be uploaded again.
 */
import type { GraphFailure } from "../graph/client.ts";
import { randomSuffix } from "../lib/ids.ts";
import { errorMembers, log } from "../lib/log.ts";
import { readBody } from "../lib/read-body.ts";
import { findUpload, insertMediaFile, MEDIA_ID_PREFIX, type MediaFile } from "../store/media.ts";
import { keepInBucket, openStored } from "./bucket.ts";
import { fittingFilename, safeFilename } from "./filename.ts";
import {
  checkMedia,
  EXPIRY_MARGIN_MS,
  isAnimatedWebp,
  UPLOADED_LIFE_MS,
  WEBP_HEAD_BYTES,
} from "./rules.ts";
import type { MediaPlaces } from "./source.ts";

/** 16 MiB: Meta's limit for audio and video; several fit a Worker's memory at once. */
export const UPLOAD_LIMIT_BYTES = 16 * 1024 * 1024;

/** 100 MiB: Meta's limit for documents. A file over 16 MiB is streamed through the bucket. */
export const STREAM_LIMIT_BYTES = 100 * 1024 * 1024;

/** Room for a form's boundaries, part headers and small fields around the file. */
const FORM_FRAMING_BYTES = 64 * 1024;

const FORM = /^multipart\/form-data\s*;/i;

const DIGITS = /^\d{1,15}$/;

/** The bytes: in memory, or still on their way. */
type UploadContent =
  | { kind: "blob"; blob: Blob }
  | { kind: "stream"; stream: ReadableStream<Uint8Array>; sizeBytes: number };

/** A file to upload, as the caller describes it. */
export type Upload = {
  content: UploadContent;
  mimeType: string;
  filename: string | null;
  /** The business number to upload the file for; null if the request names none. */
  from: string | null;
};

export type UploadReading =
  | { ok: true; upload: Upload }
  | {
      ok: false;
      reason: "form_too_large" | "length_unknown" | "too_large" | "malformed" | "no_file";
    };

/**
 * Reads `multipart/form-data` with the members `file` and `from` (RFC 7578), or a body that is the
 * file itself, described by Content-Type and the query's `filename` and `from`. A bare body whose
 * Content-Length exceeds what fits memory stays a stream.
 */
export async function readUpload(request: Request): Promise<UploadReading> {
  const contentType = request.headers.get("content-type") ?? "";
  const query = new URL(request.url).searchParams;
  if (FORM.test(contentType)) return readForm(request, contentType, query);
  const content = await readBareBody(request);
  if (typeof content === "string") return { ok: false, reason: content };
  return {
    ok: true,
    upload: {
      content,
      mimeType: contentType,
      filename: query.get("filename"),
      from: query.get("from"),
    },
  };
}

async function readBareBody(
  request: Request,
): Promise<UploadContent | "length_unknown" | "too_large"> {
  const length = request.headers.get("content-length") ?? "";
  const sizeBytes = DIGITS.test(length) ? Number(length) : 0;
  if (sizeBytes > STREAM_LIMIT_BYTES) return "too_large";
  const stream: ReadableStream<Uint8Array> | null = request.body;
  if (sizeBytes > UPLOAD_LIMIT_BYTES && stream !== null) {
    return { kind: "stream", stream, sizeBytes };
  }
  const body = await readBody(request, UPLOAD_LIMIT_BYTES);
  return body === null ? "length_unknown" : { kind: "blob", blob: new Blob([body]) };
}

async function readForm(
  request: Request,
  contentType: string,
  query: URLSearchParams,
): Promise<UploadReading> {
  const body = await readBody(request, UPLOAD_LIMIT_BYTES + FORM_FRAMING_BYTES);
  if (body === null) return { ok: false, reason: "form_too_large" };
  const form = await parseForm(body, contentType);
  if (form === null) return { ok: false, reason: "malformed" };
  const file = form.get("file");
  if (!(file instanceof File)) return { ok: false, reason: "no_file" };
  if (file.size > UPLOAD_LIMIT_BYTES) return { ok: false, reason: "form_too_large" };
  const from = form.get("from") ?? query.get("from");
  return {
    ok: true,
    upload: {
      content: { kind: "blob", blob: file },
      mimeType: file.type,
      filename: file.name,
      from: typeof from === "string" ? from : null,
    },
  };
}

async function parseForm(body: Uint8Array, contentType: string): Promise<FormData | null> {
  try {
    return await new Response(body, { headers: { "content-type": contentType } }).formData();
  } catch {
    return null;
  }
}

export type UploadResult = { ok: true; file: MediaFile } | UploadRefusal;

type UploadRefusal =
  /** Meta would not take this type or size. */
  | { ok: false; reason: "unacceptable"; detail: string }
  /** The file does not fit memory, and there is no bucket to stream it through. */
  | { ok: false; reason: "no_bucket" }
  /** The bucket failed, or the body was not as long as Content-Length says. */
  | { ok: false; reason: "interrupted" }
  | { ok: false; reason: "meta"; failure: GraphFailure };

/** Bytes whose digest is known; a stream is then in the bucket. */
type Taken = {
  ok: true;
  sha256: string;
  isStored: boolean;
  open: () => Promise<ReadableStream<Uint8Array>>;
};

/**
 * Checks the file, uploads it for the business number and records it. It can be sent for 30 days, or
 * for as long as the bucket has it. The same bytes with the same type and name within 29 days are the
 * same file; with another name they are another file, because messages show the name.
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

/** False if the bucket failed; without a bucket there is nothing to do. */
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

/** Deletes a file that no row in D1 names: nothing else would ever find it. */
async function letGo(bucket: R2Bucket | null, id: string): Promise<void> {
  try {
    await bucket?.delete(id);
  } catch (error) {
    log("error", "upload_left_in_bucket", { media_id: id, ...errorMembers(error) });
  }
}

/** A streamed file is none: animated stickers are far smaller. */
async function isAnimated(content: UploadContent): Promise<boolean> {
  if (content.kind === "stream") return false;
  const head = await content.blob.slice(0, WEBP_HEAD_BYTES).arrayBuffer();
  return isAnimatedWebp(new Uint8Array(head));
}
