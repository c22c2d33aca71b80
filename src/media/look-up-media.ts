/** What a file is, without its bytes. */
import type { GraphClient } from "../graph/graph-client.ts";
import type { Database } from "../store/database.ts";
import { findMediaSource, refusal, type ServeResult } from "./serve-media.ts";

/** `sha256` in lower-case hex; the size in bytes. Null = not told. */
export type MediaFacts = { mime_type: string; sha256: string | null; file_size: number | null };

export type LookUpResult = { ok: true; media: MediaFacts } | Exclude<ServeResult, { ok: true }>;

/**
 * The file by our id or Meta's, as long as Meta has it.
 *
 * @param phoneNumberId looks among this number's files alone; null = among all
 */
export async function lookUpMedia(
  graph: GraphClient,
  db: Database,
  id: string,
  phoneNumberId: string | null,
): Promise<LookUpResult> {
  const source = await findMediaSource(db, id);
  const owner = source?.phoneNumberId ?? phoneNumberId;
  if (source === null || (phoneNumberId !== null && owner !== phoneNumberId)) {
    return { ok: false, reason: "unknown" };
  }
  const info = await graph.mediaInfo(owner, source.metaId);
  if (!info.ok) return refusal(info);
  const { mime_type, sha256, file_size } = info.value;
  const media = {
    mime_type: source.file?.mime_type ?? mime_type,
    sha256: source.file?.sha256 ?? sha256,
    file_size: source.file?.size_bytes ?? file_size,
  };
  return { ok: true, media };
}
