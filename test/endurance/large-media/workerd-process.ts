import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { PlainError } from "../../../scripts/client/plain-error.ts";

const KIBIBYTE = 1024;

/** Man page proc(5), `clear_refs`: forgets the peak of the resident set. */
const FORGET_PEAK = "5";

/** Those that this process, or one that it started, runs: the Worker's own and wrangler's proxy. */
export function findWorkerd(): number[] {
  const known = new Map<number, { parent: number; name: string }>();
  for (const entry of readdirSync("/proc")) {
    if (/^\d+$/.test(entry)) readProcess(Number(entry), known);
  }
  const isOurs = (id: number): boolean => {
    const parent = known.get(id)?.parent;
    return parent !== undefined && (parent === process.pid || isOurs(parent));
  };
  const found = [...known].flatMap(([id, { name }]) =>
    name === "workerd" && isOurs(id) ? [id] : [],
  );
  if (found.length === 0) throw new PlainError("No workerd runs: there is nothing to measure.");
  return found;
}

export function forgetPeak(id: number): void {
  writeFileSync(`/proc/${id}/clear_refs`, FORGET_PEAK);
}

/** The most of its memory that was in RAM at once since the peak was forgotten. */
export function peakResidentBytes(id: number): number {
  const [, kibibytes] =
    /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${id}/status`, "utf8")) ?? [];
  return Number(kibibytes) * KIBIBYTE;
}

function readProcess(id: number, into: Map<number, { parent: number; name: string }>): void {
  try {
    const status = readFileSync(`/proc/${id}/status`, "utf8");
    const [, name = ""] = /^Name:\s+(.*)$/m.exec(status) ?? [];
    const [, parent] = /^PPid:\s+(\d+)$/m.exec(status) ?? [];
    into.set(id, { parent: Number(parent), name });
  } catch {
    // The process has ended since.
  }
}
