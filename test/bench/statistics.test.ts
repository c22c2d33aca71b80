import { describe, expect, test } from "vitest";
import { percentile, spreadOf } from "../../bench/statistics.ts";

describe("spreadOf", () => {
  test("gives the middle, the least and the greatest of values in any order", () => {
    expect(spreadOf([5, 1, 3])).toEqual({ median: 3, least: 1, greatest: 5 });
    expect(spreadOf([10, 9])).toEqual({ median: 9, least: 9, greatest: 10 });
  });

  test("has nothing to say of nothing", () => {
    expect(spreadOf([])).toEqual({ median: Number.NaN, least: Number.NaN, greatest: Number.NaN });
  });
});

test("percentile is the value by nearest rank", () => {
  const hundred = Array.from({ length: 100 }, (_, place) => place + 1);
  expect(percentile(hundred, 50)).toBe(50);
  expect(percentile(hundred, 99)).toBe(99);
  expect(percentile([7], 99)).toBe(7);
});
