import { test } from "@fast-check/vitest";
import * as fc from "fast-check";
import { expect } from "vitest";
import {
  afterLoading,
  around,
  atEnd,
  MOST_DRAWN,
  type Range,
  STEP,
  towardsNewer,
  towardsOlder,
} from "../../inbox/src/state/thread-range.ts";

type Step =
  | { kind: "older" | "newer" | "end" }
  | { kind: "load"; before: number; after: number }
  /** Loaded anew, there are fewer; erased, some are gone. */
  | { kind: "fewer"; count: number };

const steps = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constantFrom("older" as const, "newer" as const, "end" as const) }),
    fc.record({
      kind: fc.constant("load" as const),
      before: fc.nat({ max: 60 }),
      after: fc.nat({ max: 60 }),
    }),
    fc.record({ kind: fc.constant("fewer" as const), count: fc.nat({ max: 60 }) }),
  ),
  { maxLength: 60 },
);

test.prop([fc.nat({ max: 60 }), steps])(
  "draws a part of what is loaded, never too much, and reaches all of it",
  (first, list: readonly Step[]) => {
    let count = first;
    let range: Range = atEnd(count);
    for (const step of list) {
      const wasAtEnd = range.to === count;
      switch (step.kind) {
        case "older":
          range = towardsOlder(range);
          break;
        case "newer":
          range = towardsNewer(range, count);
          break;
        case "end":
          range = atEnd(count);
          expect(range.to).toBe(count);
          break;
        case "fewer": {
          const then = count;
          count = Math.min(count, step.count);
          range = afterLoading(range, 0, then, count);
          if (wasAtEnd) expect(range.to).toBe(count);
          break;
        }
        case "load": {
          const then = count;
          count += step.before + step.after;
          range = afterLoading(range, step.before, then, count);
          // Who reads the newest goes on reading the newest.
          if (wasAtEnd) expect(range.to).toBe(count);
          break;
        }
      }
      expect(range.from).toBeGreaterThanOrEqual(0);
      expect(range.to).toBeLessThanOrEqual(count);
      expect(range.from).toBeLessThanOrEqual(range.to);
      expect(range.to - range.from).toBeLessThanOrEqual(MOST_DRAWN);
      if (count > 0) expect(range.to).toBeGreaterThan(range.from);
    }
    for (let turn = 0; turn < count; turn += 1) range = towardsOlder(range);
    expect(range.from).toBe(0);
    for (let turn = 0; turn < count; turn += 1) range = towardsNewer(range, count);
    expect(range.to).toBe(count);
  },
);

test.prop([fc.integer({ min: 1, max: 3_000 }), fc.nat()])(
  "draws a place that is looked for, with others on both sides where there are any",
  (count, any) => {
    const place = any % count;
    const range = around(place, count);
    expect(range.to - range.from).toBe(Math.min(STEP, count));
    expect(range.from).toBeLessThanOrEqual(Math.max(0, place - Math.min(place, 10)));
    expect(range.to).toBeGreaterThan(Math.min(count - 1, place + 10));
  },
);
