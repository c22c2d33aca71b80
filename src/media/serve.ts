/**
 * Serves a media file: from the bucket if it is there, else streamed through from Meta. Range,
 * If-Range and If-None-Match work the same for both (RFC 9110, sections 13 and 14).
 */
import type { GraphClient, MediaInfo } from "../graph/client.ts";
import { sha256Hex } from "../lib/bytes.ts";
import type { MediaFile } from "../store/media.ts";
import { contentDisposition } from "./filename.ts";
import { extensionOf, isMissing } from "./rules.ts";
import {
  findMediaSource,
  type MediaPlaces,
  type MediaSource,
  refusal,
  type ServeResult,
} from "./source.ts";

/** The parts of a request that decide its answer. */
type MediaRequest = {
  headers: Headers;
  /** False for HEAD, which needs no bytes. */
  wantsBody: boolean;
};

/**
 * The file by our id or Meta's. Its ETag is the SHA-256 of the bytes, if known.
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

/** Bytes of a file, counted from its beginning; at least one. */
type ByteRange = { offset: number; length: number };

/** A single range: several need a multipart answer, and a server may ignore them. */
const SINGLE_RANGE = /^bytes=(?:(?<first>\d+)-(?<last>\d*)|-(?<suffix>\d+))$/;

/** True if the client already has these bytes (RFC 9110, section 13.1.2). */
export function isFresh(headers: Headers, tag: string | null): tag is string {
  const held = headers.get("if-none-match");
  if (held === null || tag === null) return false;
  if (held.trim() === "*") return true;
  // A weak comparison, because a cache on the way may have weakened the tag.
  return held.split(",").some((candidate) => candidate.trim().replace(/^W\//, "") === tag);
}

/**
 * The Range header to use; null for the whole file, if the request has several ranges or means
 * another version of the file (RFC 9110, sections 13.1.5 and 14.2).
 */
export function rangeToAsk(headers: Headers, tag: string | null): string | null {
  const range = headers.get("range");
  if (range === null || !SINGLE_RANGE.test(range)) return null;
  const ifRange = headers.get("if-range");
  return ifRange === null || ifRange === tag ? range : null;
}

/**
 * The bytes that a single range means in a file of this size (RFC 9110, section 14.1.2); null for an
 * invalid range, which a server ignores.
 */
export function byteRange(range: string, sizeBytes: number): ByteRange | "unsatisfiable" | null {
  const parts = SINGLE_RANGE.exec(range)?.groups;
  if (parts === undefined) return null;
  if (parts["suffix"] !== undefined) {
    const length = Math.min(Number(parts["suffix"]), sizeBytes);
    return length === 0 ? "unsatisfiable" : { offset: sizeBytes - length, length };
  }
  const offset = Number(parts["first"]);
  const last = parts["last"] ? Number(parts["last"]) : sizeBytes - 1;
  // A range that ends before it begins is invalid.
  if (parts["last"] && last < offset) return null;
  if (offset >= sizeBytes) return "unsatisfiable";
  return { offset, length: Math.min(last, sizeBytes - 1) - offset + 1 };
}

/** A type with parameters, and no character that could end a header (RFC 9110, section 8.3.1). */
const MEDIA_TYPE = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(?:; ?[\w-]+="?[\w.,-]*"?)*$/;

/** The browser must store a stranger's file, never show or run it in our origin. */
const SAFETY_HEADERS = {
  "cache-control": "private",
  "content-security-policy": "sandbox; default-src 'none'",
  "x-content-type-options": "nosniff",
};

/** What is stored under an id never changes. */
const STORED_CACHE_CONTROL = "private, max-age=31536000, immutable";

/** A strong tag: the SHA-256 of the bytes; null if unknown. */
function entityTag(sha256: string | null): string | null {
  return sha256 === null || sha256Hex(sha256) === null ? null : `"${sha256}"`;
}

/** The headers for the file or a part of it, without the length. */
function fileHeaders({ id, file }: MediaSource, mimeType: string, tag: string | null) {
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
  return headers;
}

function notModified(tag: string): Response {
  return new Response(null, { status: 304, headers: { ...SAFETY_HEADERS, etag: tag } });
}

/** @param sizeBytes of the whole file, if known */
function rangeNotSatisfiable(sizeBytes: number | null): Response {
  return new Response(null, {
    status: 416,
    headers: sizeBytes === null ? {} : { "content-range": `bytes */${sizeBytes}` },
  });
}

const RANGE_NOT_SATISFIABLE = 416;

async function serveFromMeta(
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
    // Meta's URL lives 5 minutes: ask for a new one and try once more.
    const again = await graph.mediaInfo(source.phoneNumberId, source.metaId);
    if (!again.ok) return refusal(again, isKnown);
    download = await graph.download(again.value.url, range);
  }
  if (download.ok) return { ok: true, response: passedOn(source, info.value, tag, download.value) };
  if (download.error.http_status !== RANGE_NOT_SATISFIABLE) return refusal(download, true);
  return { ok: true, response: rangeNotSatisfiable(info.value.file_size) };
}

/** The answer to HEAD, from Meta's lookup alone. */
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

/** Null if the bucket does not have the file, although D1 says so. */
async function serveStored(
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
  answer.set("cache-control", STORED_CACHE_CONTROL);
  answer.set("content-length", String(range?.length ?? size));
  if (range !== null) {
    const last = range.offset + range.length - 1;
    answer.set("content-range", `bytes ${range.offset}-${last}/${size}`);
  }
  return new Response(body, { status: range === null ? 200 : 206, headers: answer });
}
