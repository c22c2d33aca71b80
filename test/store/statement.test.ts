import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { createDatabase, runBatch, statementOf, statementsOf } from "../../src/store/d1.ts";
import { sql } from "../../src/store/sql.ts";

const run = async (...statements: Parameters<typeof runBatch>[1]) => {
  const results = await runBatch(createDatabase(env.DB), statements);
  return results.map(({ results: rows }) => rows);
};

describe("a statement of one parameter", () => {
  it("takes it as often as it stands there, among constants of any kind", async () => {
    const twice = statementOf(
      (word) => sql`SELECT ${word} || ${"'?"} || ${word} AS told, ${7} AS n`,
    );
    expect(await run(twice("miau"), twice("?1"))).toEqual([
      [{ told: "miau'?miau", n: 7 }],
      [{ told: "?1'??1", n: 7 }],
    ]);
  });

  it("is put together once, whatever it is made of", () => {
    let built = 0;
    const statement = statementOf((word) => {
      built += 1;
      return sql`SELECT ${word}`;
    });
    expect([statement("a"), statement("b")]).toEqual([
      { text: "SELECT ?1", parameters: ["a"] },
      { text: "SELECT ?1", parameters: ["b"] },
    ]);
    expect(built).toBe(1);
  });

  it("may be several, in their order", async () => {
    const both = statementsOf((word) => [
      sql`SELECT ${word} AS one`,
      sql`SELECT length(${word}) AS other`,
    ]);
    expect(await run(...both("x"), sql`SELECT ${"y"} AS last`)).toEqual([
      [{ one: "x" }],
      [{ other: 1 }],
      [{ last: "y" }],
    ]);
  });
});
