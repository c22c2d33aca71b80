/** A business number's pace in virtual time: its callers, their alarms, its timers and its restarts. */
import {
  NumberPace,
  ON_TIME_MS,
  slotIntervalMs,
  type Turn,
} from "../../src/business-number/pace.ts";

export const START = Date.UTC(2026, 10, 24, 16);

const SECOND_MS = 1000;

/** As the object writes its line down. */
const UNWRITTEN_MS = 100;
const WRITTEN_AHEAD_MS = 5 * SECOND_MS;

/** No process starts anew in less. */
const RESTART_TAKES_MS = 100;

/** How soon a conversation tries again whose number's object went away. */
const TROUBLE_PAUSE_MS = 5 * SECOND_MS;

export type Course = {
  perSecond: number;
  /** When each message is handed in, in milliseconds from the start. */
  arrivals: readonly number[];
  /** Messages handed in together, whose slots are booked; they are numbered behind `arrivals`. */
  batches?: readonly { at: number; count: number }[];
  /** How late the caller comes back, its `visit`-th time. */
  lateMs?: (message: number, visit: number) => number;
  /** How late the number's timer fires. */
  timerLateMs?: (wake: number) => number;
  /** Never comes back. */
  isDead?: (message: number) => boolean;
  /** The object stops: who waits in it comes back, and what it had in memory is gone. */
  restarts?: readonly number[];
  /** All stands still: nothing fires before the end. */
  stops?: readonly { at: number; forMs: number }[];
  /** Meta says "too fast". */
  pauses?: readonly { at: number; retryAfterSeconds: number | null }[];
};

export type Played = {
  /** When each message left, in milliseconds from the start; dead ones did not. */
  departures: Map<number, number>;
  /** Every time that a caller was told. */
  told: number[];
  visits: Map<number, number>;
  /** Of the number's object. */
  calls: number;
  longestHoldMs: number;
};

/** How far ahead the first slot of a batch is. */
const LEAD_MS = 500;

/** More events than any course has: something runs in circles. */
const MOST_EVENTS = 2_000_000;

