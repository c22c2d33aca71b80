import { test } from "@fast-check/vitest";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sessionWindow, takesFreeForm } from "../../inbox/src/time/window.ts";

const UNTIL = "2026-11-30T16:00:00.000Z";
const END = Date.parse(UNTIL);
const DAY_MINUTES = 24 * 60;

function at(msBefore: number) {
  return sessionWindow({ open: true, expires_at: UNTIL }, END - msBefore);
}

describe("sessionWindow", () => {
  test.prop([fc.integer({ min: -1_000, max: DAY_MINUTES * 60_000 })])(
    "counts whole minutes down to one, and closes on time",
    (msBefore) => {
      const window = at(msBefore);
      if (msBefore <= 0) {
        expect(window).toEqual({ kind: "closed" });
        return;
      }
      expect(window.kind === "open" && window.hours * 60 + window.minutes).toBe(
        Math.ceil(msBefore / 60_000),
      );
    },
  );

  it.each([
    [3 * 3_600_000, "quiet", 3, 0],
    [2 * 3_600_000 - 1, "soon", 2, 0],
    [14 * 60_000, "urgent", 0, 14],
  ])("%j ms before its end it is %s", (msBefore, urgency, hours, minutes) => {
    expect(at(msBefore)).toEqual({ kind: "open", urgency, hours, minutes, until: UNTIL });
  });

  it("lets groups take anything, and others while it is open", () => {
    const closed = { open: false, expires_at: null };
    const open = { open: true, expires_at: UNTIL };
    expect(takesFreeForm({ kind: "individual", session_window: open }, END - 1)).toBe(true);
    expect(takesFreeForm({ kind: "individual", session_window: open }, END)).toBe(false);
    expect(takesFreeForm({ kind: "group", session_window: closed }, END)).toBe(true);
  });

  it("was never open for a customer who never wrote", () => {
    expect(sessionWindow({ open: false, expires_at: null }, END)).toEqual({ kind: "never" });
  });
});
