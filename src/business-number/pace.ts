/**
 * How fast a business number may send: pure, the time is handed in. Two things are kept apart. The
 * line gives each caller a slot, a place in time that it keeps until it leaves. The gate spaces those
 * that really leave, as they come, and is charged then alone: however many are late together, they
 * leave one after the other from now on. Where more come than the gate can hold, the newest slots
 * come back at the end of the line: only older ones are ever preferred to a caller, so its turn comes.
 * Departures are spaced evenly, for Meta counts what arrives within a second, and a burst of ours may
 * arrive as a bigger one.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/throughput
 */
import { SECOND_MS } from "../lib/time.ts";
import { type NumberPause, pauseAfter } from "./pause.ts";

/** Messages may take so much longer than others on their way, and yet not arrive too close. */
const JITTER_MS = 100;

/** A timer may fire so late without a departure being lost; the rest of the jitter is the network's. */
const TIMER_LATE_MS = JITTER_MS / 2;

/** A slot so near is waited for at once; a caller with a later one comes back. */
const HOLD_MS = 2 * SECOND_MS;

/** Where a crowd at the gate would hold a caller for longer, somebody is sent away. */
const LONGEST_HOLD_MS = 2 * HOLD_MS;

/** After a standstill all have waited long: those who leave within this time may stay. */
const NEAR_MS = SECOND_MS;

/** Times in whole milliseconds, as the callers keep them. */
export type Turn<Caller> = { caller: Caller } & (
  | { kind: "go" }
  /** It is to come back at `at`, with its slot. */
  | { kind: "later"; at: number; slotAt: number }
);

/** A caller at the gate. */
type Waiting<Caller> = {
  caller: Caller;
  slotAt: number;
  arrivedAt: number;
  /** It leaves no earlier; the first to be ready leaves first. */
  readyAt: number;
};

/** The time between two departures. */
export function slotIntervalMs(messagesPerSecond: number): number {
  return (SECOND_MS + JITTER_MS) / messagesPerSecond;
}

export class NumberPace<Caller> {
  readonly #intervalMs: number;
  readonly #waiting: Waiting<Caller>[] = [];
  /** The first slot that nobody has; a fraction, or 1000 a second would become 500. */
  #lineEndsAt: number;
  /** When the gate opens for the next. */
  #opensAt: number;
  #pause: NumberPause;

  /**
   * The pace after waking. `reservedUntil` is what was written down of the line: callers with slots up
   * to there still come, and what left within the last second is not known.
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

  /** Slots up to here are given away, and nothing else leaves before. */
  get reservedUntil(): number {
    return Math.max(this.#lineEndsAt, this.#opensAt);
  }

  get pausedUntil(): number {
    return this.#pause.until;
  }

  /** When `turns` is to be asked again; null if nobody waits. */
  get nextTurnAt(): number | null {
    const [first] = this.#waiting;
    if (first === undefined) return null;
    return Math.max(first.readyAt, this.#opensAt, this.#pause.until);
  }

  /**
   * Takes a caller in.
   *
   * @param slotAt the slot that it was given before; null if it has none
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

  /** Those that leave now. */
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

  /** Nobody waits any more: the callers that did. */
  dismiss(): Caller[] {
    return this.#waiting.splice(0).map(({ caller }) => caller);
  }

  /** Those that can't stay keep their slots and get the end of the line to come back at. */
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

  /** The first that would be held for too long and all before it; nobody if none would be. */
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

  /** Behind all that have slots and all that crowd at the gate. */
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
