/**
 * People who sign in by Cloudflare Access: the JWT that Access adds to each request says who it is. The
 * header counts, never Access's cookie, which a browser could be made to send.
 */
import { decode, verifyWithJwks } from "hono/jwt";
import type { Caller } from "../config/api-tokens.ts";
import { type AccessSignIn, scopesOfStaff } from "../config/inbox.ts";
import { isJsonObject } from "../lib/json.ts";
import { SECOND_MS } from "../lib/time.ts";
import { accessKeys } from "./access-keys.ts";

/** The header that Access adds. */
export const ACCESS_HEADER = "cf-access-jwt-assertion";

export type AccessResult =
  | { ok: true; caller: Caller; until: number }
  /** The request did not pass Access. */
  | { ok: false; reason: "missing" }
  /** Forged, over, or of another team or application. */
  | { ok: false; reason: "invalid" }
  /** Access let the person through, and `INBOX_STAFF` does not name them. */
  | { ok: false; reason: "stranger" }
  /** The team's keys can't be read. */
  | { ok: false; reason: "unavailable" };

/** Who Access says that it is, and what they may do. */
export async function readAccess(
  access: AccessSignIn,
  assertion: string | null,
  now: number,
): Promise<AccessResult> {
  if (assertion === null || assertion === "") return { ok: false, reason: "missing" };
  const keyId = keyIdOf(assertion);
  if (keyId === null) return { ok: false, reason: "invalid" };
  const keys = await accessKeys(access.issuer, keyId, now);
  if (keys === null) return { ok: false, reason: "unavailable" };
  const claims = await verifiedClaims(access, assertion, [...keys]);
  // A JWT without an end would be valid for ever.
  if (claims === null || typeof claims.exp !== "number") return { ok: false, reason: "invalid" };
  const email = claims["email"];
  const scopes = typeof email === "string" ? scopesOfStaff(access.staff, email) : null;
  if (typeof email !== "string" || scopes === null) return { ok: false, reason: "stranger" };
  const display_name = displayNameOf(claims);
  const named = display_name === null ? {} : { display_name };
  const until = claims.exp * SECOND_MS;
  return { ok: true, caller: { name: email.toLowerCase(), ...named, scopes }, until };
}

/** Longer than people's names. */
const DISPLAY_NAME_MAX_CHARACTERS = 100;

/** The claim `name` of the identity provider, which Access adds under `custom` where it is configured to. */
function displayNameOf(claims: Readonly<Record<string, unknown>>): string | null {
  const { custom } = claims;
  const name = isJsonObject(custom) ? custom["name"] : null;
  if (typeof name !== "string") return null;
  const trimmed = name.toWellFormed().trim().slice(0, DISPLAY_NAME_MAX_CHARACTERS);
  return trimmed === "" ? null : trimmed;
}

/** Null where hono refuses the JWT, which it does by throwing. */
async function verifiedClaims(
  { issuer, audiences }: AccessSignIn,
  assertion: string,
  keys: NonNullable<Parameters<typeof verifyWithJwks>[1]["keys"]>,
) {
  try {
    return await verifyWithJwks(assertion, {
      keys,
      allowedAlgorithms: ["RS256"],
      verification: { iss: issuer, aud: [...audiences] },
    });
  } catch {
    return null;
  }
}

function keyIdOf(assertion: string): string | null {
  try {
    const { header } = decode(assertion);
    return typeof header.kid === "string" ? header.kid : null;
  } catch {
    return null;
  }
}
