import { parseJson } from "../parse-json.ts";
import { splitByPerson } from "./split-by-person.ts";

/** JSON text without the person; null where nothing is left. */
export function restOf(text: string, names: (text: string) => boolean): string | null {
  try {
    const { rest } = splitByPerson(parseJson(text), names);
    return rest === undefined ? null : JSON.stringify(rest);
  } catch {
    // Nested deeper than can be taken apart.
    return null;
  }
}
