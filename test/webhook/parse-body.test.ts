import { test } from "@fast-check/vitest";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseBody } from "../../src/webhook/routes.ts";

describe("parseBody", () => {
  it("keeps every digit of what Meta says (I9)", () => {
    const text = '{"id":102290129340398123}';
    const parsed = parseBody(text);
    expect(parsed.ok && JSON.stringify(parsed.value)).toBe(text);
  });

  it.each(["", "{", "nada"])("refuses %j", (text) => {
    expect(parseBody(text)).toEqual({ ok: false });
  });

  test.prop([fc.string({ unit: "binary" })])("never throws", (text) => {
    expect(parseBody(text)).toHaveProperty("ok");
  });
});
