import type { Examination } from "./read-checks.ts";

const MARKS = { ok: "ok  ", warn: "WARN", fail: "FAIL" } as const;

/** One line a check, and under what is not right the remedy. */
export function printChecks({ checks }: Examination): void {
  const width = Math.max(...checks.map(({ check }) => check.length));
  for (const { check, what, result, remedy } of checks) {
    console.log(`${MARKS[result]}  ${check.padEnd(width)}  ${what}`);
    if (remedy !== null) console.log(`${" ".repeat(width + MARKS.ok.length + 4)}→ ${remedy}`);
  }
}
