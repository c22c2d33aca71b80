/** Takes a file to Meta, so that messages can name it. */
import type { GraphClient, GraphFailure } from "../graph/graph-client.ts";
import { randomSuffix } from "../messages/message-id.ts";
import type { Database } from "../store/database.ts";
import { insertMediaFile, MEDIA_ID_PREFIX, type MediaFile } from "../store/media-files.ts";
import { isAnimatedWebp, WEBP_HEAD_BYTES } from "./animated-webp.ts";
import { safeFilename } from "./filename.ts";
import { checkMedia, extensionOf } from "./media-rules.ts";
import type { Upload } from "./read-upload.ts";

export type UploadResult =
  | { ok: true; file: MediaFile }
  /** Meta would not take this type or size. */
  | { ok: false; reason: "unacceptable"; detail: string }
  | { ok: false; reason: "meta"; failure: GraphFailure };

/**
 * Checks the file, uploads it for the business number and remembers it. It can be sent for 30 days.
 *
 * @param now milliseconds since the epoch
 */
export async function uploadMedia(
  graph: GraphClient,
  db: Database,
  phoneNumberId: string,
  upload: Upload,
  now: number,
): Promise<UploadResult> {
  const bytes = await upload.file.arrayBuffer();
  const animated = isAnimatedWebp(new Uint8Array(bytes.slice(0, WEBP_HEAD_BYTES)));
  const check = checkMedia(upload.mimeType, bytes.byteLength, { animated });
  if (!check.ok) return { ok: false, reason: "unacceptable", detail: check.detail };

  const filename = upload.filename === null ? null : safeFilename(upload.filename);
  const uploaded = await graph.uploadMedia(phoneNumberId, upload.file, {
    filename: filename ?? `file${extensionOf(check.mimeType)}`,
    mimeType: check.mimeType,
  });
  if (!uploaded.ok) return { ok: false, reason: "meta", failure: uploaded };

  const digest = await crypto.subtle.digest("SHA-256", bytes);
  const file: MediaFile = {
    id: MEDIA_ID_PREFIX + randomSuffix(now),
    phone_number_id: phoneNumberId,
    meta_id: uploaded.value.id,
    mime_type: check.mimeType,
    sha256: new Uint8Array(digest).toHex(),
    filename,
    size_bytes: bytes.byteLength,
    created_at: now,
  };
  await insertMediaFile(db, file);
  return { ok: true, file };
}
