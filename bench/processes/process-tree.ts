/** A process and all that it started, by /proc (Linux alone). */
import { readdirSync, readFileSync } from "node:fs";

/** The kernel counts in ticks; `getconf CLK_TCK` has been 100 on every Linux for decades. */
const TICKS_PER_SECOND = 100;

const MS_PER_TICK = 1000 / TICKS_PER_SECOND;

/** Fields 14 and 15 of /proc/PID/stat, counted behind the name, which ends at the last `)`. */
const UTIME = 11;
const STIME = 12;

const halted = new Set<number>();

// A stopped process does not see that the process which stopped it has ended.
process.on("exit", () => halted.forEach(continueTree));
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));

/**
 * Milliseconds of CPU, user and system, of all that a process started, since each began. Its own is left
 * out: Node hosts workerd here, and reads the lines that it logs.
 */
export function startedCpuMs(pid: number): number {
  return treeOf(pid)
    .filter((each) => each !== pid)
    .reduce((sum, each) => sum + cpuTicks(each) * MS_PER_TICK, 0);
}

/** Stops them, so that they take nothing from the side that is being measured. */
export function haltTree(pid: number): void {
  for (const each of treeOf(pid)) process.kill(each, "SIGSTOP");
  halted.add(pid);
}

/** Lets them go on. */
export function continueTree(pid: number): void {
  for (const each of treeOf(pid)) process.kill(each, "SIGCONT");
  halted.delete(pid);
}

function treeOf(pid: number): number[] {
  return [pid, ...childrenOf(pid).flatMap(treeOf)];
}

function cpuTicks(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return Number(fields[UTIME]) + Number(fields[STIME]);
}

function childrenOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8")
      .trim()
      .split(" ")
      .filter(Boolean)
      .map(Number),
  );
}
