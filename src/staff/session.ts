/**
 * Sessions of the inbox for people who sign in with an API token: a signed cookie and nothing stored. The
 * key is derived from the token itself, so a token that leaves `API_TOKENS` ends its sessions.
 */
import * as v from "valibot";
import type { ApiToken } from "../config/api-tokens.ts";
import { base64url, decodedJson, encodedJson, fromBase64url, utf8 } from "../lib/bytes.ts";
import { derivedKey } from "../lib/derived-key.ts";
import { DAY_MS, HOUR_MS } from "../lib/time.ts";
import { acceptedBy } from "../lib/validate.ts";

/** Separates these keys from every other use of a token. */
const KEY_LABEL = "paloma inbox session v1";

/** A working day; a page in use renews its session. */
export const SESSION_LIFE_MS = 12 * HOUR_MS;

/** A new cookie an hour is enough. */
const RENEWED_AFTER_MS = HOUR_MS;

/** A copied cookie must not live for ever by its own use (NIST SP 800-63B: 30 days). */
const SIGN_IN_LIFE_MS = 30 * DAY_MS;

/** The token's name, when its owner signed in, and when the session ends; in milliseconds. */
const sessionSchema = v.strictTuple([v.string(), v.number(), v.number()]);

type Session = v.InferOutput<typeof sessionSchema>;

/** The cookie of a new session. */
export function openSession(token: ApiToken, now: number): Promise<string> {
  return signedSession(token, now, now);
}

/** Who a cookie belongs to, and how long they may renew it by now; null for a cookie that is forged or over, or whose token is gone. */
export async function readSession(
  tokens: readonly ApiToken[],
  cookie: string,
  now: number,
): Promise<{ caller: ApiToken; until: number; renewed: string | null } | null> {
  const [content = "", signature = "", ...rest] = cookie.split(".");
  const session = acceptedBy(sessionSchema, decodedJson(content));
  const signed = fromBase64url(signature);
  if (session === null || signed === null || rest.length > 0) return null;
  const [name, signedInAt, until] = session;
  if (until <= now) return null;
  // A name has two tokens while one replaces the other.
  for (const caller of tokens.filter((token) => token.name === name)) {
    const key = await derivedKey(caller.token, KEY_LABEL);
    // WebCrypto compares in constant time.
    if (await crypto.subtle.verify("HMAC", key, signed, utf8(content))) {
      const end = endOf(signedInAt, now);
      const isOld = end - until >= RENEWED_AFTER_MS;
      const renewed = isOld ? await signedSession(caller, signedInAt, now) : null;
      return { caller, until: end, renewed };
    }
  }
  return null;
}

async function signedSession(token: ApiToken, signedInAt: number, now: number): Promise<string> {
  const session: Session = [token.name, signedInAt, endOf(signedInAt, now)];
  const content = encodedJson(session);
  const key = await derivedKey(token.token, KEY_LABEL);
  const signature = await crypto.subtle.sign("HMAC", key, utf8(content));
  return `${content}.${base64url(new Uint8Array(signature))}`;
}

function endOf(signedInAt: number, now: number): number {
  return Math.min(now + SESSION_LIFE_MS, signedInAt + SIGN_IN_LIFE_MS);
}
