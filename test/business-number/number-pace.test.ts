import { test } from "@fast-check/vitest";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { NumberPace, slotIntervalMs } from "../../src/business-number/pace.ts";
import { type Course, mostInASecond, play, START as NOW } from "./simulate-number.ts";

const SECOND_MS = 1000;
const RATES = [1, 2, 7, 10, 11, 80, 250, 999, 1000];

/** What a message may be held up beside its place in the line and whatever befell everybody. */
const SLACK_MS = 6 * SECOND_MS;

/** What was written down of a line reaches so much further than the line itself. */
const WRITTEN_AHEAD_MS = 5 * SECOND_MS;

/** The part of the line that nobody may have once the number's object has stopped. */
const RESTART_MS = WRITTEN_AHEAD_MS + SLACK_MS;

function paceOf(perSecond: number, kept: Partial<Kept> = {}) {
  const whole = { reservedUntil: 0, bookedUntil: 0, pausedUntil: 0, ...kept };
  return new NumberPace<number>(slotIntervalMs(perSecond), whole, NOW);
}

type Kept = ConstructorParameters<typeof NumberPace>[1];

function allAtOnce(count: number): number[] {
  return Array.from({ length: count }, () => 0);
}

/** The last departure of all, in milliseconds from the start. */
function lastOf(departures: ReadonlyMap<number, number>): number {
  return Math.max(...departures.values());
}

/** How long so many messages take, one after the other. */
function lineMs(count: number, perSecond: number): number {
  return count * slotIntervalMs(perSecond);
}

const rate = fc.oneof(fc.constantFrom(...RATES), fc.integer({ min: 1, max: 1000 }));

/** Some seconds of messages, and few enough for a test. */
const course = rate.chain((perSecond) =>
  fc.record({
    perSecond: fc.constant(perSecond),
    arrivals: fc
      .tuple(fc.integer({ min: 1, max: Math.min(40 * perSecond, 1200) }), fc.nat(20 * SECOND_MS))
      .map(([count, spreadMs]) =>
        Array.from({ length: count }, (_, place) => Math.floor((place * spreadMs) / count)),
      ),
    batches: fc.array(
      fc.record({
        at: fc.nat(30 * SECOND_MS),
        count: fc.integer({ min: 1, max: Math.min(20 * perSecond, 500) }),
      }),
      { maxLength: 3 },
    ),
    lateness: fc.record({
      most: fc.constantFrom(0, 5, 150, 3 * SECOND_MS, 20 * SECOND_MS),
      least: fc.constantFrom(0, 150),
      seed: fc.nat(),
    }),
    timerLateMs: fc.constantFrom(0, 2, 30),
    deadShare: fc.constantFrom(0, 0, 0.2, 0.6),
    restarts: fc.array(fc.nat(40 * SECOND_MS), { maxLength: 2 }),
    stops: fc.array(fc.record({ at: fc.nat(40 * SECOND_MS), forMs: fc.nat(9000) }), {
      maxLength: 2,
    }),
    pauses: fc.array(
      fc.record({
        at: fc.nat(40 * SECOND_MS),
        retryAfterSeconds: fc.option(fc.integer({ min: 0, max: 15 }), { nil: null }),
      }),
      { maxLength: 2 },
    ),
  }),
);

/** From 0 up to 1, the same for the same numbers. */
function chance(...numbers: number[]): number {
  let hash = 2_166_136_261;
  for (const number of numbers) hash = Math.imul(hash ^ (number & 0xff_ff_ff), 16_777_619);
  hash ^= hash >>> 15;
  return (Math.imul(hash, 2_246_822_519) >>> 0) / 2 ** 32;
}

type Given = typeof course extends fc.Arbitrary<infer Value> ? Value : never;

function asCourse({ lateness, timerLateMs, deadShare, ...given }: Given): Course {
  const { most, least, seed } = lateness;
  return {
    ...given,
    lateMs: (message, visit) =>
      most === 0 ? 0 : Math.round(least + most * chance(seed, message, visit)),
    timerLateMs: (wake) => timerLateMs * chance(seed, wake),
    isDead: (message) => chance(seed, message) < deadShare,
  };
}

/** How long everything may take that is given away at the start, whatever befalls it. */
function allowedMs(given: Given): number {
  const { arrivals, batches, perSecond, lateness, restarts, stops, pauses } = given;
  // Booked slots that nobody uses, because their messages are late or the number's object stopped, are lost.
  const booked = batches.reduce((sum, { count }) => sum + count, 0);
  const lost = stops.reduce((sum, { forMs }) => sum + forMs, 0);
  const paused = pauses.reduce(
    (sum, { retryAfterSeconds }) => sum + 1.25 * Math.max(16, retryAfterSeconds ?? 0) * SECOND_MS,
    0,
  );
  return (
    Math.max(arrivals.at(-1) ?? 0, ...batches.map(({ at }) => at)) +
    1.05 * lineMs(arrivals.length + 2 * booked, perSecond) +
    2 * (lateness.most + lateness.least) +
    lost +
    paused +
    restarts.length * RESTART_MS +
    SLACK_MS
  );
}

