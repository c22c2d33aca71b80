/** Schemas at work: a value and a schema in, all that is wrong with it out, in plain English. */
import * as v from "valibot";
import type { FieldError } from "../http/problem.ts";
import { isRawNumber } from "../json/json.ts";
import { jsonPointer } from "../json/json-pointer.ts";

export type CheckResult<Output> = { ok: true; value: Output } | { ok: false; errors: FieldError[] };

/** Checks a value and reports every violation at once; `at` is where it stands in the request. */
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

/** What a value is, for "must be text, got a number". */
export function nounOf(value: unknown): string {
  if (value === null) return "null";
  // An integer too long for a double.
  if (isRawNumber(value)) return NOUNS.number;
  return Array.isArray(value) ? "an array" : NOUNS[typeof value];
}

/** A refusal that says what came instead, for the schemas of this room. */
export function wanted(rule: string) {
  return ({ input }: { input: unknown }): string => `${rule}, got ${wordOf(input)}`;
}

/** A single word or a time. All other text could be a message's, and digits somebody's phone. */
const HARMLESS = /^(?:[A-Za-z_][\w-]{0,63}|\d{4}-[\d\s:TZ.+-]{1,36})$/;

function wordOf(value: unknown): string {
  if (typeof value !== "string") return nounOf(value);
  return HARMLESS.test(value) ? `"${value}"` : `text of ${Array.from(value).length} characters`;
}

/** The place of an issue below the value that a `rawCheck` looks at. */
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

/** What a schema that speaks no sentence of its own wants. */
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
