import { env } from "cloudflare:workers";
import { test } from "@fast-check/vitest";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createDatabase } from "../../src/store/d1.ts";
import { sql, withLiterals } from "../../src/store/sql.ts";

const database = createDatabase(env.DB);

const values = fc.oneof(
  fc.string({ unit: "grapheme" }).filter((text) => !text.includes("\0")),
  fc.constantFrom("'", "''", "?", "?1", "a'); DROP TABLE messages; --", null),
  fc.integer(),
);

describe("sql", () => {
  it("binds values and takes SQL as it is, however deep", () => {
    const inner = sql`a = ${1} OR ${sql`b IN (${"x"}, ${null})`}`;
    expect(sql`SELECT ${inner} LIMIT ${7}`).toEqual({
      texts: ["SELECT a = ", " OR b IN (", ", ", ") LIMIT ", ""],
      values: [1, "x", null, 7],
    });
  });

  it("joins parts, none and one too", () => {
    const parts = [sql`a = ${1}`, sql`b`, sql`c = ${2}`];
    expect(withLiterals(sql.join(parts, sql` AND `))).toBe("a = 1 AND b AND c = 2");
    expect(withLiterals(sql.join([sql`a = ${1}`], sql` AND `))).toBe("a = 1");
    expect(withLiterals(sql.join([], sql` AND `))).toBe("");
  });

  test.prop([fc.array(values, { minLength: 1, maxLength: 5 })])(
    "gives D1 the same values bound and as literals",
    async (given) => {
      const list = sql.join(
        given.map((value) => sql`${value}`),
        sql`, `,
      );
      const query = sql`SELECT json_array(${list}) AS told`;
      const [bound] = await database.all<{ told: string }>(query);
      const [literal] = await database.all<{ told: string }>(sql.raw(withLiterals(query)));
      expect(JSON.parse(literal?.told ?? "")).toEqual(given);
      expect(JSON.parse(bound?.told ?? "")).toEqual(given);
    },
  );
});
