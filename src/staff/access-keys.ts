/**
 * The public keys of a team in Cloudflare Access, kept in the isolate.
 * https://developers.cloudflare.com/cloudflare-one/access-controls/applications/http-apps/authorization-cookie/validating-json/
 */
import { isJsonObject, objectsMember, textMember } from "../lib/json.ts";
import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../lib/time.ts";

/** One RSA key by its id, as Web Cryptography reads it. */
type AccessKey = { kid: string; kty: "RSA"; alg: "RS256"; n: string; e: string };

/** Access rotates its keys every six weeks, and takes the old one for a week more. */
const FRESH_MS = HOUR_MS;

/** Forged JWTs name unknown keys, and Access may be down: neither may cause a call each time. */
const ASKED_AGAIN_MS = MINUTE_MS;

/** A request of a person waits for the answer. */
const PATIENCE_MS = 5 * SECOND_MS;

type KnownKeys = { keys: readonly AccessKey[]; readAt: number; askedAt: number };

const known = new Map<string, KnownKeys>();

/** The team's keys, with the one of this id if the team has it; null if Access gives no answer. */
export async function accessKeys(
  issuer: string,
  keyId: string,
  now: number,
): Promise<readonly AccessKey[] | null> {
  const held = known.get(issuer);
  if (held === undefined) return renewedKeys(issuer, now);
  const has = held.keys.some(({ kid }) => kid === keyId);
  const isFresh = has && now - held.readAt < FRESH_MS;
  if (isFresh || now - held.askedAt < ASKED_AGAIN_MS) return held.keys;
  known.set(issuer, { ...held, askedAt: now });
  const renewed = await renewedKeys(issuer, now);
  return renewed ?? (has ? held.keys : null);
}

async function renewedKeys(issuer: string, now: number): Promise<readonly AccessKey[] | null> {
  const keys = await readAccessKeys(issuer);
  if (keys !== null) known.set(issuer, { keys, readAt: now, askedAt: now });
  return keys;
}

/** Asks Access; null if there is no answer, or none with keys. */
export async function readAccessKeys(issuer: string): Promise<readonly AccessKey[] | null> {
  try {
    const response = await fetch(`${issuer}/cdn-cgi/access/certs`, {
      redirect: "manual",
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    const answer: unknown = response.ok ? await response.json() : null;
    if (!isJsonObject(answer) || !Array.isArray(answer["keys"])) return null;
    return objectsMember(answer, "keys").flatMap((key) => {
      const [kid, n, e] = ["kid", "n", "e"].map((member) => textMember(key, member) ?? "");
      return kid && n && e && key["kty"] === "RSA" ? [{ kid, kty: "RSA", alg: "RS256", n, e }] : [];
    });
  } catch {
    return null;
  }
}
