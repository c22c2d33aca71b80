/** What a request asks for: the file, a part of it, or only whether it changed. */

/** Bytes of a file, counted from its beginning; never none. */
export type ByteRange = { offset: number; length: number };

/** One range: several at once would come back as multipart, and may be ignored. */
const SINGLE_RANGE = /^bytes=(?:(?<first>\d+)-(?<last>\d*)|-(?<suffix>\d+))$/;

/** True if the client holds this very file already (RFC 9110, section 13.1.2). */
export function isFresh(headers: Headers, tag: string | null): tag is string {
  const held = headers.get("if-none-match");
  if (held === null || tag === null) return false;
  if (held.trim() === "*") return true;
  // The comparison is the weak one: a cache on the way may have weakened the tag.
  return held.split(",").some((candidate) => candidate.trim().replace(/^W\//, "") === tag);
}

/**
 * The Range header to pass on, or null for the whole file: for a range that is not a single one,
 * or meant for another version of the file (RFC 9110, sections 13.1.5 and 14.2).
 */
export function rangeToAsk(headers: Headers, tag: string | null): string | null {
  const range = headers.get("range");
  if (range === null || !SINGLE_RANGE.test(range)) return null;
  const ifRange = headers.get("if-range");
  return ifRange === null || ifRange === tag ? range : null;
}

/**
 * Which bytes of a file of this size a single range means (RFC 9110, section 14.1.2); null where
 * it means none and is to be ignored.
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
  // The wrong way round is no range at all.
  if (parts["last"] && last < offset) return null;
  if (offset >= sizeBytes) return "unsatisfiable";
  return { offset, length: Math.min(last, sizeBytes - 1) - offset + 1 };
}
