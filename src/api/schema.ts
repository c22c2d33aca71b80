/** The parts that schemas and views of several resources share. */
import * as v from "valibot";
import { jsonIn, type JsonObject, type JsonValue } from "../lib/json.ts";
import { utcTime } from "../lib/time.ts";
import { noArray } from "../lib/validate.ts";

/** Any JSON, unchanged: Meta's, or the caller's own. */
export const anyJson = v.custom<JsonValue>((value) => value !== undefined);

export function described<const Schema extends v.GenericSchema>(
  schema: Schema,
  description: string,
) {
  return v.pipe(schema, v.description(description));
}

/** Text, or null if unknown. */
export function textOrNull(description: string) {
  return described(v.nullable(v.string()), description);
}

/** An RFC 3339 time in UTC with milliseconds. */
export function time(description: string) {
  return v.pipe(v.string(), v.metadata({ format: "date-time" }), v.description(description));
}

/** Such a time, or null if it has not come. */
export function timeOrNull(description: string) {
  return described(
    v.nullable(v.pipe(v.string(), v.metadata({ format: "date-time" }))),
    description,
  );
}

export function count(description: string) {
  return v.pipe(v.number(), v.integer(), v.minValue(0), v.description(description));
}

/** One page of a list, newest first. */
export function pageOf<const Item extends v.GenericSchema>(item: Item) {
  return v.strictObject({
    data: v.array(item),
    next_cursor: textOrNull("Pass it as `cursor` for the next page; null on the last."),
  });
}

/** RFC 3339 in UTC with milliseconds, like every time in the API. */
export function timestamp(at: number): string {
  return utcTime(at);
}

export function timestampOrNull(at: number | null): string | null {
  return at === null ? null : timestamp(at);
}

/**
 * The object as JSON with one more member, whose JSON is inserted as text: parsed, long numbers would
 * lose digits, and JSON that nests too deeply could not be written again. Text that is no JSON becomes
 * a string: one such row must not make a whole page unreadable.
 */
export function withRawMember(object: JsonObject, member: string, json: string): string {
  const raw = jsonIn(json) === undefined ? JSON.stringify(json) : json;
  return `${JSON.stringify(object).slice(0, -1)},${JSON.stringify(member)}:${raw}}`;
}

/** The schema of a request body with these members and no others. */
export function requestObject<const Entries extends v.ObjectEntries>(entries: Entries) {
  const names = Object.keys(entries).join(", ");
  return noArray(
    v.strictObject(entries, ({ expected }) =>
      expected === "never" ? `is unknown here: only ${names}` : "is required",
    ),
  );
}
