import type { SaidThing } from "./body-contents.ts";

const JSON_STRING = /"(?:[^"\\]|\\.)*"/g;

/**
 * The body with a suffix on the ids of its messages and statuses, wherever they are referred to.
 * Everything else stays byte for byte: numbers may have more digits than JavaScript can hold.
 */
export function withUniqueIds(
  text: string,
  contents: readonly SaidThing[],
  suffix: string,
): string {
  const wamids = new Set(contents.map((said) => (said.kind === "event" ? null : said.wamid)));
  return text.replaceAll(JSON_STRING, (literal) => {
    const value: unknown = JSON.parse(literal);
    return typeof value === "string" && wamids.has(value)
      ? JSON.stringify(`${value}.${suffix}`)
      : literal;
  });
}
