/** JSON with integers that a double can't hold kept digit for digit, as `JSON.rawJSON`. */
import type { JsonValue } from "./json.ts";

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

function withAllDigits(text: string, value: JsonValue): JsonValue {
  try {
    return parseKeepingDigits(text);
  } catch {
    // JSON may nest deeper than a reviver can follow.
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
