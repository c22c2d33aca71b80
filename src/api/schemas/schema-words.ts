/** The words that the schemas of answers are made of. */
import * as v from "valibot";
import type { JsonValue } from "../../json/json.ts";

/** Any JSON at all, whole: Meta's, or the caller's own. */
export const anyJson = v.custom<JsonValue>((value) => value !== undefined);

export function described<const Schema extends v.GenericSchema>(
  schema: Schema,
  description: string,
) {
  return v.pipe(schema, v.description(description));
}

/** Text, or null where it is not known. */
export function textOrNull(description: string) {
  return described(v.nullable(v.string()), description);
}

/** An RFC 3339 time in UTC with milliseconds. */
export function time(description: string) {
  return v.pipe(v.string(), v.metadata({ format: "date-time" }), v.description(description));
}

/** Such a time, or null where it has not come. */
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