export function play(course: Course): Played {
  const { perSecond, arrivals, batches = [], restarts = [], pauses = [] } = course;
  const standstills = [
    ...(course.stops ?? []),
    ...restarts.map((at) => ({ at, forMs: RESTART_TAKES_MS })),
  ].toSorted((one, other) => one.at - other.at);
  const intervalMs = slotIntervalMs(perSecond);
  const events = new Agenda();
  const departures = new Map<number, number>();
  const visits = new Map<number, number>();
  const waiting = new Map<number, { since: number; slotAt: number | null }>();
  const told: number[] = [];
  let longestHoldMs = 0;
  let calls = 0;
  let writtenUntil = 0;
  let bookedUntil = 0;
  let pausedUntil = 0;
  let wakes = 0;
  let life = 0;
  let wakesAt: number | null = null;
  let messages = arrivals.length;
  const kept = { reservedUntil: 0, bookedUntil: 0, pausedUntil: 0 };
  let pace = new NumberPace<number>(intervalMs, kept, START);

  /** Who is stopped does it right after. */
  const moved = (at: number): number =>
    standstills.reduce(
      (time, stop) =>
        time >= START + stop.at && time < START + stop.at + stop.forMs
          ? START + stop.at + stop.forMs
          : time,
      at,
    );

  function answer(turns: readonly Turn<number>[], now: number): void {
    for (const turn of turns) {
      const message = turn.caller;
      longestHoldMs = Math.max(longestHoldMs, now - (waiting.get(message)?.since ?? now));
      waiting.delete(message);
      if (turn.kind === "go") {
        departures.set(message, now - START);
        continue;
      }
      told.push(turn.at, turn.slotAt);
      if (course.isDead?.(message)) continue;
      const late = course.lateMs?.(message, visits.get(message) ?? 0) ?? 0;
      events.add(moved(turn.at + late), (at) => enter(message, turn.slotAt, at));
    }
    if (pace.reservedUntil > now + UNWRITTEN_MS && pace.reservedUntil > writtenUntil) {
      writtenUntil = pace.reservedUntil + WRITTEN_AHEAD_MS;
    }
    const next = pace.nextTurnAt;
    if (next === null || (wakesAt !== null && wakesAt <= next)) return;
    wakesAt = next;
    wakes += 1;
    const born = life;
    events.add(moved(next + (course.timerLateMs?.(wakes) ?? 0)), (at) => {
      if (born !== life) return;
      if (wakesAt === next) wakesAt = null;
      answer(pace.turns(at), at);
    });
  }

  function enter(message: number, slotAt: number | null, now: number): void {
    calls += 1;
    visits.set(message, (visits.get(message) ?? 0) + 1);
    waiting.set(message, { since: now, slotAt });
    answer(pace.enter(message, slotAt, now), now);
  }

  /** Each leaves in its slot without coming, or comes if it is late or has none. */
  function book(first: number, count: number, now: number): void {
    calls += 1;
    const slots = pace.book(count, now + LEAD_MS, now);
    bookedUntil = Math.max(bookedUntil, pace.bookedUntil);
    answer([], now);
    for (let place = 0; place < count; place += 1) {
      const message = first + place;
      const slotAt = slots[place] ?? null;
      if (slotAt === null) enter(message, null, now);
      else if (course.isDead?.(message) !== true) {
        told.push(slotAt);
        const late = course.lateMs?.(message, 0) ?? 0;
        events.add(moved(slotAt + late), (at) => {
          if (at <= slotAt + ON_TIME_MS) departures.set(message, at - START);
          else enter(message, slotAt, at);
        });
      }
    }
  }

  function restart(now: number): void {
    life += 1;
    wakesAt = null;
    pace = new NumberPace(
      intervalMs,
      { reservedUntil: writtenUntil, bookedUntil, pausedUntil },
      now,
    );
    for (const [message, { slotAt }] of waiting) {
      events.add(moved(now + TROUBLE_PAUSE_MS), (at) => enter(message, slotAt, at));
    }
    waiting.clear();
  }

  for (const [message, at] of arrivals.entries()) {
    events.add(moved(START + at), (now) => enter(message, null, now));
  }
  for (const { at, count } of batches) {
    const first = messages;
    messages += count;
    events.add(moved(START + at), (now) => book(first, count, now));
  }
  for (const at of restarts) events.add(moved(START + at), restart);
  for (const { at, retryAfterSeconds } of pauses) {
    events.add(moved(START + at), (now) => {
      answer(pace.pause(retryAfterSeconds, now, 0.5), now);
      pausedUntil = pace.pausedUntil;
    });
  }
  events.run(MOST_EVENTS);
  return { departures, told, visits, calls, longestHoldMs };
}

/** What happens next, by time; at the same time in the order in which it was put down. */
class Agenda {
  readonly #heap: { at: number; order: number; work: (at: number) => void }[] = [];
  #order = 0;

  add(at: number, work: (at: number) => void): void {
    this.#order += 1;
    const heap = this.#heap;
    heap.push({ at, order: this.#order, work });
    let place = heap.length - 1;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!this.#isBefore(place, parent)) return;
      this.#swap(place, parent);
      place = parent;
    }
  }

  run(most: number): void {
    for (let events = 0; this.#heap.length > 0; events += 1) {
      if (events > most) throw new Error("it never ends");
      const { at, work } = this.#take();
      work(at);
    }
  }

  #take() {
    const heap = this.#heap;
    this.#swap(0, heap.length - 1);
    const taken = heap.pop();
    if (taken === undefined) throw new Error("nothing left");
    let place = 0;
    for (;;) {
      let first = place;
      for (const child of [2 * place + 1, 2 * place + 2]) {
        if (child < heap.length && this.#isBefore(child, first)) first = child;
      }
      if (first === place) return taken;
      this.#swap(place, first);
      place = first;
    }
  }

  #isBefore(one: number, other: number): boolean {
    const [a, b] = [this.#heap[one], this.#heap[other]];
    if (a === undefined || b === undefined) return false;
    return a.at < b.at || (a.at === b.at && a.order < b.order);
  }

  #swap(one: number, other: number): void {
    const [a, b] = [this.#heap[one], this.#heap[other]];
    if (a === undefined || b === undefined) return;
    this.#heap[one] = b;
    this.#heap[other] = a;
  }
}

/** Messages that leave within the busiest second. */
export function mostInASecond(times: Iterable<number>): number {
  const sorted = [...times].toSorted((one, other) => one - other);
  let most = 0;
  let first = 0;
  for (const [place, at] of sorted.entries()) {
    while ((sorted[first] ?? at) <= at - SECOND_MS) first += 1;
    most = Math.max(most, place - first + 1);
  }
  return most;
}
