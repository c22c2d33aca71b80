/** A file to serve, by what we and Meta know of it. */
import { isGraphId } from "../graph/graph-url.ts";
import type { Database } from "../store/database.ts";
import { findMediaFile, MEDIA_ID_PREFIX, type MediaFile } from "../store/media-files.ts";

export type MediaSource = {
  id: string;
  /** What our row says; null for a file that only Meta may know. */
  file: MediaFile | null;
  /** Meta's id of its newest copy. */
  metaId: string;
  phoneNumberId: string | null;
};

/** By our id or Meta's; null for an id that is neither. */
export async function findMediaSource(db: Database, id: string): Promise<MediaSource | null> {
  const file = await findMediaFile(db, id);
  if (file !== null) {
    const metaId = file.renewed_meta_id ?? file.meta_id;
    return { id, file, metaId, phoneNumberId: file.phone_number_id };
  }
  if (id.startsWith(MEDIA_ID_PREFIX) || !isGraphId(id)) return null;
  return { id, file, metaId: id, phoneNumberId: null };
}
