import { test } from "@fast-check/vitest";
import { env } from "cloudflare:workers";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createDatabase } from "../../src/store/d1.ts";
import {
  findTemplateRow,
  findTemplateRows,
  keepTemplateList,
  keepTemplateUpdates,
  lastTemplateSync,
  listTemplates,
  EMPTY_UPDATE,
  type TemplatePosition,
  type TemplateRow,
} from "../../src/store/templates.ts";
import { recordedD1 } from "../support/recorded-d1.ts";
import { NOON, unique } from "../support/store-rows.ts";

const database = createDatabase(env.DB);

const LANGUAGE = "es_MX";

const told = fc.record({
  status: fc.constantFrom(null, "PENDING", "APPROVED", "REJECTED"),
  category: fc.constantFrom(null, "UTILITY", "MARKETING"),
  quality: fc.constantFrom(null, "GREEN", "RED"),
  reason: fc.constantFrom(null, "INVALID_FORMAT", "SCAM"),
  components: fc.constantFrom(null, '[{"type":"BODY","text":"Hola"}]', "[]"),
});

/** Updates of one template, each at its own time. */
const updates = fc
  .array(told, { minLength: 1, maxLength: 6 })
  .map((all) => all.map((members, place) => ({ ...EMPTY_UPDATE, ...members, at: NOON + place })));

const orders = updates.chain((all) =>
  fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
);

/** Webhooks of one template and lists of its account, with it or without, some at the same time. */
const tellings = fc
  .array(
    fc.record({
      kind: fc.constantFrom("webhook", "webhook", "listed", "not_listed"),
      members: told,
      at: fc.integer({ min: NOON, max: NOON + 4 }),
    }),
    { minLength: 2, maxLength: 7 },
  )
  // Two lists of one time that differ would contradict each other.
  .map((all) => all.filter(isFirstListOfItsTime));

const shuffledTellings = tellings.chain((all) =>
  fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
);

type Telling = {
  kind: "webhook" | "listed" | "not_listed";
  members: Pick<TemplateRow, "status" | "category" | "quality" | "reason" | "components">;
  at: number;
};

function isFirstListOfItsTime({ kind, at }: Telling, place: number, all: Telling[]): boolean {
  return (
    kind === "webhook" ||
    all.findIndex((other) => other.kind !== "webhook" && other.at === at) === place
  );
}

/** The template as it stands after all that was told, in that order. */
async function afterTelling(all: readonly Telling[]): Promise<object | null> {
  const name = unique("template_");
  const business_account_id = unique("account_");
  for (const { kind, members, at } of all) {
    const update = { ...EMPTY_UPDATE, ...members, name, language: LANGUAGE, business_account_id };
    if (kind === "webhook") await keepTemplateUpdates(database, [{ ...update, at }]);
    else {
      const list = kind === "listed" ? [{ ...update, components_whole: true, at }] : [];
      await keepTemplateList(database, business_account_id, list, at);
    }
  }
  const row = await findTemplateRow(database, name, LANGUAGE);
  return row === null ? null : { ...row, name: "", business_account_id: "" };
}

describe("what Meta told of a template", () => {
  test.prop([orders], { numRuns: 60 })(
    "in any order is the newest of each member (I3)",
    async ([inOrder, shuffled]) => {
      const name = unique("template_");
      for (const update of shuffled) {
        await keepTemplateUpdates(database, [{ ...update, name, language: LANGUAGE }]);
      }
      const newest = inOrder.toReversed();
      const withStatus = newest.find(({ status }) => status !== null);
      expect(await findTemplateRow(database, name, LANGUAGE)).toMatchObject({
        status: withStatus?.status ?? null,
        reason: withStatus?.reason ?? null,
        category: newest.find(({ category }) => category !== null)?.category ?? null,
        quality: newest.find(({ quality }) => quality !== null)?.quality ?? null,
        components: newest.find(({ components }) => components !== null)?.components ?? null,
        created_at: inOrder[0]?.at,
        updated_at: newest[0]?.at,
      });
    },
  );

  test.prop([shuffledTellings], { numRuns: 100 })(
    "by webhooks and whole lists is the same in any order, within one second too (I3)",
    async ([inOrder, shuffled]) => {
      expect(await afterTelling(shuffled)).toEqual(await afterTelling(inOrder));
    },
  );

  it("is of one language", async () => {
    const name = unique("template_");
    const update = { ...EMPTY_UPDATE, name, language: LANGUAGE, status: "APPROVED", at: NOON };
    await keepTemplateUpdates(database, [update, { ...update, language: "en", status: "PAUSED" }]);
    expect(await findTemplateRow(database, name, LANGUAGE)).toMatchObject({ status: "APPROVED" });
    expect(await findTemplateRow(database, name, "en")).toMatchObject({ status: "PAUSED" });
    expect(await findTemplateRow(database, name, "es")).toBeNull();
  });

  it("of many is one statement, and of none no round trip", async () => {
    const { database: recorded, record } = recordedD1(env.DB);
    const many = Array.from({ length: 500 }, () => ({
      ...EMPTY_UPDATE,
      name: unique("template_"),
      language: LANGUAGE,
      at: NOON,
    }));
    await keepTemplateUpdates(createDatabase(recorded), many);
    await keepTemplateUpdates(createDatabase(recorded), []);
    expect(record).toMatchObject({ roundTrips: 1, statements: [{}] });
  });
});

