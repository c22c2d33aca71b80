import { test } from "@fast-check/vitest";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isolateRefused } from "../../src/store/rows.ts";

const CONTENT = "D1_ERROR: string or blob too big: SQLITE_TOOBIG";
const OVERLOADED = "D1_ERROR: D1 DB is overloaded.";

/** Work that fails as long as one of these is among its rows. */
function work(spoilers: Record<string, string>) {
  const tries: string[][] = [];
  const run = async (rows: readonly string[]): Promise<void> => {
    tries.push([...rows]);
    for (const row of rows) {
      const failure = spoilers[row];
      if (failure !== undefined) throw new Error(failure);
    }
  };
  return { run, tries };
}

describe("isolateRefused (I10)", () => {
  it("is one try where nothing is refused", async () => {
    const { run, tries } = work({});
    expect(await isolateRefused(["a", "b"], run)).toEqual([]);
    expect(tries).toEqual([["a", "b"]]);
  });

  it("returns those refused for good, the others are done", async () => {
    const { run, tries } = work({ b: CONTENT, d: CONTENT });
    expect(await isolateRefused(["a", "b", "c", "d"], run)).toEqual(["b", "d"]);
    expect(tries).toEqual([
      ["a", "b", "c", "d"],
      ["a", "b"],
      ["a"],
      ["b"],
      ["c", "d"],
      ["c"],
      ["d"],
    ]);
  });

  it("finds one of a thousand in few tries, since an invocation may make 1,000 queries", async () => {
    const rows = Array.from({ length: 1000 }, (_, place) => String(place));
    const { run, tries } = work({ "617": CONTENT });
    expect(await isolateRefused(rows, run)).toEqual(["617"]);
    expect(tries.length).toBeLessThanOrEqual(21);
  });

  const marks = fc.array(fc.boolean(), { minLength: 1, maxLength: 40 });
  test.prop([marks])(
    "returns those refused alone, in order, and does all others",
    async (marked) => {
      const rows = marked.map((_refused, place) => String(place));
      const refused = rows.filter((_row, place) => marked[place]);
      const done = new Set<string>();
      const returned = await isolateRefused(rows, async (some) => {
        if (some.some((row) => refused.includes(row))) throw new Error(CONTENT);
        for (const row of some) done.add(row);
      });
      expect(returned).toEqual(refused);
      expect([...done]).toEqual(rows.filter((row) => !refused.includes(row)));
    },
  );

  it("gives up no row while D1 itself is the trouble", async () => {
    const all = work({ a: OVERLOADED });
    await expect(isolateRefused(["a", "b"], all.run)).rejects.toThrow("overloaded");
    expect(all.tries).toHaveLength(1);
    const midway = work({ a: CONTENT, b: OVERLOADED });
    await expect(isolateRefused(["a", "b"], midway.run)).rejects.toThrow("overloaded");
    expect(midway.tries.at(-1)).toEqual(["b"]);
  });

  it("never takes work without rows for done that was refused", async () => {
    const refuse = () => Promise.reject(new Error(CONTENT));
    await expect(isolateRefused([], refuse)).rejects.toThrow("SQLITE_TOOBIG");
  });
});
