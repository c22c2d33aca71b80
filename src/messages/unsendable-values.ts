/** JSON that no one can send on: whatever else may be wrong with a request. */
import type { FieldError } from "../http/problem.ts";
import { jsonPointer } from "../json/json-pointer.ts";

/** Levels of objects and lists in a request: three times what Meta's deepest message has. */
export const MAX_DEPTH_LEVELS = 32;

/**
 * Every text that UTF-8 or Meta can't carry, every `__proto__`, everything nested too deep, and
 * everything that is not JSON at all (a caller over RPC can send it).
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
