/**
 * People who sign in by Cloudflare Access: the JWT that Access adds to each request says who it is. The
 * header counts, never Access's cookie, which a browser could be made to send.
 */
import type { Caller } from "../config/api-tokens.ts";
import { type AccessSignIn, scopesOfStaff } from "../config/inbox.ts";
import { isJsonObject, type JsonObject } from "../lib/json.ts";
import { accessKeys } from "./access-keys.ts";
import { endOf, isFor, isSigned, parseJwt } from "./jwt.ts";

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
  const jwt = parseJwt(assertion);
  if (jwt === null) return { ok: false, reason: "invalid" };
  const { issuer, audiences, staff } = access;
  const keys = await accessKeys(issuer, jwt.keyId, now);
  if (keys === null) return { ok: false, reason: "unavailable" };
  const until = endOf(jwt, now);
  if (until === null || !isFor(jwt, issuer, audiences) || !(await isSigned(jwt, keys))) {
    return { ok: false, reason: "invalid" };
  }
  const { email } = jwt.claims;
  const scopes = typeof email === "string" ? scopesOfStaff(staff, email) : null;
  if (typeof email !== "string" || scopes === null) return { ok: false, reason: "stranger" };
  const display_name = displayNameOf(jwt.claims);
  const named = display_name === null ? {} : { display_name };
  return { ok: true, caller: { name: email.toLowerCase(), ...named, scopes }, until };
}

/** Longer than people's names. */
const DISPLAY_NAME_MAX_CHARACTERS = 100;

/** The claim `name` of the identity provider, which Access adds under `custom` where it is configured to. */
function displayNameOf({ custom }: JsonObject): string | null {
  const name = isJsonObject(custom) ? custom["name"] : null;
  if (typeof name !== "string") return null;
  const trimmed = name.toWellFormed().trim().slice(0, DISPLAY_NAME_MAX_CHARACTERS);
  return trimmed === "" ? null : trimmed;
}
