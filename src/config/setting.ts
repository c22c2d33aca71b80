/** Kinds of settings: schemas that read the text of an environment variable. Pure. */
import * as v from "valibot";

/** The environment as it is: a copy would walk all bindings for each request. No value is known until checked. */
export type Settings = object;

/** One setting as it came; undefined if it is not set. */
export function valueOf(settings: Settings, setting: string): unknown {
  return Reflect.get(settings, setting);
}

/** A shell pipe adds a newline to a secret. */
export const text = v.pipe(v.optional(v.unknown(), ""), v.transform(trimmed));

function trimmed(value: unknown): string {
  return typeof value === "string" ? value.trim() : "";
}

/** wrangler.toml accepts a number with or without quotes. */
const figure = v.pipe(
  v.optional(v.unknown(), ""),
  v.transform((value) => (typeof value === "number" ? String(value) : value)),
  text,
);

export const required = (remedy: string) => v.pipe(text, v.nonEmpty(remedy));

export const textOr = (standard: string) =>
  v.pipe(
    text,
    v.transform((value) => value || standard),
  );

/** What a function makes of the text, or why it can't. */
export const parsedBy = <Value>(
  parse: (value: string) => { ok: true; value: Value } | { ok: false; remedies: readonly string[] },
  written: typeof text | typeof figure = text,
) =>
  v.pipe(
    written,
    v.rawTransform<string, Value>(({ dataset, addIssue, NEVER }) => {
      const result = parse(dataset.value);
      if (result.ok) return result.value;
      for (const message of result.remedies) addIssue({ message });
      return NEVER;
    }),
  );

/** A whole number from 1 to the maximum; `standard` where the setting is empty. */
export const wholeNumber = <Standard>(maximum: number, standard: Standard, remedy: string) =>
  parsedBy<number | Standard>((value) => {
    if (value === "") return { ok: true, value: standard };
    const number = Number(value);
    return /^\d+$/.test(value) && number >= 1 && number <= maximum
      ? { ok: true, value: number }
      : { ok: false, remedies: [remedy] };
  }, figure);

/** One setting's text, without white space around it; empty if it is not set. */
export function textOf(settings: Settings, setting: string): string {
  return trimmed(valueOf(settings, setting));
}

/** The entries of a list with commas. */
export function listed(value: string): string[] {
  return value
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");
}
