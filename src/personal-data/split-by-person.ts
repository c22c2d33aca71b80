/** A raw value taken apart: what of it speaks of a person, and the rest. Pure. */
import { parseJson } from "../json/parse-json.ts";
import { isStamp } from "./stamps.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../json/json.ts";

/** `rest` is left out where all of it speaks of the person. */
export type Split = { about: readonly JsonValue[]; rest?: JsonValue };

/** JSON text taken apart; what can't be is all about the person: it is no JSON, or nests too deeply. */
export function splitTextByPerson(text: string, names: (text: string) => boolean): Split {
  try {
    return splitByPerson(parseJson(text), names);
  } catch {
    return { about: [text] };
  }
}

/**
 * Whatever names the person goes with the object around it: an entry of a list, a contact, a message.
 * Of an object whose lists are emptied by that nothing is left. Throws a RangeError where it nests
 * deeper than can be followed.
 *
 * @param names whether a text names the person
 */
export function splitByPerson(value: JsonValue, names: (text: string) => boolean): Split {
  if (Array.isArray(value)) return splitList(value, names);
  if (isJsonObject(value)) return splitObject(value, names);
  return namesPerson(value, names) ? { about: [value] } : { about: [], rest: value };
}

function splitList(list: readonly JsonValue[], names: (text: string) => boolean): Split {
  const splits = list.map((element) => splitByPerson(element, names));
  const about = splits.flatMap((split) => split.about);
  const rest = splits.flatMap((split) => (split.rest === undefined ? [] : [split.rest]));
  return about.length > 0 && rest.length === 0 ? { about } : { about, rest };
}

function splitObject(object: JsonObject, names: (text: string) => boolean): Split {
  const members = Object.entries(object).map(([name, value]) => ({
    name,
    value,
    split: isStamp(name, value)
      ? { about: [], rest: value ?? null }
      : splitByPerson(value ?? null, names),
  }));
  const isAboutPerson = members.some(
    ({ name, value, split }) => names(name) || (!Array.isArray(value) && split.rest === undefined),
  );
  const lists = members.filter(({ value }) => Array.isArray(value) && value.length > 0);
  const isEmptied = lists.length > 0 && lists.every(({ split }) => split.rest === undefined);
  if (isAboutPerson || isEmptied) return { about: [object] };
  const rest = members.flatMap(({ name, split }) =>
    split.rest === undefined ? [] : [[name, split.rest] as const],
  );
  return { about: members.flatMap(({ split }) => split.about), rest: Object.fromEntries(rest) };
}

/** Numbers are named by their digits. */
function namesPerson(value: JsonValue, names: (text: string) => boolean): boolean {
  if (typeof value === "string") return names(value);
  return value !== null && typeof value !== "boolean" && names(JSON.stringify(value));
}
