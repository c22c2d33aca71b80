import { env } from "cloudflare:workers";
import { test } from "@fast-check/vitest";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createDatabase } from "../../src/store/database.ts";
import { findTemplateRow, keepTemplateUpdates } from "../../src/store/templates.ts";
import { recordedD1 } from "../support/recorded-d1.ts";
import { NOON, unique } from "../support/store-rows.ts";

const database = createDatabase(env.DB);

const untold = { meta_id: null, status: null, category: null, quality: null, reason: null };

/** Updates of one template, each at its own time. */
const updates = fc
  .array(
    fc.record({
      status: fc.constantFrom(null, "PENDING", "APPROVED", "REJECTED"),
      category: fc.constantFrom(null, "UTILITY", "MARKETING"),
      quality: fc.constantFrom(null, "GREEN", "RED"),
      reason: fc.constantFrom(null, "INVALID_FORMAT"),
    }),
    { minLength: 1, maxLength: 6 },
  )
  .map((all) => all.map((members, place) => ({ ...untold, ...members, at: NOON + place })));

const orders = updates.chain((all) =>
  fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
);

describe("what Meta told of a template", () => {
  test.prop([orders], { numRuns: 60 })(
    "in any order is the newest of each member (I3)",
    async ([inOrder, shuffled]) => {
      const name = unique("template_");
      for (const update of shuffled) {
        await keepTemplateUpdates(database, [{ ...update, name, language: "es_MX" }]);
      }
      const newest = inOrder.toReversed();
      const withStatus = newest.find(({ status }) => status !== null);
      expect(await findTemplateRow(database, name, "es_MX")).toMatchObject({
        status: withStatus?.status ?? null,
        reason: withStatus?.reason ?? null,
        category: newest.find(({ category }) => category !== null)?.category ?? null,
        quality: newest.find(({ quality }) => quality !== null)?.quality ?? null,
        updated_at: newest[0]?.at,
      });
    },
  );

  it("is of one language", async () => {
    const name = unique("template_");
    const update = { ...untold, name, language: "es_MX", status: "APPROVED", at: NOON };
    await keepTemplateUpdates(database, [update, { ...update, language: "en", status: "PAUSED" }]);
    expect(await findTemplateRow(database, name, "es_MX")).toMatchObject({ status: "APPROVED" });
    expect(await findTemplateRow(database, name, "en")).toMatchObject({ status: "PAUSED" });
    expect(await findTemplateRow(database, name, "es")).toBeNull();
  });

  it("of many is one statement, and of none no round trip", async () => {
    const { database: recorded, record } = recordedD1(env.DB);
    const many = Array.from({ length: 500 }, () => ({
      ...untold,
      name: unique("template_"),
      language: "es_MX",
      at: NOON,
    }));
    await keepTemplateUpdates(createDatabase(recorded), many);
    await keepTemplateUpdates(createDatabase(recorded), []);
    expect(record).toMatchObject({ roundTrips: 1, statements: [{}] });
  });
});
