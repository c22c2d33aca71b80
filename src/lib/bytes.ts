/** Texts as bytes: in UTF-8, and as base64url, which fits into a URL, a cookie and a JWT. */
import { jsonIn, type JsonValue } from "./json.ts";

const encoder = new TextEncoder();

export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/** How many bytes the text has in UTF-8. */
export function bytesOf(text: string): number {
  return utf8(text).byteLength;
}

export function base64url(bytes: Uint8Array): string {
  return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}

/** The bytes of a base64url text; null if it is none. */
export function fromBase64url(text: string): Uint8Array<ArrayBuffer> | null {
  try {
    return Uint8Array.fromBase64(text, { alphabet: "base64url" });
  } catch {
    return null;
  }
}

/** A JSON value as base64url. */
export function encodedJson(value: unknown): string {
  return base64url(utf8(JSON.stringify(value)));
}

/** The JSON value that a text encodes; undefined if it encodes none. */
export function decodedJson(text: string): JsonValue | undefined {
  return jsonIn(new TextDecoder().decode(fromBase64url(text) ?? undefined));
}

const SHA256_HEX = /^[0-9a-f]{64}$/i;

/** 32 bytes in base64, with either alphabet, padded or not. */
const SHA256_BASE64 = /^[A-Za-z0-9+/_-]{43}=?$/;

/** A SHA-256 in lower-case hex; Meta writes it in hex or base64. Null for any other text. */
export function sha256Hex(text: string): string | null {
  if (SHA256_HEX.test(text)) return text.toLowerCase();
  if (!SHA256_BASE64.test(text)) return null;
  return fromBase64url(text.replaceAll("+", "-").replaceAll("/", "_"))?.toHex() ?? null;
}
