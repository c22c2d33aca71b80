/**
 * How fast a business number may send. Pure: callers pass the time.
 *
 * The line gives each caller a slot, a point in time that it keeps until it leaves. The gate spaces
 * the callers that really leave: if many are late together, they still leave one after the other. If
 * the gate has too many, it sends away those with the newest slots, which come back at the end of the
 * line. So only older slots pass a caller, and its turn comes.
 *
 * Slots can be booked: their callers leave in time without coming back. The gate lets others leave in the
 * gaps between them, and those who come for their own slot in time; bookings that nobody uses are lost.
 *
 * Departures are spaced evenly, because Meta counts what arrives within a second, and a burst may
 * arrive as a bigger one.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/throughput
 */
import { SECOND_MS } from "../lib/time.ts";
import { Bookings } from "./bookings.ts";
import { type NumberPause, pauseAfter } from "./pause.ts";

/** One message may travel so much longer than the next without the two arriving too close. */
const JITTER_MS = 100;

/**
 * A timer may be this late without losing a departure, and a message its booked slot; the network has the
 * rest of the jitter.
 */
export const ON_TIME_MS = JITTER_MS / 2;

/** A caller waits here for a slot this near; with a later slot it must come back. */
const HOLD_MS = 2 * SECOND_MS;

/** If the gate would hold a caller for longer, it sends callers away. */
const LONGEST_HOLD_MS = 2 * HOLD_MS;

