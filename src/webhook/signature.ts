/**
 * Verifies Meta's signature of a webhook body: HMAC-SHA256 of the raw bytes with the app secret, as
 * lower-case hex after `sha256=`.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks
 */
import { utf8 } from "../lib/bytes.ts";

const SIGNATURE = /^sha256=([0-9a-f]{64})$/;

const keys = new Map<string, Promise<CryptoKey>>();

/** True if one of the secrets made the header's signature of these bytes. */
export async function verifySignature(
  body: Uint8Array,
  header: string | null,
  secrets: readonly string[],
): Promise<boolean> {
  const digits = SIGNATURE.exec(header ?? "")?.[1];
  if (digits === undefined) return false;
  const signature = Uint8Array.fromHex(digits);
  for (const secret of secrets) {
    // WebCrypto compares in constant time.
    if (await crypto.subtle.verify("HMAC", await keyOf(secret), signature, body)) return true;
  }
  return false;
}

/** Imports each secret once per isolate: importing costs more than verifying a small body. */
function keyOf(secret: string): Promise<CryptoKey> {
  const known = keys.get(secret);
  if (known !== undefined) return known;
  const key = crypto.subtle.importKey(
    "raw",
    utf8(secret),
    { name: "HMAC", hash: "SHA-256" },
    false,
    ["verify"],
  );
  keys.set(secret, key);
  return key;
}