describe("a whole list", () => {
  const listed = (account: string, name: string, at: number) => ({
    ...EMPTY_UPDATE,
    name,
    language: LANGUAGE,
    business_account_id: account,
    status: "APPROVED",
    components: "[]",
    components_whole: true,
    parameter_format: "NAMED",
    at,
  });

  it("marks what it does not have as deleted, until something newer is told of it", async () => {
    const account = unique("account_");
    const [kept, gone] = [unique("template_"), unique("template_")];
    await keepTemplateList(
      database,
      account,
      [listed(account, kept, NOON), listed(account, gone, NOON)],
      NOON,
    );
    await keepTemplateList(database, account, [listed(account, kept, NOON + 10)], NOON + 10);
    expect(await findTemplateRow(database, kept, LANGUAGE)).toMatchObject({ status: "APPROVED" });
    expect(await findTemplateRow(database, gone, LANGUAGE)).toMatchObject({ status: "DELETED" });

    const again = { ...listed(account, gone, NOON + 20), status: "PENDING" };
    await keepTemplateUpdates(database, [again]);
    expect(await findTemplateRow(database, gone, LANGUAGE)).toMatchObject({ status: "PENDING" });
  });

  it("says nothing of another account's templates", async () => {
    const [account, other] = [unique("account_"), unique("account_")];
    const name = unique("template_");
    await keepTemplateUpdates(database, [listed(other, name, NOON)]);
    await keepTemplateList(database, account, [], NOON + 10);
    expect(await findTemplateRow(database, name, LANGUAGE)).toMatchObject({ status: "APPROVED" });
    expect(await lastTemplateSync(database, account)).toBe(NOON + 10);
    expect(await lastTemplateSync(database, other)).toBeNull();
  });

  it("that comes late moves the time of the last one nowhere", async () => {
    const account = unique("account_");
    await keepTemplateList(database, account, [], NOON + 10);
    await keepTemplateList(database, account, [], NOON);
    expect(await lastTemplateSync(database, account)).toBe(NOON + 10);
  });

  it("keeps the format that no webhook tells", async () => {
    const account = unique("account_");
    const name = unique("template_");
    await keepTemplateList(database, account, [listed(account, name, NOON)], NOON);
    const edit = { ...listed(account, name, NOON + 1), parameter_format: null };
    await keepTemplateUpdates(database, [{ ...edit, components: "[1]", components_whole: false }]);
    expect(await findTemplateRow(database, name, LANGUAGE)).toMatchObject({
      components: "[1]",
      components_whole: false,
      parameter_format: "NAMED",
    });
  });
});

describe("known templates", () => {
  it("are found together in one query, and none of none in none", async () => {
    const names = [unique("template_"), unique("template_")];
    await keepTemplateUpdates(
      database,
      names.map((name) => ({ ...EMPTY_UPDATE, name, language: LANGUAGE, at: NOON })),
    );
    const { database: recorded, record } = recordedD1(env.DB);
    const keys = [...names, "of_nobody"].map((name) => ({ name, language: LANGUAGE }));
    const rows = await findTemplateRows(createDatabase(recorded), keys);
    expect(rows.map(({ name }) => name).toSorted()).toEqual(names.toSorted());
    expect(await findTemplateRows(createDatabase(recorded), [])).toEqual([]);
    expect(record.roundTrips).toBe(1);
  });

  it("are listed page by page, the latest known first, while others arrive", async () => {
    // Far ahead of every other test's.
    const start = NOON * 2;
    const updateOf = (place: number) => ({
      ...EMPTY_UPDATE,
      name: unique(`template_${place}_`),
      language: LANGUAGE,
      status: "APPROVED",
      // Pairs of one time.
      at: start + Math.floor(place / 2),
    });
    const all = Array.from({ length: 7 }, (_, place) => updateOf(place));
    await keepTemplateUpdates(database, all);
    const seen: TemplateRow[] = [];
    let after: TemplatePosition | null = null;
    while (seen.length < all.length) {
      const page: TemplateRow[] = await listTemplates(database, { after, limit: 2 });
      seen.push(...page);
      after = page.at(-1) ?? null;
      await keepTemplateUpdates(database, [updateOf(100)]);
    }
    const expected = all
      .toSorted((left, right) => left.at - right.at || (left.name < right.name ? -1 : 1))
      .toReversed();
    expect(seen.slice(0, all.length).map(({ name }) => name)).toEqual(
      expected.map(({ name }) => name),
    );
  });
});
