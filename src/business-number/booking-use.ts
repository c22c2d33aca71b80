/** Whether it pays to book slots: where messages are late for theirs, each booked slot is lost. Pure. */
import { MINUTE_MS } from "../lib/time.ts";

/** As long as a machine with other work may stay so. */
const REST_MS = MINUTE_MS;

/** Of the last booking: if more came back late, the next batch would lose as much time. */
const LATE_SHARE_MAX = 0.5;

export class BookingUse {
  #slots: ReadonlySet<number> = new Set();
  #late = 0;
  #restsUntil = 0;

  mayBook(now: number): boolean {
    if (this.#late > LATE_SHARE_MAX * this.#slots.size) {
      this.#restsUntil = now + REST_MS;
      this.noteBooked([]);
    }
    return now >= this.#restsUntil;
  }

  noteBooked(slots: readonly number[]): void {
    this.#slots = new Set(slots);
    this.#late = 0;
  }

  /** A caller came with this slot. */
  noteBack(slotAt: number): void {
    if (this.#slots.has(slotAt)) this.#late += 1;
  }
}
