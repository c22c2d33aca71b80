/** Takes a file away from Meta; a copy kept here stays with the messages that carry it. */
import { recordMetaCopyGone } from "../store/media-files.ts";
import type { MediaPlaces } from "./media-places.ts";
import { findMediaSource } from "./media-source.ts";
import { refusal, type ServeResult } from "./serve-result.ts";

export type DeleteResult = { ok: true } | Exclude<ServeResult, { ok: true }>;

/**
 * By our id or Meta's; messages that carried it keep naming it, and the same bytes are uploaded anew.
 *
 * @param now milliseconds since the epoch
 */
export async function deleteMedia(
  { graph, database }: MediaPlaces,
  id: string,
  now: number,
): Promise<DeleteResult> {
  const source = await findMediaSource(database, id);
  if (source === null) return { ok: false, reason: "unknown" };
  if (source.file === null) {
    // The token may delete more than files, and the id could be anything's.
    const info = await graph.mediaInfo(null, source.metaId);
    if (!info.ok) return refusal(info, false);
  }
  const deleted = await graph.deleteMedia(source.phoneNumberId, source.metaId);
  if (!deleted.ok) return refusal(deleted, source.file !== null);
  if (source.file !== null) await recordMetaCopyGone(database, source.file.id, now);
  return { ok: true };
}
