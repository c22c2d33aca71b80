import type { JsonObject } from "../json/json.ts";

/**
 * The object as JSON with one more member, whose JSON stays as it came: parsed, long numbers would
 * lose digits, and what nests too deeply could not be written again. Should it be no JSON, it is
 * shown as a string: one such row must not make a whole page unreadable.
 */
export function withRawMember(object: JsonObject, member: string, json: string): string {
  const raw = isJson(json) ? json : JSON.stringify(json);
  return `${JSON.stringify(object).slice(0, -1)},${JSON.stringify(member)}:${raw}}`;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
