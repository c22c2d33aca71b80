import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { createDatabase, runBatch } from "../../src/store/d1.ts";
import { keepOversized, readOversized } from "../../src/store/raw-values.ts";

const LARGE = `{"text":"${"ñ".repeat(599_980)}🐶${"字".repeat(900_000)}"}`;

describe("oversized values", () => {
  const database = createDatabase(env.DB);
  const keep = (id: string, text: string) => keepOversized("dead_letters", id, text);

  async function owner(): Promise<string> {
    const id = crypto.randomUUID();
    await env.DB.prepare(
      "INSERT INTO dead_letters (id, source, reason, payload, created_at) VALUES (?, '', '', NULL, 1)",
    )
      .bind(id)
      .run();
    return id;
  }

  it("come out as they went in", async () => {
    const [one, other] = [await owner(), await owner()];
    const otherText = `"${"x".repeat(700_000)}"`;
    await runBatch(database, [...keep(one, LARGE), ...keep(other, otherText)]);
    const read = await readOversized(database, [other, "unknown", one]);
    expect([...read.keys()].toSorted()).toEqual([one, other].toSorted());
    expect(read.get(one) === LARGE).toBe(true);
    expect(read.get(other) === otherText).toBe(true);
  });

  it("are not doubled where they are kept again", async () => {
    const id = await owner();
    for (const _time of [1, 2]) await runBatch(database, keep(id, LARGE));
    expect((await readOversized(database, [id])).get(id)?.length).toBe(LARGE.length);
  });

  it("are not kept without the row of their owner", async () => {
    const id = crypto.randomUUID();
    await runBatch(database, keep(id, LARGE));
    expect(await readOversized(database, [id])).toEqual(new Map());
  });

  it("are none where the value fits its own column", () => {
    expect(keep("a", '"small"')).toEqual([]);
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
