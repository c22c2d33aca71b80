import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { createDatabase } from "../../src/store/d1.ts";
import {
  type DeadLetterRow,
  keepDeadLetters,
  listDeadLetters,
} from "../../src/store/dead-letters.ts";
import { rememberErased } from "../../src/store/erasures.ts";
import { recordedD1 } from "../support/recorded-d1.ts";
import { allRows, unique } from "../support/store-rows.ts";

const database = createDatabase(env.DB);

describe("dead letters (I10)", () => {
  it("come out as they went in, newest first, in the order they were kept", async () => {
    const now = Date.now();
    const reason = crypto.randomUUID();
    const letters = ['"uno"', '"dos"', '"tres"'].map((payload) => letterOf(payload, reason));
    await keepDeadLetters(database, letters, now);
    expect(await lettersOf(reason)).toEqual(
      letters.toReversed().map((letter) => ({
        ...letter,
        id: expect.stringMatching(/^ded_[0-9a-f]{32}$/),
        created_at: now,
      })),
    );
  });

  it("are kept as often as they come: two failures are two letters", async () => {
    const letter = letterOf('"Hola"', crypto.randomUUID());
    await keepDeadLetters(database, [letter, letter], Date.now());
    const [one, other, ...more] = await lettersOf(letter.reason);
    expect(more).toEqual([]);
    expect(one?.payload).toBe(other?.payload);
    expect(one?.id).not.toBe(other?.id);
  });

  it("keep whatever they say", async () => {
    const letter = {
      source: "paloma-'status'",
      reason: `ñ "' ${crypto.randomUUID()}`,
      payload: `{"a":"\\ud800 \\u0000 \\\\ '; DROP TABLE x; -- ñ🐶","n":9007199254740993}`,
    };
    await keepDeadLetters(database, [letter], Date.now());
    expect(await lettersOf(letter.reason)).toMatchObject([letter]);
  });

  it("larger than a row are kept whole, among small ones", async () => {
    const reason = crypto.randomUUID();
    const large = `["${"字".repeat(1_000_000)}"]`;
    const letters = [large, '"small"', `${large} `].map((payload) => letterOf(payload, reason));
    await keepDeadLetters(database, letters, Date.now());
    const kept = (await lettersOf(reason)).toReversed();
    expect(kept.map(({ payload }, place) => payload === letters[place]?.payload)).toEqual([
      true,
      true,
      true,
    ]);
  });

  it("about somebody who was erased since are left out, however late D1 takes them", async () => {
    const reason = crypto.randomUUID();
    const [erased, other] = [unique("erased-"), unique("other-")];
    await rememberErased(database, [{ id: erased, version: 0, erased_at: 2000 }]);
    const large = `"${"x".repeat(700_000)}"`;
    const letters = [
      { ...letterOf('"before"', reason), about: { erasure_ids: [other, erased], at: 2000 } },
      { ...letterOf(large, reason), about: { erasure_ids: [erased], at: 1000 } },
      { ...letterOf('"since"', reason), about: { erasure_ids: [erased], at: 2001 } },
      { ...letterOf('"of others"', reason), about: { erasure_ids: [other], at: 1000 } },
    ];
    const parts = () => allRows("SELECT count(*) AS n FROM oversized_values");
    const before = await parts();
    await keepDeadLetters(database, letters, Date.now());
    const kept = await lettersOf(reason);
    expect(kept.map(({ payload }) => payload)).toEqual(['"of others"', '"since"']);
    expect(await parts()).toEqual(before);
  });

  it("of any number are few statements in one round trip", async () => {
    const recorded = recordedD1(env.DB);
    const letters = Array.from({ length: 2000 }, (_, place) => letterOf(String(place), "many"));
    await keepDeadLetters(createDatabase(recorded.database), letters, Date.now());
    expect(recorded.record.roundTrips).toBe(1);
    expect(recorded.record.statements).toHaveLength(1);
    await keepDeadLetters(createDatabase(recorded.database), [], Date.now());
    expect(recorded.record.roundTrips).toBe(1);
  });

  it("come in pages that neither skip nor repeat, whatever arrives meanwhile", async () => {
    const reason = crypto.randomUUID();
    const letters = [1, 2, 3, 4, 5].map((place) => letterOf(String(place), reason));
    await keepDeadLetters(database, letters, Date.now());
    const seen: DeadLetterRow[] = [];
    let after: string | null = null;
    while (seen.length < letters.length) {
      const page: DeadLetterRow[] = await listDeadLetters(database, { after, limit: 2 });
      expect(page).toHaveLength(2);
      seen.push(...page.filter((letter) => letter.reason === reason));
      after = page.at(-1)?.id ?? null;
      await keepDeadLetters(database, [letterOf('"newer"', "newer")], Date.now());
    }
    expect(seen.map(({ payload }) => payload)).toEqual(["5", "4", "3", "2", "1"]);
  });
});

function letterOf(payload: string, reason: string) {
  return { source: "webhook", reason, payload };
}

/** Among what other tests left, the newest first. */
async function lettersOf(reason: string): Promise<DeadLetterRow[]> {
  const letters = await listDeadLetters(database, { after: null, limit: 100 });
  return letters.filter((letter) => letter.reason === reason);
}
