/** The SHA-256 of a text's UTF-8 bytes: always 32 bytes, as `timingSafeEqual` requires. */
export function sha256(text: string): Promise<ArrayBuffer> {
  return crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
}
