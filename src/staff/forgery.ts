/** Requests that another site could make a signed-in browser send (CSRF). Pure. */
import type { Problem } from "../lib/problem.ts";

/** No form can set a header, and a script of another site would have to ask first. */
export const OWN_HEADER = "x-paloma-inbox";

const SAFE_METHODS: ReadonlySet<string> = new Set(["GET", "HEAD"]);

const JSON_TYPE = /^application\/json\s*(?:;|$)/i;

/**
 * Why a request that may change something can't be distinguished from a forged one; null if it is the page's own.
 *
 * @param takesFiles the route reads bodies of any type
 */
export function forgeryProblem(
  { method, url, headers }: Request,
  takesFiles: boolean,
): Problem | null {
  if (SAFE_METHODS.has(method)) return null;
  if (headers.get(OWN_HEADER) !== "1") {
    return { code: "forbidden", detail: `The header ${OWN_HEADER}: 1 is missing.` };
  }
  if (!isSameOrigin(headers, new URL(url).origin)) {
    return { code: "forbidden", detail: "Only the inbox's own page may ask this." };
  }
  const type = headers.get("content-type");
  if (takesFiles || type === null || JSON_TYPE.test(type)) return null;
  return { code: "unsupported_media_type", detail: "The body must be application/json." };
}

/** By `Sec-Fetch-Site`, which no page can forge; browsers without it send `Origin`. */
function isSameOrigin(headers: Headers, origin: string): boolean {
  const site = headers.get("sec-fetch-site");
  return site === null ? headers.get("origin") === origin : site === "same-origin";
}
