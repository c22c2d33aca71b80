import { test } from "@fast-check/vitest";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { similarName } from "../../src/http/query.ts";

const KNOWN = ["status", "unread", "owner", "contact", "phone_number_id", "limit", "cursor"];

describe("similarName", () => {
  it.each([
    ["state", "status"],
    ["Status", "status"],
    ["statuses", "status"],
    ["stauts", "status"],
    ["un_read", "unread"],
    ["owners", "owner"],
    ["phoneNumberId", "phone_number_id"],
    ["phone-number-id", "phone_number_id"],
    ["phone_number", "phone_number_id"],
    ["limt", "limit"],
    ["cursr", "cursor"],
    ["after", null],
    ["page", null],
    ["q", null],
    ["", null],
    ["🐕", null],
  ])("of %j is %j", (given, meant) => {
    expect(similarName(given, KNOWN)).toBe(meant);
  });

  it("of a name as long as an address is none", () => {
    expect(similarName("status".repeat(10_000), KNOWN)).toBeNull();
  });

  test.prop([fc.string({ unit: "binary" }), fc.array(fc.string())])(
    "is one of the known names or none, and each is its own",
    (given, known) => {
      const meant = similarName(given, known);
      if (meant !== null) expect(known).toContain(meant);
    },
  );

  test.prop([fc.constantFrom(...KNOWN), fc.nat()])("finds what one letter lacks", (name, at) => {
    const place = at % name.length;
    expect(similarName(name.slice(0, place) + name.slice(place + 1), KNOWN)).toBe(name);
  });
});
