/** Keys for signatures of ours, each derived from a secret for one use (HKDF, RFC 5869). */

/**
 * An HMAC key from a secret: the secret itself has another use.
 *
 * @param label separates this key from those of every other use of the secret
 */
export async function derivedKey(secret: string, label: string): Promise<CryptoKey> {
  const text = new TextEncoder();
  const source = await crypto.subtle.importKey("raw", text.encode(secret), "HKDF", false, [
    "deriveKey",
  ]);
  return crypto.subtle.deriveKey(
    { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info: text.encode(label) },
    source,
    { name: "HMAC", hash: "SHA-256", length: 256 },
    false,
    ["sign", "verify"],
  );
}
