/**
 * Validation of requests with valibot: `checkValue` returns every violation in plain English, the
 * pieces below build the schemas, and `findUnsendableValues` finds JSON that Meta can't receive.
 */
import * as v from "valibot";
import { isJsonObject, isRawNumber, type JsonObject, jsonPointer, type JsonValue } from "./json.ts";
import type { FieldError } from "./problem.ts";

export type CheckResult<Output> = { ok: true; value: Output } | { ok: false; errors: FieldError[] };

/** Checks a value and returns every violation at once; `at` is its place in the request. */
export function checkValue<Schema extends v.GenericSchema>(
  schema: Schema,
  value: unknown,
  at: readonly string[],
): CheckResult<v.InferOutput<Schema>> {
  const result = v.safeParse(schema, value, { message: plainMessage });
  if (result.success) return { ok: true, value: result.output };
  const errors = result.issues.map((issue) => ({
    pointer: jsonPointer([...at, ...pathOf(issue)]),
    detail: issue.message,
  }));
  return { ok: false, errors };
}

/** The value as the schema reads it; null if the schema refuses it. */
export function acceptedBy<Schema extends v.GenericSchema>(
  schema: Schema,
  value: unknown,
): v.InferOutput<Schema> | null {
  const result = v.safeParse(schema, value);
  return result.success ? result.output : null;
}

/** The kind of a value, for "must be text, got a number". */
export function nounOf(value: unknown): string {
  if (value === null) return "null";
  // An integer too long for a double.
  if (isRawNumber(value)) return NOUNS.number;
  return Array.isArray(value) ? "an array" : NOUNS[typeof value];
}

/** A message for a schema that says what the value is instead. */
export function wanted(rule: string) {
  return ({ input }: { input: unknown }): string => `${rule}, got ${wordOf(input)}`;
}

/** A single word or a time: other text may be a customer's message, and digits a phone. */
const HARMLESS = /^(?:[A-Za-z_][\w-]{0,63}|\d{4}-[\d\s:TZ.+-]{1,36})$/;

function wordOf(value: unknown): string {
  if (typeof value !== "string") return nounOf(value);
  return HARMLESS.test(value) ? `"${value}"` : `text of ${Array.from(value).length} characters`;
}

/** The path of an issue below the value that a `rawCheck` checks. */
export function issuePath(
  first: string | number,
  ...rest: readonly (string | number)[]
): [v.UnknownPathItem, ...v.UnknownPathItem[]] {
  return [pathItem(first), ...rest.map(pathItem)];
}

const NOUNS = {
  string: "text",
  number: "a number",
  bigint: "a number",
  boolean: "true or false",
  symbol: "a symbol",
  undefined: "nothing",
  object: "an object",
  function: "a function",
} as const;

/** What a schema without a message of its own expects. */
const WANTED: ReadonlyMap<string, string> = new Map([
  ["string", "text"],
  ["boolean", "true or false"],
  ["array", "an array"],
  ["custom", "an object"],
  ["union", "a number"],
]);

function plainMessage(issue: v.BaseIssue<unknown>): string {
  if (issue.input === undefined) return "is required";
  return `must be ${WANTED.get(issue.type) ?? issue.expected}, got ${nounOf(issue.input)}`;
}

function pathOf(issue: v.BaseIssue<unknown>): string[] {
  return (issue.path ?? []).map((item) => String(item.key));
}

function pathItem(key: string | number): v.UnknownPathItem {
  return { type: "unknown", origin: "value", input: undefined, key, value: undefined };
}

/** Any JSON object. */
export const jsonObject = v.custom<JsonObject>(isJsonObject);

/** The schema, but without the arrays that valibot's object schemas accept. */
export function noArray<const Schema extends v.GenericSchema>(schema: Schema) {
  return v.pipe(v.custom<v.InferInput<Schema>>(isJsonObject), schema);
}

/** A JSON object with these members and any others. */
export function looseObject<const Entries extends v.ObjectEntries>(entries: Entries) {
  return noArray(v.looseObject(entries));
}

/** Text of 1 to so many characters. */
export function requiredText(most: number) {
  return v.pipe(boundedText(most), v.nonEmpty("at least 1 character, got 0"));
}

