/** JSON Schema (2020-12) from the schemas that validate. */
import { toJsonSchema } from "@valibot/to-json-schema";
import type * as v from "valibot";
import type { JsonSchema, Shape } from "./operation.ts";

/**
 * What a valibot schema takes, as JSON Schema. Checks of ours that JSON Schema can't say are left
 * out: the schema then allows more than the API, never less.
 */
export function jsonSchemaOf(shape: Shape): JsonSchema {
  if (!isValibot(shape)) return shape;
  const { $schema: _dialect, ...schema } = toJsonSchema(shape, {
    target: "draft-2020-12",
    errorMode: "ignore",
    // `jsonObject` is the one custom schema there is.
    overrideSchema: ({ valibotSchema, jsonSchema }) =>
      valibotSchema.type === "custom" ? { ...jsonSchema, type: "object" } : undefined,
  });
  return { ...schema };
}

function isValibot(shape: Shape): shape is v.GenericSchema {
  return "~run" in shape;
}
