import { fc, test } from "@fast-check/vitest";
import { expect } from "vitest";
import { sideBySide } from "../../src/subscribers/deliver.ts";

test.prop([fc.array(fc.nat({ max: 3 }), { maxLength: 30 }), fc.integer({ min: 1, max: 6 })])(
  "works on each item once, the first alone, the others within the limit",
  async (items, limit) => {
    const worked: number[] = [];
    let atATime = 0;
    await sideBySide([...items.keys()], limit, async (place) => {
      atATime += 1;
      expect(atATime).toBeLessThanOrEqual(limit);
      for (let turn = items[place] ?? 0; turn >= 0; turn -= 1) await Promise.resolve();
      if (place === 0) expect(worked).toEqual([]);
      worked.push(place);
      atATime -= 1;
    });
    expect(worked.toSorted((one, other) => one - other)).toEqual([...items.keys()]);
    expect(worked[0] ?? 0).toBe(0);
  },
);
