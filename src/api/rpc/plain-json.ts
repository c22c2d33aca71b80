import type { JsonValue } from "../../json/json.ts";

/**
 * A value as it would have come over HTTP: what RPC can carry and JSON can't say is written as JSON
 * writes it, such as a Date. Null where it can't be written, for then it is no request either.
 */
export function plainJson(value: unknown): JsonValue {
  try {
    return JSON.parse(JSON.stringify(value) ?? "null");
  } catch {
    return null;
  }
}
