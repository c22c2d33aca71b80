/**
 * JSON values: their types, how to look into unknown ones, and a parser that keeps integers too long
 * for a double digit for digit, as `JSON.rawJSON`.
 */

export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;

export type JsonObject = { readonly [member: string]: JsonValue | undefined };

/** Whether a value is a JSON object, not null and not an array. */
export function isJsonObject(value: unknown): value is JsonObject {
  return (
    typeof value === "object" && value !== null && !Array.isArray(value) && !isRawNumber(value)
  );
}

/** An object whose members may be looked for although it may be missing itself: then it has none. */
type Holder = JsonObject | null | undefined;

/** The member if it is an object, else null. */
export function objectMember(object: Holder, member: string): JsonObject | null {
  const value = object?.[member];
  return isJsonObject(value) ? value : null;
}

/** The member if it is a non-empty string, or a number's digits; else null. Meta mixes both. */
export function textMember(object: Holder, member: string): string | null {
  const value = object?.[member];
  if (typeof value === "string") return value === "" ? null : value;
  if (typeof value === "number") return String(value);
  return isRawNumber(value) ? JSON.stringify(value) : null;
}

/** The objects of an array member, without its other items. */
export function objectsMember(object: Holder, member: string): readonly JsonObject[] {
  const value = object?.[member];
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

/** An integer too long for a double, as `parseJson` keeps it: `JSON.rawJSON`. */
export function isRawNumber(value: unknown): boolean {
  // The TypeScript library does not describe it yet.
  return "isRawJSON" in JSON && typeof JSON.isRawJSON === "function" && JSON.isRawJSON(value);
}

/** TC39 "JSON.parse source text access", which the TypeScript library does not describe yet. */
type SourceTextJson = {
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
  ): JsonValue;
  rawJSON(text: string): JsonValue;
};

/** Meta's ids are up to 17 digits, some of them bare numbers. */
const LONG_INTEGER = /(?:^|[:,[\s])-?\d{16,}/;

const INTEGER = /^-?\d+$/;

/** Throws what `JSON.parse` throws. */
export function parseJson(text: string): JsonValue {
  const value: JsonValue = JSON.parse(text);
  return LONG_INTEGER.test(text) ? withAllDigits(text, value) : value;
}

/** The JSON value in a text; undefined if the text is no JSON. */
export function jsonIn(text: string): JsonValue | undefined {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

/** The JSON object in a text; null if there is none. */
export function objectIn(text: string | null | undefined): JsonObject | null {
  const value = jsonIn(text ?? "");
  return isJsonObject(value) ? value : null;
}

function withAllDigits(text: string, value: JsonValue): JsonValue {
  try {
    return parseKeepingDigits(text);
  } catch {
    // A reviver overflows the stack on JSON that nests very deep.
    return value;
  }
}

function parseKeepingDigits(text: string): JsonValue {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the runtime has both members, only their types are missing
  const json = JSON as unknown as SourceTextJson;
  return json.parse(text, (_key, value, { source }) =>
    source !== undefined &&
    typeof value === "number" &&
    !Number.isSafeInteger(value) &&
    INTEGER.test(source)
      ? json.rawJSON(source)
      : value,
  );
}

/**
 * RFC 6901: the path to a member as one string, with `~` and `/` in names escaped. An empty path
 * is the whole document.
 */
export function jsonPointer(path: readonly (string | number)[]): string {
  return path
    .map((token) => `/${String(token).replaceAll("~", "~0").replaceAll("/", "~1")}`)
    .join("");
}
