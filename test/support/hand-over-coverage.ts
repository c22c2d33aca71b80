/**
 * Hands over what a file is the first to have covered, not all that is loaded: one workerd runs hundreds of files, and
 * to write, read and add up the counters of all of src after each of them takes longer than most files.
 */
import { afterAll } from "vitest";

type Counters = {
  /** Statements, functions and branches, each by its place. */
  s: Record<string, number>;
  f: Record<string, number>;
  b: Record<string, number[]>;
};

/** Where istanbul's code counts, by file; absent without coverage. */
const COUNTED = "__VITEST_COVERAGE__";

/** Beside a file's counters: which of them have been handed over. */
const HANDED_OVER = Symbol.for("paloma.handed-over");

// What is hidden is neither sent nor reset, and stays where the code of its file looks for it.
afterAll(() => {
  const counted: Record<string, Counters> = Reflect.get(globalThis, COUNTED) ?? {};
  for (const path of Object.getOwnPropertyNames(counted)) {
    Object.defineProperty(counted, path, { enumerable: coversMore(counted[path]) });
  }
});

/** Whether it counts what nothing before it did; from then on it does not. */
function coversMore(counters: Counters | undefined): boolean {
  if (counters === undefined) return false;
  const counts = [counters.s, counters.f, counters.b].flatMap((kind) => Object.values(kind).flat());
  const before: ReadonlySet<number> = Reflect.get(counters, HANDED_OVER) ?? new Set();
  const now = counts.keys().filter((place) => counts[place] !== 0);
  const all = before.union(new Set(now));
  Object.defineProperty(counters, HANDED_OVER, { value: all, configurable: true });
  return all.size > before.size;
}
