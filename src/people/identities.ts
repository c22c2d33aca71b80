/**
 * By what a person is named in raw texts, and whether a text names them: pure.
 *
 * A raw value taken apart: what of it speaks of a person, and the rest. Pure.
 *
 * Times in raw values, which have as many digits as phones have: pure.
 */
import { type Address, identityOf } from "../lib/address.ts";
import { isJsonObject, type JsonObject, type JsonValue, parseJson } from "../lib/json.ts";
import { phonePattern, withoutEscapes } from "../lib/phone-in-text.ts";
import { spellingsOf } from "../lib/phone.ts";

/** How members are called that hold a time: `timestamp`, `creation_timestamp`, `time`, `expires_at` … */
const TIME_NAME = String.raw`(?:timestamp|time|date|expiration|expiry|expires|_at)`;

/** Seconds or milliseconds from 2001 to 2100 in 10 or 13 digits. */
const STAMP = String.raw`(?:[1-3]\d{9}|40\d{8})(?:\d{3})?`;

/** Such a member in JSON text, or in JSON text that is itself a text of another. */
const STAMP_MEMBER = new RegExp(
  String.raw`(?<=${TIME_NAME}\\*"\s*:\s*(?:\\*")?)${STAMP}(?!\d)`,
  "gi",
);

const NAMES_TIME = new RegExp(`${TIME_NAME}$`, "i");
const IS_STAMP = new RegExp(`^${STAMP}$`);

/** JSON text, or any other, without the times in it. */
export function withoutStamps(text: string): string {
  return text.replaceAll(STAMP_MEMBER, "");
}

/** Whether a member holds a time. */
export function isStamp(name: string, value: JsonValue | undefined): boolean {
  return (
    (typeof value === "string" || typeof value === "number") &&
    IS_STAMP.test(String(value)) &&
    NAMES_TIME.test(name)
  );
}

/** Phones in every spelling, digits only; other ids as Meta wrote them. */
export type Identities = { phones: readonly string[]; ids: readonly string[] };

/**
 * The identities of a person.
 *
 * @param told identities as Meta spelled them: a `wa_id`, a BSUID
 */
export function identitiesOf(
  addresses: readonly Address[],
  told: readonly (string | null)[],
): Identities {
  const names = [...addresses.map(identityOf), ...told.filter((name) => name !== null)];
  const phones = names.filter(isPhone).map((phone) => phone.replace(/^\+/, ""));
  return {
    phones: [...new Set(phones.flatMap(spellingsOf))],
    ids: [...new Set(names.filter((name) => !isPhone(name)))],
  };
}

function isPhone(name: string): boolean {
  return /^\+?\d+$/.test(name);
}

/** Whether a text has one of them in it, not as a part of a longer one. */
export function namesOneOf({ phones, ids }: Identities): (text: string) => boolean {
  const patterns = [
    ...phones.map(phonePattern),
    ...ids.map((id) => String.raw`(?<![\w.])${escaped(id)}(?!\w)`),
  ];
  if (patterns.length === 0) return () => false;
  const pattern = new RegExp(patterns.join("|"), "u");
  return (text) => pattern.test(withoutEscapes(withoutStamps(text)));
}

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);
}

/** `rest` is left out where all of it speaks of the person. */
type Split = { about: readonly JsonValue[]; rest?: JsonValue };

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
