import { expect, test } from "vitest";
import { BookingUse } from "../../src/business-number/booking-use.ts";

const NOW = Date.UTC(2026, 10, 24, 16);
const SLOTS = [NOW + 10, NOW + 20, NOW + 30, NOW + 40];

/** The use of four booked slots, so many of whose messages came back late. */
function usedBut(late: number): BookingUse {
  const use = new BookingUse();
  use.noteBooked(SLOTS);
  for (const slot of SLOTS.slice(0, late)) use.noteBack(slot);
  use.noteBack(NOW + 15);
  return use;
}

test("slots are booked while at least half of the messages use theirs", () => {
  for (const late of [0, 1, 2]) expect(usedBut(late).mayBook(NOW)).toBe(true);
});

test("else none is for a minute, and then they are tried again", () => {
  for (const late of [3, 4]) {
    const use = usedBut(late);
    expect(use.mayBook(NOW)).toBe(false);
    expect(use.mayBook(NOW + 59_999)).toBe(false);
    expect(use.mayBook(NOW + 60_000)).toBe(true);
  }
});
