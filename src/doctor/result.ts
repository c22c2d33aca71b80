/** What one of the doctor's checks found, whether that is a problem, and what to do about it. */
export type CheckResult =
  | { what: string; result: "ok"; remedy: null }
  | { what: string; result: "warn" | "fail"; remedy: string };

type Result = CheckResult["result"];

export function ok(what: string): CheckResult {
  return { what, result: "ok", remedy: null };
}

/** It works, but the operator should look at it. */
export function warn(what: string, remedy: string): CheckResult {
  return { what, result: "warn", remedy };
}

/** Something does not work. */
export function fail(what: string, remedy: string): CheckResult {
  return { what, result: "fail", remedy };
}

/** A reason of Meta's without its full stop, to be part of a sentence of ours. */
export function withoutFullStop(reason: string): string {
  return reason.replace(/\.$/, "");
}

/** The check could not be made: what was not seen to work does not pass. */
export function unknown(
  reason: string,
  remedy = "Correct what the other checks name, then ask again.",
): CheckResult {
  return fail(`Not checked: ${withoutFullStop(reason)}.`, remedy);
}

/** The worst result of all checks. */
export function worst(results: readonly CheckResult[]): Result {
  const seen = new Set(results.map(({ result }) => result));
  if (seen.has("fail")) return "fail";
  return seen.has("warn") ? "warn" : "ok";
}
