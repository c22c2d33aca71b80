/** JSON Schema (2020-12) from the schemas that validate. */
import { toJsonSchema, toJsonSchemaDefs, type ConversionConfig } from "@valibot/to-json-schema";
import type * as v from "valibot";
import { anyJson } from "../api/schemas/schema-words.ts";
import { namedSchemas } from "./named-schemas.ts";
import type { JsonSchema, Shape } from "./operation.ts";
import { plainSchema } from "./plain-schema.ts";

/**
 * Checks of ours that JSON Schema can't say are left out: the schema then allows more than the API,
 * never less.
 */
const CONVERSION: ConversionConfig = {
  target: "draft-2020-12",
  errorMode: "ignore",
  overrideSchema({ valibotSchema, jsonSchema }) {
    // Of custom schemas there are two: any JSON, and any JSON object.
    if (valibotSchema.type === "custom" && valibotSchema !== anyJson) {
      return { ...jsonSchema, type: "object" };
    }
    return valibotSchema.type === "loose_object"
      ? { ...jsonSchema, additionalProperties: true }
      : undefined;
  },
  overrideRef: ({ referenceId }) => `#/components/schemas/${referenceId}`,
};

/** What a valibot schema takes; a reference where the schema, or one in it, has a name. */
export function jsonSchemaOf(shape: Shape): JsonSchema {
  if (!isValibot(shape)) return plainSchema(shape);
  const {
    $schema: _dialect,
    $defs: _named,
    ...schema
  } = toJsonSchema(shape, {
    ...CONVERSION,
    definitions: namedSchemas,
  });
  return plainSchema({ ...schema });
}

/** The named schemas themselves. */
export function jsonSchemasNamed(): Record<string, JsonSchema> {
  const schemas = Object.entries(toJsonSchemaDefs(namedSchemas, CONVERSION));
  return Object.fromEntries(schemas.map(([name, schema]) => [name, plainSchema({ ...schema })]));
}

function isValibot(shape: Shape): shape is v.GenericSchema {
  return "~run" in shape;
}
