import { textMember, type JsonObject } from "../json/json.ts";

/**
 * Twice the longest id that Meta documents, a BSUID. Rows, states and queue messages name people and
 * numbers by ids, and have no room for what only stands where one should.
 */
export const ID_MAX_CHARACTERS = 256;

/** The member if it is short enough to be an id, else null. */
export function idMember(object: JsonObject, member: string): string | null {
  const id = textMember(object, member);
  return id === null || id.length > ID_MAX_CHARACTERS ? null : id;
}
