/**
 * JSON Web Tokens (RFC 7519) as Cloudflare Access signs them: by RS256 alone, so that no token chooses how it
 * is verified.
 */
import { decodedJson, fromBase64url, utf8 } from "../lib/bytes.ts";
import { isJsonObject, type JsonObject } from "../lib/json.ts";
import { SECOND_MS } from "../lib/time.ts";

/** One RSA key by its id, as Web Cryptography reads it. */
export type PublicKey = { kid: string; kty: "RSA"; alg: "RS256"; n: string; e: string };

export type Jwt = {
  /** The id of the key that signed it, as it says. */
  keyId: string;
  /** What it says of its person; true only once it is verified. */
  claims: JsonObject;
  signed: Uint8Array;
  signature: Uint8Array;
};

const KIND = /^(?:application\/)?jwt$/i;

/** Null for any text that is no JWT of this kind. */
export function parseJwt(text: string): Jwt | null {
  const [head = "", body = "", tail = "", ...rest] = text.split(".");
  const [header, claims] = [head, body].map(decodedJson);
  const signature = fromBase64url(tail);
  if (rest.length > 0 || signature === null) return null;
  if (!isJsonObject(header) || !isJsonObject(claims)) return null;
  const { alg, kid, typ = "JWT", crit } = header;
  if (alg !== "RS256" || typeof kid !== "string" || typeof typ !== "string") return null;
  // What it calls critical must be understood or refused.
  if (crit !== undefined || !KIND.test(typ)) return null;
  return { keyId: kid, claims, signed: utf8(`${head}.${body}`), signature };
}

const ALGORITHM = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };

/** Whether the key that it names is among these, and signed it. */
export async function isSigned(
  { keyId, signed, signature }: Jwt,
  keys: readonly PublicKey[],
): Promise<boolean> {
  const named = keys.find(({ kid }) => kid === keyId);
  if (named === undefined) return false;
  try {
    const key = await crypto.subtle.importKey("jwk", named, ALGORITHM, false, ["verify"]);
    return await crypto.subtle.verify(ALGORITHM, key, signature, signed);
  } catch {
    // A key that can't be read has signed nothing.
    return false;
  }
}

/** Until when it counts, in milliseconds; null if it does not count now, or would for ever. */
export function endOf({ claims: { exp, nbf, iat } }: Jwt, now: number): number | null {
  const seconds = Math.floor(now / SECOND_MS);
  const hasBegun = [nbf, iat].every(
    (time) => time === undefined || (typeof time === "number" && time <= seconds),
  );
  return hasBegun && typeof exp === "number" && Number.isFinite(exp) && exp > seconds
    ? exp * SECOND_MS
    : null;
}

/** Whether this issuer made it for one of these audiences. */
export function isFor(
  { claims: { iss, aud } }: Jwt,
  issuer: string,
  audiences: readonly string[],
): boolean {
  const named: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
  return iss === issuer && audiences.some((audience) => named.includes(audience));
}
