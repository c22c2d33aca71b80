import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { createDatabase, runBatch } from "../../src/store/d1.ts";
import { keepOversized, readOversized } from "../../src/store/raw-values.ts";

const LARGE = `{"text":"${"ñ".repeat(599_980)}🐶${"字".repeat(900_000)}"}`;

describe("oversized values", () => {
  const database = createDatabase(env.DB);

  it("come out as they went in", async () => {
    const [one, other] = [crypto.randomUUID(), crypto.randomUUID()];
    const otherText = `"${"x".repeat(700_000)}"`;
    await runBatch(database, [...keepOversized(one, LARGE), ...keepOversized(other, otherText)]);
    const read = await readOversized(database, [other, "unknown", one]);
    expect([...read.keys()].toSorted()).toEqual([one, other].toSorted());
    expect(read.get(one) === LARGE).toBe(true);
    expect(read.get(other) === otherText).toBe(true);
  });

  it("are not doubled where they are kept again", async () => {
    const owner = crypto.randomUUID();
    for (const _time of [1, 2]) await runBatch(database, keepOversized(owner, LARGE));
    expect((await readOversized(database, [owner])).get(owner)?.length).toBe(LARGE.length);
  });

  it("are none where the value fits its own column", () => {
    expect(keepOversized("a", '"small"')).toEqual([]);
  });

  it("are not looked for where there are no owners", async () => {
    const closed = createDatabase(
      new Proxy(env.DB, {
        get() {
          throw new Error("D1 was asked");
        },
      }),
    );
    expect(await readOversized(closed, [])).toEqual(new Map());
  });
});
