import { test } from "@fast-check/vitest";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  hasSeen,
  newWalk,
  nextRound,
  parseWalk,
  type Walk,
  walkCursor,
  walkedPast,
} from "../../../src/api/conversations/walk.ts";
import { encodedJson } from "../../../src/lib/bytes.ts";

const NOW = Date.UTC(2026, 10, 24, 16);

const ids = fc.stringMatching(/^[0-9a-f]{64}$/);

const rows = fc.array(fc.record({ id: ids, at: fc.nat() }), { maxLength: 600 });

describe("a walk", () => {
  test.prop([rows, fc.boolean()])("goes on from its cursor as it was", (shown, again) => {
    const walked = walkedPast(newWalk(NOW), shown);
    const walk: Walk = again ? nextRound(walked, NOW + 1) : walked;
    expect(parseWalk(walkCursor(walk), NOW + 2)).toEqual(walk);
  });

  test.prop([rows])("knows what it showed, or that it does not", (shown) => {
    const walk = walkedPast(newWalk(NOW), shown);
    if (shown.length <= 500) expect(shown.every(({ id }) => hasSeen(walk, id))).toBe(true);
    else expect(walk.seen).toBeNull();
    expect(walkCursor(walk).length).toBeLessThan(5500);
  });

  it("that showed too much for a cursor does not begin to remember anew", () => {
    const many = Array.from({ length: 501 }, (_row, at) => ({ id: `${at}`.padStart(64, "0"), at }));
    const walk = walkedPast(walkedPast(newWalk(NOW), many), many.slice(0, 1));
    expect(walk).toMatchObject({ seen: null, after: many[0] });
    expect(nextRound(walk, NOW + 1)).toEqual({
      began: NOW + 1,
      since: NOW,
      seen: null,
      after: null,
    });
  });

  it("goes on from a cursor of an earlier version, which held a position alone", () => {
    expect(parseWalk(encodedJson([NOW, "a"]), NOW + 1)).toEqual({
      began: NOW + 1,
      since: null,
      seen: null,
      after: { at: NOW, id: "a" },
    });
  });

  it.each([
    [[]],
    [[NOW, null, null]],
    [["x", null, null, null]],
    [[NOW, "x", null, null]],
    [[NOW, null, [1], null]],
    [[NOW, null, [1, 2], null]],
    [[NOW, null, null, 7]],
    [[NOW, null, null, "f".repeat(5001)]],
    [[NOW, null, null, null, null]],
  ])("has no cursor like %j", (content) => {
    expect(parseWalk(encodedJson(content), NOW)).toBeNull();
  });
});
