import { test } from "@fast-check/vitest";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { afterSend, nextSendAt } from "../../../src/conversation/state/pair-rate.ts";

const INTERVAL_MS = 6000;
const BURST_MESSAGES = 45;
const START = Date.UTC(2026, 10, 24, 16);

/** The times at which messages leave that are wanted at these times, one after the other. */
function schedule(wantedAt: readonly number[]): number[] {
  let arrivalAt = 0;
  let earliest = 0;
  return wantedAt.map((wanted) => {
    const leavesAt = Math.max(wanted, earliest, nextSendAt(arrivalAt));
    arrivalAt = afterSend(arrivalAt, leavesAt);
    earliest = leavesAt;
    return leavesAt;
  });
}

describe("the pair rate", () => {
  it("lets 45 messages go at once and then one in 6 seconds", () => {
    const leaving = schedule(Array.from({ length: 48 }, () => START));
    expect(leaving.slice(0, 45).every((at) => at === START)).toBe(true);
    expect(leaving.slice(45)).toEqual([START + 6000, START + 12_000, START + 18_000]);
  });

  it("has the whole burst back once all that was borrowed is paid", () => {
    const burst = Array.from({ length: 45 }, () => START);
    const later = Array.from({ length: 46 }, () => START + 45 * INTERVAL_MS);
    const leaving = schedule([...burst, ...later]);
    expect(leaving[89]).toBe(START + 45 * INTERVAL_MS);
    expect(leaving[90]).toBe(START + 46 * INTERVAL_MS);
  });

  it("never holds a first message back", () => {
    expect(nextSendAt(0)).toBeLessThan(0);
  });

  const pauses = fc.array(
    fc.oneof(fc.constant(0), fc.nat({ max: 2 * INTERVAL_MS }), fc.nat({ max: 400_000 })),
    { minLength: 1, maxLength: 200 },
  );

  test.prop([pauses])("no stretch of time holds more than the burst and what it earned", (gaps) => {
    let wanted = START;
    const leaving = schedule(
      gaps.map((gap) => {
        wanted += gap;
        return wanted;
      }),
    );
    for (const [first, from] of leaving.entries()) {
      for (const [last, to] of leaving.entries()) {
        if (last < first) continue;
        const allowed = BURST_MESSAGES + Math.floor((to - from) / INTERVAL_MS);
        expect(last - first + 1).toBeLessThanOrEqual(allowed);
      }
    }
  });

  test.prop([pauses])("no message waits longer than for what its forerunners borrowed", (gaps) => {
    let wanted = START;
    const wantedAt = gaps.map((gap) => {
      wanted += gap;
      return wanted;
    });
    for (const [place, leavesAt] of schedule(wantedAt).entries()) {
      const longest = Math.max(0, place + 1 - BURST_MESSAGES) * INTERVAL_MS;
      expect(leavesAt - (wantedAt[place] ?? 0)).toBeLessThanOrEqual(longest);
    }
  });
});