/** Meta may say "too fast" to everything that was booked before: no slot further ahead is booked. */
const BOOKED_AHEAD_MS = 10 * SECOND_MS;

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
  readonly #bookings: Bookings;
  readonly #waiting: Waiting<Caller>[] = [];
  /** The first free slot. A fraction: rounded up, 1000 messages a second would become 500. */
  #lineEndsAt: number;
  /** When the gate opens for the next. */
  #opensAt: number;
  #pause: NumberPause;
  /** Nothing leaves at an earlier time any more. */
  #passedAt = 0;

  /**
   * The pace after the object wakes. `reservedUntil` is the stored end of the line: callers with slots
   * before it may still come, and the object doesn't know what left within the last second. Up to
   * `bookedUntil` messages may leave in slots that it does not know either.
   */
  constructor(
    intervalMs: number,
    kept: { reservedUntil: number; bookedUntil: number; pausedUntil: number },
    now: number,
  ) {
    const { reservedUntil, bookedUntil, pausedUntil } = kept;
    const lastKnown = Math.max(reservedUntil, bookedUntil);
    const quietUntil = lastKnown > now - SECOND_MS ? Math.max(now + SECOND_MS, bookedUntil) : 0;
    this.#intervalMs = intervalMs;
    this.#bookings = new Bookings(intervalMs);
    this.#lineEndsAt = Math.max(reservedUntil, quietUntil);
    this.#opensAt = quietUntil;
    this.#pause = { until: pausedUntil, times: pausedUntil > now ? 1 : 0 };
  }

  /** Slots up to here are taken; no new caller leaves earlier. */
  get reservedUntil(): number {
    return Math.max(this.#lineEndsAt, this.#opensAt);
  }

  /** The end of the last booked slot. */
  get bookedUntil(): number {
    return this.#bookings.endAt;
  }

  get pausedUntil(): number {
    return this.#pause.until;
  }

  /** When to call `turns` again; null if no caller waits. */
  get nextTurnAt(): number | null {
    return this.#nextTurn()?.at ?? null;
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

  /**
   * Books slots at the end of the line for messages that leave without coming here: each at its slot or
   * ON_TIME_MS later at most. Fewer where the line is long.
   *
   * @param from no slot is earlier
   */
  book(count: number, from: number, now: number): number[] {
    this.#pass(now);
    const booked: number[] = [];
    for (let slot = Math.max(this.#freeSlot(now), from); booked.length < count;) {
      if (slot > now + BOOKED_AHEAD_MS) break;
      this.#bookings.add(slot);
      booked.push(Math.ceil(slot));
      slot += this.#intervalMs;
      this.#lineEndsAt = slot;
    }
    return booked;
  }

  /** The callers that leave now, and those that were late for their slot and find no gap soon. */
  turns(now: number): Turn<Caller>[] {
    const turns = this.#departures(now);
    return this.#bookings.isEmpty ? turns : [...turns, ...this.#sendAway(now)];
  }

  #departures(now: number): Turn<Caller>[] {
    this.#pass(now);
    const turns: Turn<Caller>[] = [];
    for (;;) {
      const turn = this.#nextTurn();
      if (turn === null || turn.at > now) return turns;
      this.#opensAt = turn.at + this.#intervalMs;
      turns.push(
        ...this.#waiting
          .splice(turn.place, 1)
          .map(({ caller }) => ({ caller, kind: "go" as const })),
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

  #pass(now: number): void {
    this.#passedAt = now - ON_TIME_MS;
    this.#bookings.forgetBefore(this.#passedAt);
  }

  /** Who leaves next: the first to be ready, but for those that wait for a gap between bookings. */
  #nextTurn(): { place: number; at: number } | null {
    const free = Math.max(this.#opensAt, this.#pause.until, this.#passedAt);
    let late: { place: number; at: number } | null = null;
    for (const [place, waiting] of this.#waiting.entries()) {
      const at = Math.max(waiting.readyAt, free);
      if (late !== null && at >= late.at) return late;
      if (this.#bookings.isEmpty || this.#isOwnSlot(waiting, at)) return { place, at };
      late ??= { place, at: this.#bookings.gaps()(at) };
    }
    return late;
  }

  /** Whether a caller that leaves then does so in its own slot, as late as one in a booked slot may. */
  #isOwnSlot({ slotAt }: Waiting<Caller>, at: number): boolean {
    return at - slotAt <= ON_TIME_MS;
  }

  /**
   * Callers that can't stay keep their slots and come back at the end of the line. Between bookings their new
   * slot is the only one that nobody else has: there they keep that one.
   */
  #sendAway(now: number): Turn<Caller>[] {
    const away: Waiting<Caller>[] = [];
    for (;;) {
      const crowd = this.#heldTooLong(now);
      const newest = Math.max(...crowd.map(({ slotAt }) => slotAt));
      const place = crowd.findLastIndex(({ slotAt }) => slotAt === newest);
      if (place === -1) break;
      away.push(...this.#waiting.splice(place, 1));
    }
    return away.map(({ caller, slotAt }) => {
      const at = Math.ceil(this.#takeSlot(now));
      return { caller, kind: "later", at, slotAt: this.#bookings.isEmpty ? Math.ceil(slotAt) : at };
    });
  }

  /** The first caller that would wait too long and all before it; empty if none would. */
  #heldTooLong(now: number): readonly Waiting<Caller>[] {
    const opensAt = this.#gateFreeAt(now);
    let free = opensAt;
    const gap = this.#bookings.gaps();
    for (const [place, waiting] of this.#waiting.entries()) {
      const { readyAt, arrivedAt } = waiting;
      const soonest = Math.max(opensAt, readyAt);
      const isOwn = !this.#bookings.isEmpty && this.#isOwnSlot(waiting, soonest);
      const leavesAt = isOwn ? soonest : gap(Math.max(free, readyAt));
      if (leavesAt > Math.max(arrivedAt + LONGEST_HOLD_MS, now + NEAR_MS)) {
        return this.#waiting.slice(0, place + 1);
      }
      if (!isOwn) free = leavesAt + this.#intervalMs;
    }
    return [];
  }

  /** A slot after all that are taken and after all callers at the gate. */
  #takeSlot(now: number): number {
    const slot = this.#freeSlot(now);
    this.#lineEndsAt = slot + this.#intervalMs;
    return slot;
  }

  #freeSlot(now: number): number {
    const opensAt = this.#gateFreeAt(now);
    let free = opensAt;
    const gap = this.#bookings.gaps();
    for (const waiting of this.#waiting) {
      const { readyAt } = waiting;
      const soonest = Math.max(opensAt, readyAt);
      const isOwn = !this.#bookings.isEmpty && this.#isOwnSlot(waiting, soonest);
      if (!isOwn) free = gap(Math.max(free, readyAt)) + this.#intervalMs;
    }
    return Math.max(this.#lineEndsAt, free);
  }

  #gateFreeAt(now: number): number {
    return Math.max(now, this.#opensAt, this.#pause.until);
  }
}
