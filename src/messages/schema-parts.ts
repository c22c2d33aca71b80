/** The pieces that every schema of this room is made of, with their sentences for refusals. */
import * as v from "valibot";
import { isJsonObject, type JsonObject } from "../json/json.ts";
import { wanted } from "./check-value.ts";

/** Any JSON object, whole. */
export const jsonObject = v.custom<JsonObject>(isJsonObject);

/** What the schema takes, without the arrays that valibot's object schemas let through. */
export function noArray<const Schema extends v.GenericSchema>(schema: Schema) {
  return v.pipe(v.custom<v.InferInput<Schema>>(isJsonObject), schema);
}

/** A JSON object with these members, and any others beside them. */
export function looseObject<const Entries extends v.ObjectEntries>(entries: Entries) {
  return noArray(v.looseObject(entries));
}

/** Text of at most so many characters, not empty. */
export function requiredText(most: number) {
  return v.pipe(boundedText(most), v.nonEmpty("at least 1 character, got 0"));
}

/** Text of at most so many characters, counted as Unicode code points. */
export function boundedText(most: number) {
  return v.pipe(
    v.string(),
    v.check(
      (text) => countCharacters(text) <= most,
      (issue) => `at most ${most} characters, got ${countCharacters(issue.input)}`,
    ),
    // JSON Schema counts characters the same way.
    v.metadata({ maxLength: most }),
  );
}

/** One word of a fixed set of one. */
export function exactly<const Word extends string>(word: Word) {
  return v.literal(word, wanted(`must be "${word}"`));
}

/** A list of 1 to so many items. */
export function boundedList<const Item extends v.GenericSchema>(
  item: Item,
  { most, noun }: { most: number; noun: string },
) {
  return v.pipe(
    v.array(item),
    v.minLength(1, `at least 1 ${noun}, got 0`),
    v.maxLength(most, (issue) => `at most ${most} ${noun}s, got ${issue.input.length}`),
  );
}

function countCharacters(text: string): number {
  return Array.from(text).length;
}
