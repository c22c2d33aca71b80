const HEX = /^[0-9a-f]{64}$/i;

/** 32 bytes with their padding. */
const BASE64 = /^[A-Za-z0-9+/]{43}=$/;

/** A SHA-256 as lower-case hex; Meta writes it in hex or in base64. Null if it is neither. */
export function sha256Hex(text: string): string | null {
  if (HEX.test(text)) return text.toLowerCase();
  return BASE64.test(text) ? Uint8Array.fromBase64(text).toHex() : null;
}
