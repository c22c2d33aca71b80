/**
 * Links that open one media file for 5 minutes without a token, for an `<img>` or a browser tab.
 * Nothing is stored: the link contains its own proof.
 */
import type { Config } from "../config/config.ts";
import { utf8 } from "../lib/bytes.ts";
import { derivedKey } from "../lib/derived-key.ts";
import { SECOND_MS } from "../lib/time.ts";

/** The same as Meta's own download URLs. */
const LINK_LIFE_SECONDS = 5 * 60;

/** Separates these keys from every other use of the app secret. */
const KEY_LABEL = "paloma media link v1";

const EXPIRES = /^\d{1,12}$/;

const SIGNATURE = /^[0-9a-f]{64}$/;

/** A path with its proof; `expires_at` in milliseconds since the epoch. */
type MediaLink = { url: string; expires_at: number };

/** The proof in the query of a link. */
type MediaLinkProof = { expires: string | undefined; signature: string | undefined };

/** A link to `/v1/media/{id}`; null if there is no app secret to sign with. */
export async function signMediaLink(
  config: Pick<Config, "appSecrets">,
  mediaId: string,
  now: number,
): Promise<MediaLink | null> {
  const [secret] = config.appSecrets;
  if (secret === undefined) return null;
  const expires = Math.floor(now / SECOND_MS) + LINK_LIFE_SECONDS;
  const signature = await crypto.subtle.sign(
    "HMAC",
    await derivedKey(secret, KEY_LABEL),
    signedBytes(mediaId, String(expires)),
  );
  return {
    url: `/v1/media/${encodeURIComponent(mediaId)}?expires=${expires}&signature=${new Uint8Array(signature).toHex()}`,
    expires_at: expires * SECOND_MS,
  };
}

/** True if a current app secret signed this proof for this id, and it has not expired. */
export async function verifyMediaLink(
  config: Pick<Config, "appSecrets">,
  mediaId: string,
  proof: MediaLinkProof,
  now: number,
): Promise<boolean> {
  const { expires = "", signature = "" } = proof;
  if (!EXPIRES.test(expires) || !SIGNATURE.test(signature)) return false;
  if (Number(expires) * SECOND_MS <= now) return false;
  const signed = signedBytes(mediaId, expires);
  for (const secret of config.appSecrets) {
    const key = await derivedKey(secret, KEY_LABEL);
    // WebCrypto compares in constant time.
    if (await crypto.subtle.verify("HMAC", key, Uint8Array.fromHex(signature), signed)) return true;
  }
  return false;
}

/** The digits come first, so that an id can't pass for another id with another time. */
function signedBytes(mediaId: string, expires: string): Uint8Array {
  return utf8(`${expires}\n${mediaId}`);
}
