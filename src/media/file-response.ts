/** How a file goes over the wire, wherever its bytes come from. */
import { sha256Hex } from "../graph/sha256-hex.ts";
import { contentDisposition } from "./filename.ts";
import { extensionOf } from "./media-rules.ts";
import type { MediaSource } from "./media-source.ts";

/** A token, a type and parameters, and nothing that could end a header (RFC 9110, section 8.3.1). */
const MEDIA_TYPE = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(?:; ?[\w-]+="?[\w.,-]*"?)*$/;

/** A file from a stranger is stored, never shown or run in our origin. */
const SAFETY_HEADERS = {
  "cache-control": "private",
  "content-security-policy": "sandbox; default-src 'none'",
  "x-content-type-options": "nosniff",
};

/** A strong tag: the SHA-256 of the bytes, where that is known. */
export function entityTag(sha256: string | null): string | null {
  return sha256 === null || sha256Hex(sha256) === null ? null : `"${sha256}"`;
}

/** The headers of the file or a part of it, but for the length. */
export function fileHeaders({ id, file }: MediaSource, mimeType: string, tag: string | null) {
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

export function notModified(tag: string): Response {
  return new Response(null, { status: 304, headers: { ...SAFETY_HEADERS, etag: tag } });
}

/** @param sizeBytes of the whole file, if known */
export function rangeNotSatisfiable(sizeBytes: number | null): Response {
  return new Response(null, {
    status: 416,
    headers: sizeBytes === null ? {} : { "content-range": `bytes */${sizeBytes}` },
  });
}
