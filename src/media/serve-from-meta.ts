/** Streams a file from Meta through to whoever asked. */
import type { GraphClient, MediaInfo } from "../graph/graph-client.ts";
import { isFresh, rangeToAsk } from "./conditional-request.ts";
import { entityTag, fileHeaders, notModified, rangeNotSatisfiable } from "./file-response.ts";
import { isMissing } from "./gone.ts";
import type { MediaRequest } from "./media-request.ts";
import type { MediaSource } from "./media-source.ts";
import { refusal, type ServeResult } from "./serve-result.ts";

const RANGE_NOT_SATISFIABLE = 416;

export async function serveFromMeta(
  graph: GraphClient,
  source: MediaSource,
  { headers, wantsBody }: MediaRequest,
): Promise<ServeResult> {
  const isKnown = source.file !== null;
  const info = await graph.mediaInfo(source.phoneNumberId, source.metaId);
  if (!info.ok) return refusal(info, isKnown);
  const tag = entityTag(source.file?.sha256 ?? info.value.sha256);
  if (isFresh(headers, tag)) return { ok: true, response: notModified(tag) };
  if (!wantsBody) return { ok: true, response: described(source, info.value, tag) };

  const range = rangeToAsk(headers, tag);
  let download = await graph.download(info.value.url, range);
  if (!download.ok && isMissing(download.error)) {
    // Its URL lives 5 minutes only: once more with a new one.
    const again = await graph.mediaInfo(source.phoneNumberId, source.metaId);
    if (!again.ok) return refusal(again, isKnown);
    download = await graph.download(again.value.url, range);
  }
  if (download.ok) return { ok: true, response: passedOn(source, info.value, tag, download.value) };
  if (download.error.http_status !== RANGE_NOT_SATISFIABLE) return refusal(download, true);
  return { ok: true, response: rangeNotSatisfiable(info.value.file_size) };
}

/** The answer to HEAD, by what Meta's lookup tells. */
function described(source: MediaSource, info: MediaInfo, tag: string | null): Response {
  const headers = fileHeaders(source, source.file?.mime_type ?? info.mime_type, tag);
  if (info.file_size !== null) headers.set("content-length", String(info.file_size));
  return new Response(null, { headers });
}

function passedOn(
  source: MediaSource,
  info: MediaInfo,
  tag: string | null,
  upstream: Response,
): Response {
  const headers = fileHeaders(source, source.file?.mime_type ?? info.mime_type, tag);
  const contentRange = upstream.headers.get("content-range");
  if (contentRange !== null) headers.set("content-range", contentRange);
  const length = upstream.headers.get("content-length");
  // The length of compressed bytes is not that of the file.
  if (length !== null && !upstream.headers.has("content-encoding")) {
    headers.set("content-length", length);
  }
  return new Response(upstream.body, { status: upstream.status, headers });
}
