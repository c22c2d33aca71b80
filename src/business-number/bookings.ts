/**
 * Departures that were promised ahead: a message that has one leaves at its time without asking again. All
 * others leave in the gaps between them. Pure.
 */

/** Slots are given in whole milliseconds, rounded up: a gap may be so much shorter. */
const ROUNDING_MS = 1;

/** Where departures are close together, rounding must not fill gaps that are half as long. */
const ROUNDING_SHARE = 0.25;

/** Finds the first time from `at` on with room for a departure; each time asked for must be later. */
export type FindGap = (at: number) => number;

export class Bookings {
  readonly #intervalMs: number;
  readonly #roundingMs: number;
  /** In their order. */
  #times: number[] = [];

  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs;
    this.#roundingMs = Math.min(ROUNDING_MS, ROUNDING_SHARE * intervalMs);
  }

  get isEmpty(): boolean {
    return this.#times.length === 0;
  }

  /** No departure is promised from here on. */
  get endAt(): number {
    const last = this.#times.at(-1);
    return last === undefined ? 0 : last + this.#intervalMs;
  }

  /** @param at later than all before */
  add(at: number): void {
    this.#times.push(at);
  }

  /** Forgets those that hold up nobody from `now` on. */
  forgetBefore(now: number): void {
    const kept = this.#times.findIndex((time) => time + this.#intervalMs > now);
    if (kept > 0) this.#times.splice(0, kept);
    if (kept === -1) this.#times = [];
  }

  gaps(): FindGap {
    const times = this.#times;
    const room = this.#intervalMs - this.#roundingMs;
    let next = 0;
    return (at) => {
      let gap = at;
      for (; next < times.length; next += 1) {
        const time = times[next] ?? Infinity;
        if (time >= gap + room) break;
        gap = Math.max(gap, time + this.#intervalMs);
      }
      return gap;
    };
  }
}
