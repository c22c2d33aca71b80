/** A media file to whoever may read it: from the bucket, else streamed from Meta. */
import { isFresh } from "./conditional-request.ts";
import { entityTag, notModified } from "./file-response.ts";
import type { MediaPlaces } from "./media-places.ts";
import type { MediaRequest } from "./media-request.ts";
import { findMediaSource } from "./media-source.ts";
import { serveFromMeta } from "./serve-from-meta.ts";
import type { ServeResult } from "./serve-result.ts";
import { serveStored } from "./serve-stored.ts";

/**
 * The file by our id or Meta's, with Range, If-Range and If-None-Match honoured (RFC 9110,
 * sections 13 and 14). Its ETag is the SHA-256 of the bytes, where that is known.
 */
export async function serveMedia(
  { graph, database, bucket }: MediaPlaces,
  id: string,
  request: MediaRequest,
): Promise<ServeResult> {
  const source = await findMediaSource(database, id);
  if (source === null) return { ok: false, reason: "unknown" };
  const { file } = source;
  const tag = entityTag(file?.sha256 ?? null);
  if (isFresh(request.headers, tag)) return { ok: true, response: notModified(tag) };
  if (bucket !== null && file !== null && file.stored_at !== null) {
    const response = await serveStored(bucket, source, file, request);
    if (response !== null) return { ok: true, response };
  }
  return serveFromMeta(graph, source, request);
}
