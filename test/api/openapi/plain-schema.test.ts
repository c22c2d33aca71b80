import { describe, expect, test } from "vitest";
import { plainSchema } from "../../../src/api/openapi/schemas.ts";

describe("a schema for generators", () => {
  test("names a default in words, for a member that has one would be required", () => {
    expect(plainSchema({ type: "boolean", default: false, description: "Is it?" })).toEqual({
      type: "boolean",
      description: "Is it? By default `false`.",
    });
    expect(plainSchema({ type: "string", default: null })).toEqual({
      type: "string",
      description: "By default `null`.",
    });
  });

  test("gives a constant its type, and is a boolean where that is one", () => {
    expect(plainSchema({ const: true, description: "Yes." })).toEqual({
      type: "boolean",
      description: "Yes.",
    });
    expect(plainSchema({ const: "meta" })).toEqual({ const: "meta", type: "string" });
  });

  test("lets an object without members hold any", () => {
    const any = { type: "object", additionalProperties: true };
    expect(plainSchema({ type: "object" })).toEqual(any);
    expect(plainSchema({ type: "array", items: { type: "object" } })).toEqual({
      type: "array",
      items: any,
    });
    const closed = { type: "object", additionalProperties: false };
    expect(plainSchema(closed)).toEqual(closed);
  });

  test("leaves `type` to the alternatives, and out what must not be there", () => {
    const one = { type: "object", properties: { caption: { not: {} }, id: { type: "string" } } };
    expect(plainSchema({ type: "object", oneOf: [one] })).toEqual({
      oneOf: [{ type: "object", properties: { id: { type: "string" } } }],
    });
  });

  test("takes members that are named like keywords for what they are", () => {
    const schema = {
      type: "object",
      properties: { default: { type: "string" }, const: { type: "string" }, not: { type: "null" } },
    };
    expect(plainSchema(schema)).toEqual(schema);
  });
});
