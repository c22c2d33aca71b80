import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { backoffMs } from "../../inbox/src/state/backoff.ts";

describe("the pause before connecting again", () => {
  it("doubles from half a second to half a minute", () => {
    const most = [1, 2, 3, 4, 5, 6, 7, 8, 900].map((failures) => backoffMs(failures, 1));
    expect(most).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  });

  test.prop([fc.nat({ max: 10_000 }), fc.double({ min: 0, max: 1, noNaN: true })])(
    "is a random part of that",
    (failures, random) => {
      const pause = backoffMs(failures, random);
      expect(pause).toBeGreaterThanOrEqual(0);
      expect(pause).toBeLessThanOrEqual(backoffMs(failures, 1));
    },
  );
});
