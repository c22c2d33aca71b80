/** What a file is, without its bytes. */
import type { MediaPlaces } from "./media-places.ts";
import { findMediaSource } from "./media-source.ts";
import { refusal, type ServeResult } from "./serve-result.ts";

/** `sha256` in lower-case hex; the size in bytes. Null = not told. */
export type MediaFacts = { mime_type: string; sha256: string | null; file_size: number | null };

export type LookUpResult = { ok: true; media: MediaFacts } | Exclude<ServeResult, { ok: true }>;

/**
 * The file by our id or Meta's, as long as it is stored here or Meta has it. What was uploaded to be
 * sent is known as long as it is at Meta: gone there, by time or by command, it is gone.
 *
 * @param phoneNumberId looks among this number's files alone; null = among all
 * @param now milliseconds since the epoch
 */
export async function lookUpMedia(
  { graph, database }: MediaPlaces,
  id: string,
  phoneNumberId: string | null,
  now: number,
): Promise<LookUpResult> {
  const source = await findMediaSource(database, id);
  const owner = source?.phoneNumberId ?? phoneNumberId;
  if (source === null || (phoneNumberId !== null && owner !== phoneNumberId)) {
    return { ok: false, reason: "unknown" };
  }
  const { file } = source;
  if (file?.origin === "uploaded" && file.meta_expires_at <= now) {
    return { ok: false, reason: "unknown" };
  }
  if (file !== null && file.stored_at !== null) {
    const { mime_type, sha256, size_bytes: file_size } = file;
    return { ok: true, media: { mime_type, sha256, file_size } };
  }
  const info = await graph.mediaInfo(owner, source.metaId);
  if (!info.ok) return refusal(info, file !== null);
  const { mime_type, sha256, file_size } = info.value;
  const media = {
    mime_type: file?.mime_type ?? mime_type,
    sha256: file?.sha256 ?? sha256,
    file_size: file?.size_bytes ?? file_size,
  };
  return { ok: true, media };
}
