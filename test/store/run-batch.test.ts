import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { createDatabase, runBatch } from "../../src/store/d1.ts";
import { sql } from "../../src/store/sql.ts";
import { allRows, unique } from "../support/store-rows.ts";

/** A D1 whose batches fail with these, one after the other; null = does its work. */
function failing(...failures: (string | null)[]) {
  let batches = 0;
  const batch = async (statements: D1PreparedStatement[]): Promise<unknown> => {
    const failure = failures[batches] ?? null;
    batches += 1;
    if (failure !== null) throw new Error(failure);
    return env.DB.batch(statements);
  };
  const database = new Proxy(env.DB, {
    get(target, name) {
      const member: unknown = name === "batch" ? batch : Reflect.get(target, name);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
  return { database: createDatabase(database), batches: () => batches };
}

const LOST = "D1_ERROR: Network connection lost.";

function insertOf(id: string) {
  return sql`INSERT INTO merged_conversations (id, into_id) VALUES (${id}, 'x')
    ON CONFLICT DO NOTHING`;
}

const isThere = async (id: string) =>
  (await allRows("SELECT id FROM merged_conversations WHERE id = ?", id)).length === 1;

describe("runBatch", () => {
  it.each([
    LOST,
    "D1_ERROR: D1 DB storage caused object to be reset.",
    "D1_ERROR: D1 DB reset because its code was updated.",
  ])("repeats once on %j", async (failure) => {
    const id = unique("id-");
    const { database, batches } = failing(failure);
    await runBatch(database, [insertOf(id)]);
    expect(batches()).toBe(2);
    expect(await isThere(id)).toBe(true);
  });

  it("never repeats twice", async () => {
    const { database, batches } = failing(LOST, LOST, LOST);
    await expect(runBatch(database, [insertOf(unique("id-"))])).rejects.toThrow("Network");
    expect(batches()).toBe(2);
  });

  it.each([
    "D1_ERROR: D1 DB is overloaded. Requests queued for too long.",
    "D1_ERROR: NOT NULL constraint failed: x: SQLITE_CONSTRAINT",
    "D1_ERROR: whatever comes next",
  ])("never repeats on %j", async (failure) => {
    const { database, batches } = failing(failure);
    await expect(runBatch(database, [insertOf(unique("id-"))])).rejects.toThrow(failure);
    expect(batches()).toBe(1);
  });

  it("runs all or nothing", async () => {
    const id = unique("id-");
    const database = createDatabase(env.DB);
    const bad = sql`INSERT INTO merged_conversations (id, into_id) VALUES (${id}, NULL)`;
    await expect(runBatch(database, [insertOf(id), bad])).rejects.toThrow("SQLITE_CONSTRAINT");
    expect(await isThere(id)).toBe(false);
  });

  it("of nothing asks nobody", async () => {
    const { database, batches } = failing(LOST);
    await runBatch(database, []);
    expect(batches()).toBe(0);
  });
});
