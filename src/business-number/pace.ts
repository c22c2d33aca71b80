/**
 * How fast a business number may send. Pure: callers pass the time.
 *
 * The line gives each caller a slot, a point in time that it keeps until it leaves. The gate spaces
 * the callers that really leave: if many are late together, they still leave one after the other. If
 * the gate has too many, it sends away those with the newest slots, which come back at the end of the
 * line. So only older slots pass a caller, and its turn comes.
 *
 * Departures are spaced evenly, because Meta counts what arrives within a second, and a burst may
 * arrive as a bigger one.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/throughput
 */
import { SECOND_MS } from "../lib/time.ts";
import { type NumberPause, pauseAfter } from "./pause.ts";

/** One message may travel so much longer than the next without the two arriving too close. */
const JITTER_MS = 100;

/** A timer may be this late without losing a departure; the network has the rest of the jitter. */
const TIMER_LATE_MS = JITTER_MS / 2;

/** A caller waits here for a slot this near; with a later slot it must come back. */
const HOLD_MS = 2 * SECOND_MS;

/** If the gate would hold a caller for longer, it sends callers away. */
const LONGEST_HOLD_MS = 2 * HOLD_MS;

/** After a pause all have waited long: callers that leave within this time may stay. */
const NEAR_MS = SECOND_MS;

/** Times in whole milliseconds, as the callers keep them. */
export type Turn<Caller> = { caller: Caller } & (
  | { kind: "go" }
  /** The caller must come back at `at` with its slot. */
  | { kind: "later"; at: number; slotAt: number }
);

/** A caller at the gate. */
type Waiting<Caller> = {
  caller: Caller;
  slotAt: number;
  arrivedAt: number;
  /** The caller leaves no earlier; the first to be ready leaves first. */
  readyAt: number;
};

/** The time between two departures. */
export function slotIntervalMs(messagesPerSecond: number): number {
  return (SECOND_MS + JITTER_MS) / messagesPerSecond;
}

export class NumberPace<Caller> {
  readonly #intervalMs: number;
  readonly #waiting: Waiting<Caller>[] = [];
  /** The first free slot. A fraction: rounded up, 1000 messages a second would become 500. */
  #lineEndsAt: number;
  /** When the gate opens for the next. */
  #opensAt: number;
  #pause: NumberPause;

  /**
   * The pace after the object wakes. `reservedUntil` is the stored end of the line: callers with slots
   * before it may still come, and the object doesn't know what left within the last second.
   */
  constructor(
    intervalMs: number,
    { reservedUntil, pausedUntil }: { reservedUntil: number; pausedUntil: number },
    now: number,
  ) {
    const quietUntil = reservedUntil > now - SECOND_MS ? now + SECOND_MS : 0;
    this.#intervalMs = intervalMs;
    this.#lineEndsAt = Math.max(reservedUntil, quietUntil);
    this.#opensAt = quietUntil;
    this.#pause = { until: pausedUntil, times: pausedUntil > now ? 1 : 0 };
  }

  /** Slots up to here are taken; no new caller leaves earlier. */
  get reservedUntil(): number {
    return Math.max(this.#lineEndsAt, this.#opensAt);
  }

  get pausedUntil(): number {
    return this.#pause.until;
  }

  /** When to call `turns` again; null if no caller waits. */
  get nextTurnAt(): number | null {
    const [first] = this.#waiting;
    if (first === undefined) return null;
    return Math.max(first.readyAt, this.#opensAt, this.#pause.until);
  }

  /**
   * Adds a caller.
   *
   * @param slotAt the slot that the caller already has; null if it has none
   * @returns the turns that follow at once
   */
  enter(caller: Caller, slotAt: number | null, now: number): Turn<Caller>[] {
    const slot = slotAt ?? this.#takeSlot(now);
    if (slot > now + HOLD_MS) {
      const at = Math.ceil(slot);
      return [{ caller, kind: "later", at, slotAt: at }];
    }
    const readyAt = Math.max(slot, now);
    const before = this.#waiting.findLastIndex((other) => other.readyAt <= readyAt);
    this.#waiting.splice(before + 1, 0, { caller, slotAt: slot, arrivedAt: now, readyAt });
    return [...this.turns(now), ...this.#sendAway(now)];
  }

  /** The callers that leave now. */
  turns(now: number): Turn<Caller>[] {
    const turns: Turn<Caller>[] = [];
    for (;;) {
      const at = this.nextTurnAt;
      if (at === null || at > now) return turns;
      this.#opensAt = Math.max(at, now - TIMER_LATE_MS) + this.#intervalMs;
      turns.push(
        ...this.#waiting.splice(0, 1).map(({ caller }) => ({ caller, kind: "go" as const })),
      );
    }
  }

  /**
   * Meta said "too fast".
   *
   * @param random from 0 up to 1, as `Math.random()` gives
   * @returns the turns that follow at once
   */
  pause(retryAfterSeconds: number | null, now: number, random: number): Turn<Caller>[] {
    this.#pause = pauseAfter(this.#pause, retryAfterSeconds, now, random);
    return this.#sendAway(now);
  }

  /** Removes and returns all callers that wait. */
  dismiss(): Caller[] {
    return this.#waiting.splice(0).map(({ caller }) => caller);
  }

  /** Callers that can't stay keep their slots and come back at the end of the line. */
  #sendAway(now: number): Turn<Caller>[] {
    const away: Waiting<Caller>[] = [];
    for (;;) {
      const crowd = this.#heldTooLong(now);
      const newest = Math.max(...crowd.map(({ slotAt }) => slotAt));
      const place = crowd.findLastIndex(({ slotAt }) => slotAt === newest);
      if (place === -1) break;
      away.push(...this.#waiting.splice(place, 1));
    }
    return away.map(({ caller, slotAt }) => ({
      caller,
      kind: "later",
      at: Math.ceil(this.#takeSlot(now)),
      slotAt: Math.ceil(slotAt),
    }));
  }

  /** The first caller that would wait too long and all before it; empty if none would. */
  #heldTooLong(now: number): readonly Waiting<Caller>[] {
    let free = this.#gateFreeAt(now);
    for (const [place, { readyAt, arrivedAt }] of this.#waiting.entries()) {
      const leavesAt = Math.max(free, readyAt);
      if (leavesAt > Math.max(arrivedAt + LONGEST_HOLD_MS, now + NEAR_MS)) {
        return this.#waiting.slice(0, place + 1);
      }
      free = leavesAt + this.#intervalMs;
    }
    return [];
  }

  /** A slot after all that are taken and after all callers at the gate. */
  #takeSlot(now: number): number {
    let free = this.#gateFreeAt(now);
    for (const { readyAt } of this.#waiting) free = Math.max(free, readyAt) + this.#intervalMs;
    const slot = Math.max(this.#lineEndsAt, free);
    this.#lineEndsAt = slot + this.#intervalMs;
    return slot;
  }

  #gateFreeAt(now: number): number {
    return Math.max(now, this.#opensAt, this.#pause.until);
  }
}
