/**
 * Finds a person in raw texts: the spellings of their phones and ids, whether a text contains one, and
 * which part of a JSON value is about them. Times have as many digits as phones and are skipped. Pure.
 */
import { type Address, identityOf } from "../lib/address.ts";
import { isJsonObject, type JsonObject, type JsonValue, parseJson } from "../lib/json.ts";
import { phonePattern, withoutEscapes } from "../lib/phone-in-text.ts";
import { spellingsOf } from "../lib/phone.ts";

/** Phones in every spelling, digits only; other ids as Meta wrote them. */
export type Identities = { phones: readonly string[]; ids: readonly string[] };

/**
 * The identities of a person.
 *
 * @param spellings identities as Meta spelled them: a `wa_id`, a BSUID
 */
export function identitiesOf(
  addresses: readonly Address[],
  spellings: readonly (string | null)[],
): Identities {
  const names = [...addresses.map(identityOf), ...spellings.filter((name) => name !== null)];
  const phones = names.filter(isPhone).map((phone) => phone.replace(/^\+/, ""));
  return {
    phones: [...new Set(phones.flatMap(spellingsOf))],
    ids: [...new Set(names.filter((name) => !isPhone(name)))],
  };
}

function isPhone(name: string): boolean {
  return /^\+?\d+$/.test(name);
}

/** Whether a text contains one of them, not as a part of a longer phone or id. */
export function namesOneOf({ phones, ids }: Identities): (text: string) => boolean {
  const patterns = [
    ...phones.map(phonePattern),
    ...ids.map((id) => String.raw`(?<![\w.])${RegExp.escape(id)}(?!\w)`),
  ];
  if (patterns.length === 0) return () => false;
  const pattern = new RegExp(patterns.join("|"), "u");
  return (text) => pattern.test(withoutEscapes(withoutStamps(text)));
}

/** `rest` is absent where the whole value is about the person. */
type Split = { about: readonly JsonValue[]; rest?: JsonValue };

/** Splits JSON text. Text that is no JSON, or nests too deeply, counts as being about the person. */
export function splitTextByPerson(text: string, names: (text: string) => boolean): Split {
  try {
    return splitByPerson(parseJson(text), names);
  } catch {
    return { about: [text] };
  }
}

/**
 * An object that names the person goes whole: an entry of a list, a contact, a message. An object whose
 * lists become empty goes too. Throws a RangeError where the value nests too deeply.
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

/** A number counts by its digits. */
function namesPerson(value: JsonValue, names: (text: string) => boolean): boolean {
  if (typeof value === "string") return names(value);
  return value !== null && typeof value !== "boolean" && names(JSON.stringify(value));
}

/** Ends of the names of members that hold a time: `timestamp`, `creation_timestamp`, `expires_at` … */
const TIME_NAME = String.raw`(?:timestamp|time|date|expiration|expiry|expires|_at)`;

/** A time from 2001 to 2100: seconds in 10 digits or milliseconds in 13. */
const STAMP = String.raw`(?:[1-3]\d{9}|40\d{8})(?:\d{3})?`;

/** The time of such a member in JSON text, also where that text is a string in other JSON text. */
const STAMP_MEMBER = new RegExp(
  String.raw`(?<=${TIME_NAME}\\*"\s*:\s*(?:\\*")?)${STAMP}(?!\d)`,
  "gi",
);

const NAMES_TIME = new RegExp(`${TIME_NAME}$`, "i");
const IS_STAMP = new RegExp(`^${STAMP}$`);

/** A text without its times. */
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
