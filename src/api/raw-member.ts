import type { JsonObject } from "../json.ts";

/**
 * The object as JSON with one more member, whose JSON stays as it came: parsed, long numbers would
 * lose digits, and what nests too deeply could not be written again.
 */
export function withRawMember(object: JsonObject, member: string, json: string): string {
  return `${JSON.stringify(object).slice(0, -1)},${JSON.stringify(member)}:${json}}`;
}
