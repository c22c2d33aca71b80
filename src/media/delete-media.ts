/** Takes a file away from Meta; a copy kept here stays with the messages that carry it. */
import { recordMetaCopyGone } from "../store/media-files.ts";
import type { MediaPlaces } from "./media-places.ts";
import { findMediaSource } from "./media-source.ts";
import { refusal } from "./serve-from-meta.ts";
import type { ServeResult } from "./serve-media.ts";

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
  const deleted = await graph.deleteMedia(source.phoneNumberId, source.metaId);
  if (!deleted.ok) return refusal(deleted);
  if (source.file !== null) await recordMetaCopyGone(database, source.file.id, now);
  return { ok: true };
}
