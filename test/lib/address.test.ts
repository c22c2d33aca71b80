import { test } from "@fast-check/vitest";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Address, conversationName } from "../../src/lib/address.ts";

describe("conversationName", () => {
  it.each<[Address, string]>([
    [{ kind: "phone", phone: "529982220001" }, "106540352242922:phone:529982220001"],
    [{ kind: "user", user_id: "MX.1349" }, "106540352242922:user:MX.1349"],
    [{ kind: "group", group_id: "Y2FwaV9ncm91cDox" }, "106540352242922:group:Y2FwaV9ncm91cDox"],
    [{ kind: "phone", phone: "a:b%\uD800" }, "106540352242922:phone:a%3ab%25%d800"],
  ])("names %j", (address, name) => {
    expect(conversationName("106540352242922", address)).toBe(name);
  });

  const hostileText = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.array(fc.constantFrom(":", "%", "3a", "phone", "user", "\uD800", "\uDFFF")).map(join),
  );
  const address = fc.oneof(
    hostileText.map((phone): Address => ({ kind: "phone", phone })),
    hostileText.map((user_id): Address => ({ kind: "user", user_id })),
    hostileText.map((group_id): Address => ({ kind: "group", group_id })),
  );

  test.prop([hostileText, address, hostileText, address])(
    "never gives two addresses one name, whatever they contain",
    (number, one, otherNumber, other) => {
      fc.pre(number !== otherNumber || JSON.stringify(one) !== JSON.stringify(other));
      expect(conversationName(number, one)).not.toBe(conversationName(otherNumber, other));
    },
  );

  test.prop([hostileText, address])("is well-formed text", (number, one) => {
    expect(conversationName(number, one).isWellFormed()).toBe(true);
  });
});

function join(parts: readonly string[]): string {
  return parts.join("");
}
