import { describe, expect, it } from "vitest";
import { isBsuid } from "../../src/lib/address.ts";

describe("isBsuid", () => {
  it.each([
    ["MX.13491208655302741918", true],
    ["MX.a", true],
    [`MX.${"a".repeat(128)}`, true],
    ["MX.ENT.13491208655302741918", true],
    [`MX.ENT.${"a".repeat(128)}`, true],
    [`MX.${"a".repeat(129)}`, false],
    [`MX.ENT.${"a".repeat(129)}`, false],
    ["MX.", false],
    ["MX", false],
    ["mx.123", false],
    ["MEX.123", false],
    ["MX.12 3", false],
    ["MX.ORG.123", false],
    ["MX.123\n", false],
    ["+529981234567", false],
    ["", false],
  ])("%j: %j", (given, expected) => {
    expect(isBsuid(given)).toBe(expected);
  });
});