describe("the slots of a business number", () => {
  it("are free at once where nobody asked before", () => {
    expect(paceOf(80).enter(1, null, NOW)).toEqual([{ caller: 1, kind: "go" }]);
  });

  it.each(RATES)("are spaced evenly, a little below the limit, at %i a second", (perSecond) => {
    const count = Math.min(40 * perSecond, 4000);
    const { departures } = play({ perSecond, arrivals: allAtOnce(count) });
    expect(departures.size).toBe(count);
    expect(mostInASecond(departures.values())).toBeLessThanOrEqual(perSecond);
    expect(lastOf(departures)).toBeGreaterThan(lineMs(count - 1, perSecond) - 1);
    expect(lastOf(departures)).toBeLessThan(lineMs(count, perSecond) + 10);
    // In the order in which they asked.
    expect([...departures.keys()]).toEqual([...departures.keys()].toSorted((a, b) => a - b));
  });

  it.each(RATES)("leave in time though all are late together, at %i a second", (perSecond) => {
    const count = Math.min(40 * perSecond, 2000);
    const togetherAt = lineMs(count, perSecond) + 30 * SECOND_MS;
    const { departures, visits } = play({
      perSecond,
      arrivals: allAtOnce(count),
      lateMs: (message, visit) =>
        visit === 1 ? togetherAt - Math.ceil(lineMs(message, perSecond)) : 0,
    });
    expect(departures.size).toBe(count);
    expect(mostInASecond(departures.values())).toBeLessThanOrEqual(perSecond);
    expect(lastOf(departures)).toBeLessThan(togetherAt + lineMs(count, perSecond) + SLACK_MS);
    expect(Math.max(...visits.values())).toBeLessThanOrEqual(3);
  });

  it.each(RATES)("leave in time though each is late each time, at %i a second", (perSecond) => {
    const count = Math.min(40 * perSecond, 2000);
    const { departures } = play({
      perSecond,
      arrivals: allAtOnce(count),
      lateMs: (message, visit) => 150 + 2850 * chance(message, visit),
      timerLateMs: (wake) => 20 * chance(wake),
    });
    expect(departures.size).toBe(count);
    expect(mostInASecond(departures.values())).toBeLessThanOrEqual(perSecond);
    expect(lastOf(departures)).toBeLessThan(1.15 * lineMs(count, perSecond) + SLACK_MS);
  });

  test.prop([course], { numRuns: 150 })(
    "let all leave in time, and never faster than Meta allows, whatever happens",
    (given) => {
      const { departures, told, longestHoldMs } = play(asCourse(given));
      const { perSecond, arrivals, stops } = given;
      expect(mostInASecond(departures.values())).toBeLessThanOrEqual(perSecond);
      const booked = given.batches.reduce((sum, { count }) => sum + count, 0);
      if (given.deadShare === 0) expect(departures.size).toBe(arrivals.length + booked);
      expect(lastOf(departures)).toBeLessThan(allowedMs(given));
      // No number that is bound to an INTEGER column is a fraction.
      expect(told.filter((at) => !Number.isInteger(at))).toEqual([]);
      const lost = stops.reduce((sum, { forMs }) => sum + forMs, 0);
      expect(longestHoldMs).toBeLessThan(6 * SECOND_MS + lost);
    },
  );

  it.each(RATES)("are booked for a batch by one call, at %i a second", (perSecond) => {
    const count = Math.min(5 * perSecond, 500);
    const { departures, calls } = play({ perSecond, arrivals: [], batches: [{ at: 0, count }] });
    expect(calls).toBe(1);
    expect(departures.size).toBe(count);
    expect(mostInASecond(departures.values())).toBeLessThanOrEqual(perSecond);
    expect(lastOf(departures)).toBeLessThan(lineMs(count, perSecond) + SECOND_MS);
  });

  it("are booked no further ahead than a pause could be regretted", () => {
    expect(paceOf(1).book(500, NOW, NOW).length).toBe(10);
    const pace = paceOf(80);
    pace.pause(30, NOW, 0);
    expect(pace.book(500, NOW, NOW)).toEqual([]);
  });

  it("leave gaps to who is late, and none to who comes without a slot", () => {
    const pace = paceOf(10);
    const [first = 0, second = 0] = pace.book(2, NOW + 100, NOW);
    expect([first, second]).toEqual([NOW + 100, NOW + 210]);
    // It does not fit before the first, nor between the two.
    expect(pace.enter(1, NOW - SECOND_MS, NOW)).toEqual([]);
    expect(pace.nextTurnAt).toBe(NOW + 320);
    expect(pace.enter(2, null, NOW)).toEqual([]);
    expect(pace.turns(NOW + 320)).toEqual([{ caller: 1, kind: "go" }]);
    expect(pace.turns(NOW + 430)).toEqual([{ caller: 2, kind: "go" }]);
  });

  it.each([10, 80, 1000])(
    "let one who is a little late each time leave among batches without end, at %i a second",
    (perSecond) => {
      const askedAt = 2003;
      const count = 5 * perSecond;
      const every = lineMs(count, perSecond);
      const batches = Array.from({ length: 20 }, (_, place) => ({ at: place * every, count }));
      const lateMs = () => 20;
      const { departures } = play({ perSecond, arrivals: [askedAt], batches, lateMs });
      expect(mostInASecond(departures.values())).toBeLessThanOrEqual(perSecond);
      expect((departures.get(0) ?? Infinity) - askedAt).toBeLessThan(15 * SECOND_MS);
    },
  );

  it("are kept free after the object stopped, for those who have booked them", () => {
    const woken = paceOf(80, { bookedUntil: NOW + 5 * SECOND_MS });
    expect(woken.enter(1, NOW - 1, NOW)).toMatchObject([{ kind: "later" }]);
    expect(woken.enter(2, NOW + SECOND_MS, NOW + 2 * SECOND_MS)).toEqual([]);
    expect(woken.nextTurnAt).toBe(NOW + 5 * SECOND_MS);
  });

  it("come to an old one even though newer ones crowd the gate without end", () => {
    const pace = paceOf(1);
    const left = new Set<number>();
    const note = (turns: ReturnType<typeof pace.enter>): void => {
      for (const turn of turns) if (turn.kind === "go") left.add(turn.caller);
    };
    for (let second = 0; second < 20; second += 1) {
      const now = NOW + second * SECOND_MS;
      note(pace.turns(now));
      // Five a second come back for newer slots, where one can leave.
      for (let each = 0; each < 5; each += 1) note(pace.enter(second, now - 1, now));
      if (second === 10) note(pace.enter(-1, NOW - 100 * SECOND_MS, now));
    }
    expect(left).toContain(-1);
  });

  it("are honoured also where the caller's clock is ahead", () => {
    const pace = paceOf(80);
    expect(pace.enter(1, NOW + 10 * SECOND_MS, NOW)).toEqual([
      { caller: 1, kind: "later", at: NOW + 10 * SECOND_MS, slotAt: NOW + 10 * SECOND_MS },
    ]);
    expect(pace.reservedUntil).toBeLessThanOrEqual(NOW);
  });

  it("begin behind what was given away before it woke", () => {
    const woken = paceOf(80, { reservedUntil: NOW + 5 * SECOND_MS, pausedUntil: 0 });
    const at = NOW + 5 * SECOND_MS;
    expect(woken.enter(1, null, NOW)).toEqual([{ caller: 1, kind: "later", at, slotAt: at }]);
    // Who has a slot already is not behind.
    expect(woken.enter(2, NOW - 1, NOW)).toEqual([]);
    expect(woken.turns(NOW + SECOND_MS)).toEqual([{ caller: 2, kind: "go" }]);
  });

  it("begin a second after it woke, where it was busy within the last", () => {
    const woken = paceOf(80, { reservedUntil: NOW - SECOND_MS + 1, pausedUntil: 0 });
    expect(woken.enter(1, null, NOW)).toEqual([]);
    expect(woken.enter(2, NOW - 1, NOW)).toEqual([]);
    expect(woken.nextTurnAt).toBe(NOW + SECOND_MS);
    const rested = paceOf(80, { reservedUntil: NOW - SECOND_MS, pausedUntil: 0 });
    expect(rested.enter(1, null, NOW)).toEqual([{ caller: 1, kind: "go" }]);
  });

  it("wait for the end of a pause that began before it woke", () => {
    const woken = paceOf(80, { reservedUntil: 0, pausedUntil: NOW + SECOND_MS });
    expect(woken.enter(1, NOW - 1, NOW)).toEqual([]);
    expect(woken.nextTurnAt).toBe(NOW + SECOND_MS);
  });
});

