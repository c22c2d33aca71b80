/** Streams a media file from Meta to whoever may read it. */
import type { GraphError } from "../graph/graph-error.ts";
import type { GraphClient, GraphFailure, MediaInfo } from "../graph/graph-client.ts";
import { isGraphId } from "../graph/graph-url.ts";
import type { Database } from "../store/database.ts";
import { findMediaFile, MEDIA_ID_PREFIX, type MediaFile } from "../store/media-files.ts";
import { isFresh, rangeToAsk } from "./conditional-request.ts";
import { contentDisposition } from "./filename.ts";
import { extensionOf } from "./media-rules.ts";

export type ServeResult =
  | { ok: true; response: Response }
  /** No file of this id was ever known. */
  | { ok: false; reason: "unknown" }
  /** It was there, and Meta has deleted it. */
  | { ok: false; reason: "gone" }
  | { ok: false; reason: "meta"; failure: GraphFailure };

/** A file to serve, by what we and Meta know of it. */
type Source = { id: string; file: MediaFile | null; metaId: string; phoneNumberId: string | null };

/** How Meta speaks of media that is no longer there: no such object, or not to be downloaded. */
const GONE_CODES: ReadonlySet<number | null> = new Set([33, 100, 131052]);

const NOT_FOUND = 404;
const GONE = 410;
const RANGE_NOT_SATISFIABLE = 416;

/** A token, a type and parameters, and nothing that could end a header (RFC 9110, section 8.3.1). */
const MEDIA_TYPE = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(?:; ?[\w-]+="?[\w.,-]*"?)*$/;

/** A file from a stranger is stored, never shown or run in our origin. */
const SAFETY_HEADERS = {
  "cache-control": "private",
  "content-security-policy": "sandbox; default-src 'none'",
  "x-content-type-options": "nosniff",
};

/** Whether an id names a file we know, or one that Meta may know. */
export async function findMediaSource(db: Database, id: string): Promise<Source | null> {
  const file = await findMediaFile(db, id);
  if (file !== null) {
    return { id, file, metaId: file.meta_id, phoneNumberId: file.phone_number_id };
  }
  if (id.startsWith(MEDIA_ID_PREFIX) || !isGraphId(id)) return null;
  return { id, file, metaId: id, phoneNumberId: null };
}

/**
 * The file by our id or Meta's, with Range, If-Range and If-None-Match honoured (RFC 9110,
 * sections 13 and 14). Its ETag is the SHA-256 of the bytes, where that is known.
 */
export async function serveMedia(
  graph: GraphClient,
  db: Database,
  id: string,
  headers: Headers,
): Promise<ServeResult> {
  const source = await findMediaSource(db, id);
  if (source === null) return { ok: false, reason: "unknown" };
  const knownTag = entityTag(source.file?.sha256 ?? null);
  if (isFresh(headers, knownTag)) return notModified(knownTag);

  const info = await graph.mediaInfo(source.phoneNumberId, source.metaId);
  if (!info.ok) return refusal(info);
  const tag = knownTag ?? entityTag(info.value.sha256);
  if (isFresh(headers, tag)) return notModified(tag);

  const range = rangeToAsk(headers, tag);
  let download = await graph.download(info.value.url, range);
  if (!download.ok && isMissing(download.error)) {
    // Its URL lives 5 minutes only: once more with a new one.
    const again = await graph.mediaInfo(source.phoneNumberId, source.metaId);
    if (!again.ok) return refusal(again);
    download = await graph.download(again.value.url, range);
  }
  if (download.ok)
    return { ok: true, response: fileResponse(source, info.value, tag, download.value) };
  if (download.error.http_status !== RANGE_NOT_SATISFIABLE) return refusal(download);
  return { ok: true, response: rangeNotSatisfiable(info.value) };
}

function fileResponse(
  { id, file }: Source,
  info: MediaInfo,
  tag: string | null,
  upstream: Response,
): Response {
  const mimeType = file?.mime_type ?? info.mime_type;
  const headers = new Headers({
    ...SAFETY_HEADERS,
    "accept-ranges": "bytes",
    "content-disposition": contentDisposition(
      file?.filename ?? null,
      `${id}${extensionOf(mimeType)}`,
    ),
    "content-type": MEDIA_TYPE.test(mimeType) ? mimeType : "application/octet-stream",
  });
  if (tag !== null) headers.set("etag", tag);
  const contentRange = upstream.headers.get("content-range");
  if (contentRange !== null) headers.set("content-range", contentRange);
  const length = upstream.headers.get("content-length");
  // The length of compressed bytes is not that of the file.
  if (length !== null && !upstream.headers.has("content-encoding")) {
    headers.set("content-length", length);
  }
  return new Response(upstream.body, { status: upstream.status, headers });
}

function notModified(tag: string): ServeResult {
  const headers = { ...SAFETY_HEADERS, etag: tag };
  return { ok: true, response: new Response(null, { status: 304, headers }) };
}

function rangeNotSatisfiable({ file_size: size }: MediaInfo): Response {
  return new Response(null, {
    status: RANGE_NOT_SATISFIABLE,
    headers: size === null ? {} : { "content-range": `bytes */${size}` },
  });
}

/** A failed call to Meta about a file. */
export function refusal(failure: GraphFailure): Exclude<ServeResult, { ok: true }> {
  const gone = isMissing(failure.error) || GONE_CODES.has(failure.error.code);
  return gone ? { ok: false, reason: "gone" } : { ok: false, reason: "meta", failure };
}

function isMissing({ http_status: status }: GraphError): boolean {
  return status === NOT_FOUND || status === GONE;
}

function entityTag(sha256: string | null): string | null {
  return sha256 === null ? null : `"${sha256}"`;
}
