/** Keys for signatures of ours, each derived from a secret for one use (HKDF, RFC 5869). */
import { utf8 } from "./bytes.ts";

/**
 * An HMAC key from a secret: the secret itself has another use.
 *
 * @param label separates this key from those of every other use of the secret
 */
export async function derivedKey(secret: string, label: string): Promise<CryptoKey> {
  const source = await crypto.subtle.importKey("raw", utf8(secret), "HKDF", false, ["deriveKey"]);
  return crypto.subtle.deriveKey(
    { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info: utf8(label) },
    source,
    { name: "HMAC", hash: "SHA-256", length: 256 },
    false,
    ["sign", "verify"],
  );
}
