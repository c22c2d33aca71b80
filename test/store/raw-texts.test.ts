import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { createDatabase } from "../../src/store/d1.ts";
import { keepDeadLetters } from "../../src/store/dead-letters.ts";
import { eraseRaw, rawTextsWith } from "../../src/store/raw-values.ts";
import { newCustomer } from "../support/paloma.ts";
import { plansOf } from "../support/query-plans.ts";
import { recordedD1 } from "../support/recorded-d1.ts";
import { allRows, unique } from "../support/store-rows.ts";

const database = createDatabase(env.DB);

async function found(identities: { phones: readonly string[]; ids: readonly string[] }) {
  const texts: string[] = [];
  for await (const { text } of rawTextsWith(database, "account_events", identities)) {
    // Those too large for a row are handed out whoever they tell of.
    if (text.startsWith('{"a":')) texts.push(text);
  }
  return texts;
}

describe("raw texts with somebody in them", () => {
  test("are found in every window, with separators or without, and by other ids", async () => {
    const field = unique("windows-");
    const id = unique("MX.");
    const phone = newCustomer();
    const separated = phone.replace(
      /^52(1)(...)(...)(..)(..)$/,
      "+52\u00a0$1 ($2)\u2009$3\u2011$4\\u200e$5",
    );
    const escaped = phone.replace(/^5/, "\\u0035");
    await allRows(
      `WITH RECURSIVE numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < 2499)
       INSERT INTO account_events (id, field, value, received_at)
       SELECT '${field}' || printf('%04d', n), '${field}', CASE n
         WHEN 0 THEN '{"a":"${phone}"}' WHEN 1200 THEN '{"a":"${separated}"}'
         WHEN 1201 THEN '{"a":"${escaped}"}'
         WHEN 2499 THEN '{"a":"${id}"}' ELSE '{}' END, 1
       FROM numbers`,
    );
    const texts = await found({ phones: [phone], ids: [id] });
    expect(texts).toEqual([
      `{"a":"${phone}"}`,
      `{"a":"${separated}"}`,
      `{"a":"${escaped}"}`,
      `{"a":"${id}"}`,
    ]);
    expect(await found({ phones: [], ids: [unique("MX.")] })).toEqual([]);
    const plan = await plansOf(async (asked) => {
      for await (const _text of rawTextsWith(asked, "account_events", { phones: [], ids: [id] }));
    });
    expect(plan.filter((step) => step.startsWith("SCAN account_events"))).toEqual([]);
    await allRows("DELETE FROM account_events WHERE field = ?", field);
  });

  test("are read a few at a time, in their order, however large", async () => {
    const field = unique("large-");
    const phone = newCustomer();
    for (let n = 0; n < 5; n += 1) {
      const value = JSON.stringify({
        a: phone,
        filler: "x".repeat(n === 2 ? 590_000 : 450_000),
        n,
      });
      await allRows(
        "INSERT INTO account_events (id, field, value, received_at) VALUES (?, ?, ?, 1)",
        `${field}${n}`,
        field,
        value,
      );
    }
    const { database: recorded, record } = recordedD1(env.DB);
    const order: number[] = [];
    for await (const { text } of rawTextsWith(createDatabase(recorded), "account_events", {
      phones: [phone],
      ids: [],
    })) {
      if (text.includes(phone)) order.push(JSON.parse(text).n);
    }
    expect(order).toEqual([0, 1, 2, 3, 4]);
    const read = record.statements
      .flatMap(({ values }) => values.map(String))
      .filter((value) => value.includes(`"${field}`))
      // Other tests' rows may be read with the first of these.
      .map((ids) => JSON.parse(ids).filter((id: string) => id.startsWith(field)).length);
    expect(read).toEqual([2, 1, 2]);
    await allRows("DELETE FROM account_events WHERE field = ?", field);
  });

  test("too large for a row are handed out whole, and go with their parts", async () => {
    const payload = JSON.stringify({ filler: "x".repeat(700_000), end: unique("end-") });
    await keepDeadLetters(database, [{ source: "webhook", reason: "", payload }], Date.now());
    let letter: string | null = null;
    for await (const { id, text } of rawTextsWith(database, "dead_letters", {
      phones: [],
      ids: [],
    })) {
      if (text === payload) letter = id;
    }
    if (letter === null) throw new Error("it was not found");
    expect(await allRows("SELECT 1 FROM oversized_values WHERE owner_id = ?", letter)).toHaveLength(
      2,
    );
    await eraseRaw(database, "dead_letters", letter);
    for (const [table, column] of [
      ["oversized_values", "owner_id"],
      ["dead_letters", "id"],
    ]) {
      expect(await allRows(`SELECT 1 FROM ${table} WHERE ${column} = ?`, letter)).toEqual([]);
    }
  });
});
