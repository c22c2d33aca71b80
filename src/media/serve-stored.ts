/** Serves a file, or a part of it, from the bucket. */
import type { MediaFile } from "../store/media-files.ts";
import { byteRange, rangeToAsk } from "./conditional-request.ts";
import { entityTag, fileHeaders, rangeNotSatisfiable } from "./file-response.ts";
import type { MediaRequest } from "./media-request.ts";
import type { MediaSource } from "./media-source.ts";

/** Null if the bucket does not have it after all. */
export async function serveStored(
  bucket: R2Bucket,
  source: MediaSource,
  file: MediaFile,
  { headers, wantsBody }: MediaRequest,
): Promise<Response | null> {
  const tag = entityTag(file.sha256);
  const size = file.size_bytes ?? 0;
  const asked = rangeToAsk(headers, tag);
  const range = asked === null ? null : byteRange(asked, size);
  if (range === "unsatisfiable") return rangeNotSatisfiable(size);
  let body: ReadableStream<Uint8Array> | null = null;
  if (wantsBody) {
    const object = await bucket.get(file.id, range === null ? {} : { range });
    if (object === null) return null;
    body = object.body;
  }
  const answer = fileHeaders(source, file.mime_type, tag);
  answer.set("content-length", String(range?.length ?? size));
  if (range !== null) {
    const last = range.offset + range.length - 1;
    answer.set("content-range", `bytes ${range.offset}-${last}/${size}`);
  }
  return new Response(body, { status: range === null ? 200 : 206, headers: answer });
}
