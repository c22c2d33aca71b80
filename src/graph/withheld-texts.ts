/** What of a message must not come back in an error, should Meta's answer quote it. */
import type { JsonObject } from "../json/json.ts";

const WHITESPACE = /\s/;

/** Shorter ones would strike out pieces of Meta's own words. */
const ADDRESS_CHARACTERS_MIN = 7;

/**
 * The recipient in every spelling, and all that people wrote: what has a space in it. Names of
 * templates, ids and codes have none, and are what an operator needs to read in an error.
 */
export function withheldTexts(body: JsonObject): string[] {
  const texts: string[] = [];
  for (const member of ["to", "recipient"]) {
    const address = body[member];
    if (typeof address !== "string") continue;
    texts.push(address, address.replaceAll(/\D/g, ""));
  }
  const addresses = texts.filter((text) => text.length >= ADDRESS_CHARACTERS_MIN);
  return [...addresses, ...writtenTexts(body)];
}

function writtenTexts(body: JsonObject): string[] {
  const texts: string[] = [];
  // A stack of its own, for content passes through as deep as it comes.
  const pending: unknown[] = [body];
  while (pending.length > 0) {
    const value = pending.pop();
    if (typeof value === "string" && WHITESPACE.test(value.trim())) texts.push(value);
    if (typeof value !== "object" || value === null) continue;
    for (const member of Object.values(value)) pending.push(member);
  }
  return texts;
}
