import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { createDatabase, type Database } from "../../src/store/d1.ts";
import { batchedLookup } from "../../src/store/rows.ts";

/** A look-up that finds every key but `nobody`, and the questions it was asked. */
function recordedLookup() {
  const questions: (readonly string[])[] = [];
  const find = batchedLookup(async (_database: Database, keys: readonly string[]) => {
    questions.push(keys);
    return keys.map((key) => (key === "nobody" ? null : key.toUpperCase()));
  });
  return { find, questions };
}

describe("a coalesced look-up", () => {
  it("asks once for all that is wanted at the same time", async () => {
    const { find, questions } = recordedLookup();
    const database = createDatabase(env.DB);
    const asked = ["a", "b", "nobody", "a"].map((key) => find(database, key));
    expect(await Promise.all(asked)).toEqual(["A", "B", null, "A"]);
    expect(questions).toEqual([["a", "b", "nobody", "a"]]);
  });

  it("asks anew for what is wanted later", async () => {
    const { find, questions } = recordedLookup();
    const database = createDatabase(env.DB);
    expect(await find(database, "a")).toBe("A");
    expect(await find(database, "a")).toBe("A");
    expect(questions).toEqual([["a"], ["a"]]);
  });

  it("never mixes two requests", async () => {
    const { find, questions } = recordedLookup();
    await Promise.all([find(createDatabase(env.DB), "a"), find(createDatabase(env.DB), "b")]);
    expect(questions).toEqual([["a"], ["b"]]);
  });

  it("fails for all that asked, and is asked anew by the next", async () => {
    let broken = true;
    const find = batchedLookup(async (_database: Database, keys: readonly string[]) => {
      if (broken) throw new Error("D1 is away");
      return keys;
    });
    const database = createDatabase(env.DB);
    const asked = await Promise.allSettled([find(database, "a"), find(database, "b")]);
    expect(asked.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    broken = false;
    expect(await find(database, "a")).toBe("a");
  });
});
