/** JSON values as types, and the one place that looks into unknown ones. */

export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;

export type JsonObject = { readonly [member: string]: JsonValue | undefined };

/** A JSON object, and neither null nor an array. */
export function isJsonObject(value: unknown): value is JsonObject {
  return (
    typeof value === "object" && value !== null && !Array.isArray(value) && !isRawNumber(value)
  );
}

/** The member if it is an object, else null. */
export function objectMember(object: JsonObject, member: string): JsonObject | null {
  const value = object[member];
  return isJsonObject(value) ? value : null;
}

/** The member if it is a non-empty string, or a number's digits; else null. Meta mixes both. */
export function textMember(object: JsonObject, member: string): string | null {
  const value = object[member];
  if (typeof value === "string") return value === "" ? null : value;
  if (typeof value === "number") return String(value);
  return isRawNumber(value) ? JSON.stringify(value) : null;
}

/** The objects of an array member; everything else in it is left out. */
export function objectsMember(object: JsonObject, member: string): readonly JsonObject[] {
  const value = object[member];
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

/** An integer too long for a double, as `parseJson` keeps it: `JSON.rawJSON`. */
export function isRawNumber(value: unknown): boolean {
  // The TypeScript library does not describe it yet.
  return "isRawJSON" in JSON && typeof JSON.isRawJSON === "function" && JSON.isRawJSON(value);
}
