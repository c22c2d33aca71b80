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

describe("oneByOneIfRefused (I10)", () => {
  it("is one try where nothing is refused", async () => {
    const { run, tries } = work({});
    expect(await isolateRefused(["a", "b"], run)).toEqual([]);
    expect(tries).toEqual([["a", "b"]]);
  });

  it("returns those refused for good, the others are done", async () => {
    const { run, tries } = work({ b: CONTENT, d: CONTENT });
    expect(await isolateRefused(["a", "b", "c", "d"], run)).toEqual(["b", "d"]);
    expect(tries).toEqual([["a", "b", "c", "d"], ["a"], ["b"], ["c"], ["d"]]);
  });

  it("gives up no row while D1 itself is the trouble", async () => {
    const all = work({ a: OVERLOADED });
    await expect(isolateRefused(["a", "b"], all.run)).rejects.toThrow("overloaded");
    expect(all.tries).toHaveLength(1);
    const midway = work({ a: CONTENT, b: OVERLOADED });
    await expect(isolateRefused(["a", "b", "c"], midway.run)).rejects.toThrow("overloaded");
    expect(midway.tries.at(-1)).toEqual(["b"]);
  });

  it("never takes work without rows for done that was refused", async () => {
    const refuse = () => Promise.reject(new Error(CONTENT));
    await expect(isolateRefused([], refuse)).rejects.toThrow("SQLITE_TOOBIG");
  });
});
