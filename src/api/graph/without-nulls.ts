/** Graph takes a member that is null as one that is not there. */
import { isJsonObject, type JsonObject, type JsonValue } from "../../json/json.ts";
import { MAX_DEPTH_LEVELS } from "../../messages/unsendable-values.ts";

/** Data that a flow of the business's own reads, by the member that holds it: null is a value there. */
const FREE_FORM: ReadonlyMap<string, string> = new Map([
  ["flow_action_payload", "data"],
  ["action", "flow_action_data"],
]);

/** The value without members that are null, at any depth; elements of lists keep their places. */
export function withoutNulls(value: JsonValue): JsonValue {
  return cleaned(value, "", 0);
}

/** @param name of the member that the value is */
function cleaned(value: JsonValue, name: string, level: number): JsonValue {
  // What is nested deeper is refused as a whole.
  if (level > MAX_DEPTH_LEVELS) return value;
  if (Array.isArray(value)) {
    return value.map((item: JsonValue) => cleaned(item, name, level + 1));
  }
  return isJsonObject(value) ? cleanedMembers(value, name, level) : value;
}

function cleanedMembers(object: JsonObject, name: string, level: number): JsonObject {
  return Object.fromEntries(
    Object.entries(object).flatMap(([member, value]) => {
      if (value === null || value === undefined) return [];
      if (FREE_FORM.get(name) === member) return [[member, value]];
      return [[member, cleaned(value, member, level + 1)]];
    }),
  );
}
