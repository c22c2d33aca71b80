/**
 * JSON Schema in the words that generators of clients read alike. What is left out is a rule that a
 * type can't hold: the schema then allows more than the API, never less.
 */
import { isJsonObject } from "../json/json.ts";
import type { JsonSchema } from "./operation.ts";

const ALTERNATIVES = ["oneOf", "anyOf"] as const;

export function plainSchema(schema: JsonSchema): JsonSchema {
  return withInner(typed(withoutDefault(schema)));
}

/** Generators require a member that has a default, also of those who send it. */
function withoutDefault(schema: JsonSchema): JsonSchema {
  if (!("default" in schema)) return schema;
  const { default: value, description, ...rest } = schema;
  const sentence = `By default \`${JSON.stringify(value)}\`.`;
  const described = typeof description === "string" ? `${description} ${sentence}` : sentence;
  return { ...rest, description: described };
}

function typed(schema: JsonSchema): JsonSchema {
  const { type, const: word, ...rest } = schema;
  // A constant that is no text has no type in some languages.
  if (typeof word === "boolean") return { ...rest, type: "boolean" };
  if (typeof word === "string") return { ...schema, type: "string" };
  // Beside alternatives, `type` makes them parts of one object.
  if (ALTERNATIVES.some((keyword) => keyword in schema)) return rest;
  const bare = !("properties" in schema) && !("additionalProperties" in schema);
  // Without a word on its members, an object may pass for an empty one.
  return type === "object" && bare ? { ...schema, additionalProperties: true } : schema;
}

function withInner(schema: JsonSchema): JsonSchema {
  return Object.fromEntries(
    Object.entries(schema).map(([keyword, value]) => [keyword, inner(keyword, value)]),
  );
}

function inner(keyword: string, value: unknown): unknown {
  switch (keyword) {
    case "properties":
      return isJsonObject(value) ? plainProperties(value) : value;
    case "items":
    case "additionalProperties":
      return isJsonObject(value) ? plainSchema(value) : value;
    case "oneOf":
    case "anyOf":
      return Array.isArray(value)
        ? value.map((each) => (isJsonObject(each) ? plainSchema(each) : each))
        : value;
    default:
      return value;
  }
}

/** A member that must not be there has no type: it is left out. */
function plainProperties(properties: JsonSchema): JsonSchema {
  return Object.fromEntries(
    Object.entries(properties).flatMap(([name, property]) =>
      isJsonObject(property) && !isNever(property) ? [[name, plainSchema(property)]] : [],
    ),
  );
}

function isNever({ not }: JsonSchema): boolean {
  return isJsonObject(not) && Object.keys(not).length === 0;
}
