/** What the doctor says of one thing: what it found, how that stands, and what to do about it. */
export type CheckResult =
  | { what: string; result: "ok"; remedy: null }
  | { what: string; result: "warn" | "fail"; remedy: string };

type Result = CheckResult["result"];

export function ok(what: string): CheckResult {
  return { what, result: "ok", remedy: null };
}

/** It works, and wants to be looked at. */
export function warn(what: string, remedy: string): CheckResult {
  return { what, result: "warn", remedy };
}

/** Something does not work. */
export function fail(what: string, remedy: string): CheckResult {
  return { what, result: "fail", remedy };
}

/** Reasons of Meta's, as parts of a sentence of ours. */
export function withoutFullStop(reason: string): string {
  return reason.replace(/\.$/, "");
}

/** Nobody could tell: what was not seen to work does not pass. */
export function unknown(
  reason: string,
  remedy = "Mend what the other checks name, then ask again.",
): CheckResult {
  return fail(`Not checked: ${withoutFullStop(reason)}.`, remedy);
}

/** The worst of them. */
export function worst(verdicts: readonly CheckResult[]): Result {
  const results = new Set(verdicts.map(({ result }) => result));
  if (results.has("fail")) return "fail";
  return results.has("warn") ? "warn" : "ok";
}