describe("a pause of a business number", () => {
  it("holds new callers back, and those that come back with a slot", () => {
    for (const slotAt of [null, NOW - 1, NOW + 20 * SECOND_MS]) {
      const pace = paceOf(80);
      pace.pause(30, NOW, 0);
      expect(pace.enter(1, slotAt, NOW + 25 * SECOND_MS)).toMatchObject([
        { kind: "later", at: NOW + 30 * SECOND_MS },
      ]);
    }
  });

  it("sends those away that it would hold for long, each with its slot", () => {
    const pace = paceOf(10);
    for (let caller = 0; caller < 10; caller += 1) pace.enter(caller, null, NOW);
    const turns = pace.pause(30, NOW + 50, 0);
    expect(turns.map(({ caller }) => caller)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(turns[0]).toMatchObject({ kind: "later", slotAt: NOW + 110 });
    expect(pace.nextTurnAt).toBeNull();
  });

  it("does not take long to send thousands away", () => {
    const pace = paceOf(1000);
    for (let caller = 0; caller < 5000; caller += 1) pace.enter(caller, NOW - 1, NOW);
    const startedAt = performance.now();
    expect(pace.pause(30, NOW, 0).length).toBeGreaterThan(3000);
    expect(performance.now() - startedAt).toBeLessThan(1500);
  });
});
