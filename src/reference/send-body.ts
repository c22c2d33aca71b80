/** What a request to send may hold: the envelope, and beside it the content its type names. */
import { messageContents } from "../messages/message-content.ts";
import { sendEnvelope } from "../messages/send-envelope.ts";
import { jsonSchemaOf } from "./json-schema-of.ts";
import type { JsonSchema } from "./operation.ts";

const BATCH_MAX_MESSAGES = 500;

const envelope = jsonSchemaOf(sendEnvelope);

const contents = Object.fromEntries(
  [...messageContents].map(([type, schema]) => [type, jsonSchemaOf(schema)]),
);

export const sendBody: JsonSchema = {
  type: "object",
  properties: { ...objectOf(envelope["properties"]), ...contents },
  // Exactly one of them.
  oneOf: ["to", "recipient", "conversation_id"].map((member) => ({ required: [member] })),
  additionalProperties: {
    type: ["object", "array"],
    description: "The content of a type that Paloma does not know, by its name: it passes whole.",
  },
};

export const sendBatchBody: JsonSchema = {
  type: "object",
  properties: {
    messages: {
      type: "array",
      minItems: 1,
      maxItems: BATCH_MAX_MESSAGES,
      items: {
        ...sendBody,
        properties: {
          ...objectOf(sendBody["properties"]),
          idempotency_key: { type: "string", maxLength: 255 },
        },
      },
    },
  },
  required: ["messages"],
  additionalProperties: false,
};

function objectOf(value: unknown): object {
  return typeof value === "object" && value !== null ? value : {};
}
