/** Uploads a file to Meta again from the bucket once Meta's copy has expired. */
import type { GraphFailure } from "../graph/client.ts";
import { findMediaFile, type MediaFile, recordRenewal } from "../store/media.ts";
import { openStored } from "./bucket.ts";
import { fittingFilename } from "./filename.ts";
import { checkMedia, UPLOADED_LIFE_MS, usableUntil } from "./rules.ts";
import type { MediaPlaces } from "./source.ts";

type RenewResult =
  /** Meta's id of the copy, and until when messages may name it. */
  | { ok: true; metaId: string; usableUntil: number }
  | { ok: false; reason: "lost"; detail: string }
  | { ok: false; reason: "meta"; failure: GraphFailure };

/**
 * Meta's id of a copy that can still be sent: the present one, or a new one. Throws what D1 and the
 * bucket throw.
 *
 * @param now milliseconds since the epoch
 */
export async function renewMedia(
  places: MediaPlaces,
  id: string,
  now: number,
): Promise<RenewResult> {
  const { graph, database, bucket } = places;
  const file = await findMediaFile(database, id);
  if (file === null) return lost("no file of ours has this id any more");
  if (usableUntil(file) > now) return copyOf(file);
  if (bucket === null || file.stored_at === null || file.size_bytes === null) {
    return lost("Meta's copy has expired, and there is none here to upload again");
  }
  // Its upload was checked: a sticker of this size was accepted, animated or not.
  const check = checkMedia(file.mime_type, file.size_bytes, { animated: true });
  if (!check.ok) return lost(`Meta does not take it as an upload: ${check.detail}`);
  const uploaded = await graph.uploadMedia(file.phone_number_id, {
    open: () => openStored(bucket, id),
    sizeBytes: file.size_bytes,
    filename: fittingFilename(file.filename, check.mimeType),
    mimeType: check.mimeType,
  });
  if (!uploaded.ok) return { ok: false, reason: "meta", failure: uploaded };
  const renewed = {
    renewed_meta_id: uploaded.value.id,
    meta_expires_at: now + UPLOADED_LIFE_MS,
  };
  await recordRenewal(database, id, renewed);
  return copyOf({ ...file, ...renewed });
}

function copyOf(file: MediaFile): RenewResult {
  return {
    ok: true,
    metaId: file.renewed_meta_id ?? file.meta_id,
    usableUntil: usableUntil(file),
  };
}

function lost(detail: string): RenewResult {
  return { ok: false, reason: "lost", detail };
}
