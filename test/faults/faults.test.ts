import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { stopTheClock } from "../support/conversation-object.ts";
import { FAULTS, watchCrossings, type Crossing, type Fault } from "../support/crossings.ts";
import { startPaloma } from "../support/paloma.ts";
import { SCENARIOS, unite, type SetScenario, type Stage } from "./scenarios.ts";

const PATIENCE_MS = 120_000;

/** Plays it once for each of its calls, which fails then in this way, and audits every end. */
async function playEach(kindAt: (place: number) => Fault, set: SetScenario) {
  const stage: Stage = startPaloma();
  const crossings = watchCrossings();
  const wrong: unknown[] = [];
  for (let at = 0; ; at += 1) {
    const scenario = await set(stage);
    crossings.start({ at, kind: kindAt(at) });
    await scenario.work().catch((error: unknown) => wrong.push({ at, error: String(error) }));
    const crossed = crossings.stop();
    const hit: Crossing | null = crossed[at] ?? null;
    await scenario.recover();
    const outcome = await scenario.outcome();
    try {
      expect(outcome).toEqual(scenario.expected(hit, kindAt(at)));
    } catch {
      wrong.push({ at, hit, crossed, outcome });
    }
    if (hit === null) return { wrong, crossed };
  }
}

beforeEach(() => {
  stopTheClock();
  vi.spyOn(console, "log").mockReturnValue();
  vi.spyOn(console, "error").mockReturnValue();
});

afterEach(() => {
  vi.useRealTimers();
});

describe.each(SCENARIOS)("while %s", (_what, set, calls) => {
  it.each(FAULTS)(
    "every call may fail once: %s",
    async (kind) => {
      const { wrong, crossed } = await playEach(() => kind, set);
      expect(wrong).toEqual([]);
      expect(crossed).toEqual(expect.arrayContaining(calls));
    },
    PATIENCE_MS,
  );
});

describe("while two conversations become one (I4, I8)", () => {
  it(
    "every call may fail once, each in another way",
    async () => {
      const kindAt = (place: number) => FAULTS[place % FAULTS.length] ?? "refused";
      const { wrong, crossed } = await playEach(kindAt, unite);
      expect(wrong).toEqual([]);
      expect(crossed).toEqual(expect.arrayContaining(["receive", "pointTo", "absorb", "D1"]));
    },
    PATIENCE_MS,
  );
});