/** The same for text that D1 keeps: it would keep half a character as three of another. */
export function keptText(most: number) {
  return v.pipe(
    requiredText(most),
    v.check((text) => textProblems(text).length === 0, NOT_WHOLE),
  );
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

const NOT_WHOLE = "must not contain half a surrogate pair, nor a NUL character";

/** A number without fraction that JSON carries without loss. */
export const integer = v.pipe(v.number(), v.safeInteger());

/** Exactly this word. */
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
    v.nonEmpty(`at least 1 ${noun}, got 0`),
    v.maxLength(most, (issue) => `at most ${most} ${noun}s, got ${issue.input.length}`),
  );
}

function countCharacters(text: string): number {
  return Array.from(text).length;
}

/** A value that must be unique, and its place. */
type PlacedValue = {
  value: string;
  path: readonly [string | number, ...(string | number)[]];
};

/** Returns the values that repeat an earlier one. */
export function repeatedValues(values: readonly PlacedValue[]): PlacedValue[] {
  const seen = new Set<string>();
  return values.filter(({ value }) => {
    const repeated = seen.has(value);
    seen.add(value);
    return repeated;
  });
}

/** Levels of objects and lists in a request: three times those of Meta's deepest message. */
export const MAX_DEPTH_LEVELS = 32;

/**
 * Finds every text that UTF-8 or Meta can't carry, every `__proto__`, everything nested too deep, and
 * everything that is not JSON (an RPC caller can send it).
 */
export function findUnsendableValues(value: unknown): FieldError[] {
  const errors: FieldError[] = [];
  visit(value, [], errors);
  return errors;
}

function visit(value: unknown, path: readonly string[], errors: FieldError[]): void {
  const complain = (detail: string): void => {
    errors.push({ pointer: jsonPointer(path), detail });
  };
  switch (typeof value) {
    case "string":
      for (const problem of textProblems(value)) complain(problem);
      break;
    case "number":
      if (!Number.isFinite(value)) complain("must be a finite number");
      break;
    case "boolean":
    case "undefined":
      break;
    case "object":
      if (value === null) break;
      if (path.length >= MAX_DEPTH_LEVELS) {
        complain(`must not be nested deeper than ${MAX_DEPTH_LEVELS} levels`);
        break;
      }
      for (const [name, member] of Object.entries(value)) {
        for (const problem of nameProblems(name)) complain(problem);
        visit(member, [...path, name], errors);
      }
      break;
    case "bigint":
    case "function":
    case "symbol":
      complain("must be JSON: text, a number, true, false, null, a list or an object");
  }
}

function nameProblems(name: string): string[] {
  if (name === "__proto__") return ['must not have a member named "__proto__"'];
  return textProblems(name).map((problem) => `has a member whose name ${problem}`);
}

function textProblems(text: string): string[] {
  const problems: string[] = [];
  if (!text.isWellFormed()) {
    problems.push("must not contain half a surrogate pair: Meta takes whole characters only");
  }
  if (text.includes("\0")) problems.push("must not contain a NUL character: Meta refuses it");
  return problems;
}

/**
 * The given value plus the defaults that its checked form adds. The checked form alone would lose
 * members: valibot leaves those with names such as `constructor` out of its output.
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

/** RFC 3339, section 5.6, without leap seconds: Date would read one as the next second. */
const RFC_3339 =
  /^(\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01]))T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/i;

/** An RFC 3339 time in milliseconds since the epoch, finer fractions cut; null if it is invalid. */
export function parseTimestamp(text: string): number | null {
  const date = RFC_3339.exec(text)?.[1];
  if (date === undefined) return null;
  // Date reads 30 February as 2 March.
  const midnight = new Date(`${date}T00:00:00Z`).toISOString();
  return midnight.startsWith(date) ? Date.parse(text.toUpperCase()) : null;
}

const LOCAL_HOSTS: ReadonlySet<string> = new Set(["localhost", "127.0.0.1", "[::1]"]);

/** Whether a URL leads to this machine, where plain HTTP is safe. */
export function isLocalHost({ hostname }: URL): boolean {
  return LOCAL_HOSTS.has(hostname);
}
