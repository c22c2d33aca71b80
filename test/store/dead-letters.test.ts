import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { createDatabase } from "../../src/store/database.ts";
import { keepDeadLetters, listDeadLetters } from "../../src/store/dead-letters.ts";
import { recordedD1 } from "../support/recorded-d1.ts";

const database = createDatabase(env.DB);

describe("dead letters (I10)", () => {
  it("come out as they went in, newest first, in the order they were kept", async () => {
    const now = Date.now();
    const letters = ["uno", "dos", "tres"].map((text) => letterOf(JSON.stringify(text)));
    await keepDeadLetters(database, letters, now);
    const listed = await listDeadLetters(database, { after: null, limit: 3 });
    expect(listed).toEqual(
      letters.toReversed().map((letter) => ({
        ...letter,
        id: expect.stringMatching(/^ded_[0-9a-f]{32}$/),
        created_at: now,
      })),
    );
  });

  it("are kept as often as they come: two failures are two letters", async () => {
    const letter = letterOf(JSON.stringify(crypto.randomUUID()));
    await keepDeadLetters(database, [letter, letter], Date.now());
    const listed = await listDeadLetters(database, { after: null, limit: 2 });
    expect(listed.map(({ payload }) => payload)).toEqual([letter.payload, letter.payload]);
    expect(listed[0]?.id).not.toBe(listed[1]?.id);
  });

  it("keep whatever they say", async () => {
    const payload = '{"a":"\\ud800 \\u0000 \\\\ \\" \'; DROP TABLE dead_letters; -- ñ🐶","n":9007199254740993}';
    const letter = { source: "paloma-'status'", reason: "ñ \"'", payload };
    await keepDeadLetters(database, [letter], Date.now());
    expect(await listDeadLetters(database, { after: null, limit: 1 })).toMatchObject([letter]);
  });

  it("larger than a row are kept whole, among small ones", async () => {
    const large = `["${"字".repeat(1_000_000)}"]`;
    const letters = [large, '"small"', `${large} `].map(letterOf);
    await keepDeadLetters(database, letters, Date.now());
    const listed = await listDeadLetters(database, { after: null, limit: 3 });
    expect(
      listed.toReversed().map(({ payload }, place) => payload === letters[place]?.payload),
    ).toEqual([true, true, true]);
  });

  it("of any number are few statements in one round trip", async () => {
    const recorded = recordedD1(env.DB);
    const letters = Array.from({ length: 2000 }, (_, place) => letterOf(String(place)));
    await keepDeadLetters(createDatabase(recorded.database), letters, Date.now());
    expect(recorded.record.roundTrips).toBe(1);
    expect(recorded.record.statements).toHaveLength(1);
    await keepDeadLetters(createDatabase(recorded.database), [], Date.now());
    expect(recorded.record.roundTrips).toBe(1);
  });

  it("come in pages that neither skip nor repeat, whatever arrives meanwhile", async () => {
    const marker = crypto.randomUUID();
    const letters = [1, 2, 3, 4, 5].map((place) => letterOf(JSON.stringify([marker, place])));
    await keepDeadLetters(database, letters, Date.now());
    const seen: string[] = [];
    let after: string | null = null;
    while (seen.length < letters.length) {
      const page = await listDeadLetters(database, { after, limit: 2 });
      expect(page).toHaveLength(2);
      seen.push(...page.map(({ payload }) => payload).filter((text) => text.includes(marker)));
      after = page.at(-1)?.id ?? null;
      await keepDeadLetters(database, [letterOf('"newer"')], Date.now());
    }
    expect(seen).toEqual(letters.toReversed().map(({ payload }) => payload));
  });
});

function letterOf(payload: string) {
  return { source: "webhook", reason: "a message without an id", payload };
}
