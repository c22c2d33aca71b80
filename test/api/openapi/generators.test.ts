/**
 * Rules of openapi-python-client (0.29) and openapi-typescript (7), read in their sources: what breaks
 * one is left out of a client, or makes a type that takes nothing.
 */
import { describe, expect, test } from "vitest";
import openApi from "../../../assets/openapi.json" with { type: "json" };
import { isJsonObject, type JsonObject, type JsonValue } from "../../../src/lib/json.ts";

type Placed = { place: string; schema: JsonObject };

const SCHEMAS = [...schemasIn(openApi, "#")];

const RULES: Readonly<Record<string, (schema: JsonObject) => boolean>> = {
  "a schema has no default, for it would be required of those who send": ({ default: value }) =>
    value === undefined,
  "a constant is text": (schema) => !("const" in schema) || typeof schema["const"] === "string",
  "an enum is of text alone": ({ enum: words = [] }) =>
    Array.isArray(words) && words.every((word) => typeof word === "string"),
  "null is an alternative, and none of several types": ({ type }) => !Array.isArray(type),
  "what may be several things is nothing beside": (schema) =>
    !("oneOf" in schema || "anyOf" in schema) ||
    !("type" in schema || "properties" in schema || "additionalProperties" in schema),
  "no schema is there for the members that it requires alone": ({ required, type }) =>
    required === undefined || type === "object",
  "an object says what it holds": (schema) =>
    schema["type"] !== "object" || "properties" in schema || "additionalProperties" in schema,
  "beside members with a type, others have none": ({ properties, additionalProperties }) =>
    properties === undefined || !isJsonObject(additionalProperties),
  "a list says of what": ({ type, items }) => type !== "array" || isJsonObject(items),
  "a member that must not be there is left out": ({ not }) =>
    !isJsonObject(not) || Object.keys(not).length > 0,
};

describe("what generators make clients of", () => {
  test("is the whole document", () => {
    expect(SCHEMAS.length).toBeGreaterThan(500);
  });

  test.each(Object.entries(RULES))("%s", (_rule, isKept) => {
    const broken = SCHEMAS.filter(({ schema }) => !isKept(schema)).map(({ place }) => place);
    expect(broken).toEqual([]);
  });

  test("a union with a name is of schemas with names: its parts are made twice else", () => {
    const unions = SCHEMAS.filter(({ place }) => /^#\/components\/schemas\/\w+$/.test(place))
      .map(({ schema }) => schema["oneOf"] ?? schema["anyOf"])
      .filter(Array.isArray);
    expect(unions.length).toBeGreaterThan(0);
    for (const part of unions.flat()) expect(part).toHaveProperty("$ref");
  });

  test("a message may have members of no type, and none is required", () => {
    const { SendMessage, BatchMessage } = openApi.components.schemas;
    for (const schema of [SendMessage, BatchMessage]) {
      expect(schema.required).toEqual([]);
      expect(schema).not.toHaveProperty("additionalProperties");
    }
  });
});

/** Each schema of the document but those of parameters, whose default requires nothing. */
function* schemasIn(value: JsonValue | undefined, place: string): Generator<Placed> {
  if (Array.isArray(value)) {
    for (const [index, each] of value.entries()) yield* schemasIn(each, `${place}/${index}`);
  }
  if (!isJsonObject(value)) return;
  if (isSchema(place)) yield { place, schema: value };
  for (const [name, each] of Object.entries(value)) {
    const ofRoute = name === "parameters" && Array.isArray(each);
    if (!ofRoute) yield* schemasIn(each, `${place}/${name}`);
  }
}

/** Where the last step leads from a document, or from a schema, to a schema. */
function isSchema(place: string): boolean {
  const steps = place.split("/");
  const [before = "", last = ""] = steps.slice(-2);
  if (steps.includes("example") || steps.includes("examples")) return false;
  if (before === "properties" || (before === "schemas" && steps[1] === "components")) return true;
  return (
    ["schema", "items", "additionalProperties", "not"].includes(last) ||
    /^(?:one|any)Of$/.test(before)
  );
}
