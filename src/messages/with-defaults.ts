import { isJsonObject, type JsonValue } from "../json/json.ts";

/**
 * What was given, with the members that only its checked form has. Valibot leaves members named
 * like those of every object (`constructor`) out of its output; so nothing given is lost.
 */
export function withDefaults<Given extends JsonValue>(given: Given, checked: unknown): Given;
export function withDefaults(given: unknown, checked: unknown): unknown {
  if (given === checked) return given;
  if (Array.isArray(given) && Array.isArray(checked)) {
    return given.map((item: JsonValue, position) => withDefaults(item, checked[position]));
  }
  if (!isJsonObject(given) || !isJsonObject(checked)) return given;
  const filled: Record<string, JsonValue | undefined> = { ...given };
  for (const [member, value] of Object.entries(checked)) {
    const own = given[member];
    filled[member] = own === undefined ? value : withDefaults(own, value);
  }
  return filled;
}
