import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { d1Failure } from "../../src/store/d1.ts";

/** What D1 itself throws at a statement. */
async function thrownBy(query: string, ...values: unknown[]): Promise<unknown> {
  try {
    await env.DB.prepare(query)
      .bind(...values)
      .run();
  } catch (error) {
    return error;
  }
  throw new Error(`D1 took ${query}`);
}

describe("d1Failure", () => {
  it.each([
    ["D1_ERROR: Network connection lost.", "repeat"],
    ["D1_ERROR: D1 DB storage caused object to be reset.", "repeat"],
    ["D1_ERROR: D1 DB reset because its code was updated.", "repeat"],
    ["D1_ERROR: D1 DB is overloaded. Requests queued for too long.", "later"],
    ["D1_ERROR: D1 DB is overloaded. Too many requests queued.", "later"],
    ["D1_ERROR: no such table: conversations: SQLITE_ERROR", "later"],
    ["D1_ERROR: string or blob too big: SQLITE_TOOBIG", "content"],
    ["", "later"],
  ])("%j is for %s", (text, failure) => {
    expect(d1Failure(new Error(text))).toBe(failure);
    expect(d1Failure(new Error("wrapped", { cause: new Error(text) }))).toBe(failure);
  });

  it.each([
    ["a missing value", "INSERT INTO merged_conversations (id, into_id) VALUES ('a', NULL)", []],
    ["text for a number", "UPDATE oversized_values SET part = 'x' WHERE true", []],
    ["what is no JSON", "SELECT value ->> 'a' FROM json_each(?)", ["{"]],
  ])("%s is the content's fault, in D1's own words", async (_what, query, values) => {
    await env.DB.exec("INSERT INTO oversized_values VALUES ('d1-failure', 0, '')").catch(
      () => null,
    );
    expect(d1Failure(await thrownBy(query, ...values))).toBe("content");
  });

  it.each([null, undefined, "Network connection lost", 7])(
    "%j, which is no error, is for later",
    (thrown) => {
      expect(d1Failure(thrown)).toBe("later");
    },
  );
});
