/**
 * Converts valibot schemas to JSON Schema (2020-12), in the form that all client generators read the
 * same way. Rules that a type can't express are left out: the schema then allows more than the API,
 * never less.
 */
import { type ConversionConfig, toJsonSchema, toJsonSchemaDefs } from "@valibot/to-json-schema";
import type * as v from "valibot";
import { isJsonObject } from "../../lib/json.ts";
import { contentSchemas } from "../../send/content.ts";
import {
  ctaUrlInteractive,
  listInteractive,
  locationRequestInteractive,
  otherInteractive,
  replyButtonsInteractive,
} from "../../send/interactive.ts";
import { contactSchema, personSchema } from "../contacts/schema.ts";
import { conversationSchema } from "../conversations/schema.ts";
import { readMarkSchema } from "../graph/read-mark.ts";
import { graphErrorSchema } from "../graph/schema.ts";
import { changesSchema, resetSchema } from "../inbox/schema.ts";
import { mediaSchema } from "../media/schema.ts";
import { messageSchema, messageWithStatusesSchema } from "../messages/schema.ts";
import { batchMessage, graphSendBody, sendBody } from "../messages/send-schema.ts";
import { accountEventSchema } from "../operator/schema.ts";
import { metaErrorSchema, problemSchema } from "../problem-schema.ts";
import { anyJson } from "../schema.ts";
import { templateDriftSchema, templateSchema } from "../templates/schema.ts";
import type { JsonSchema, Shape } from "./operation.ts";

const { text, image, video, audio, document, sticker } = contentSchemas;
const { interactive, location, contacts, reaction, template } = contentSchemas;

/** Schemas with a name in the reference. Alternatives of a union too: else generators invent names. */
const namedSchemas = {
  SendMessage: sendBody,
  BatchMessage: batchMessage,
  TextContent: text,
  TemplateContent: template,
  ImageContent: image,
  VideoContent: video,
  AudioContent: audio,
  DocumentContent: document,
  StickerContent: sticker,
  InteractiveContent: interactive,
  ReplyButtonsInteractive: replyButtonsInteractive,
  ListInteractive: listInteractive,
  CtaUrlInteractive: ctaUrlInteractive,
  LocationRequestInteractive: locationRequestInteractive,
  OtherInteractive: otherInteractive,
  LocationContent: location,
  ContactsContent: contacts,
  ReactionContent: reaction,
  Message: messageSchema,
  MessageWithStatuses: messageWithStatusesSchema,
  Conversation: conversationSchema,
  Person: personSchema,
  Contact: contactSchema,
  Media: mediaSchema,
  AccountEvent: accountEventSchema,
  Changes: changesSchema,
  ChangesReset: resetSchema,
  Template: templateSchema,
  TemplateDrift: templateDriftSchema,
  Problem: problemSchema,
  MetaError: metaErrorSchema,
  GraphSendMessage: graphSendBody,
  GraphReadMark: readMarkSchema,
  GraphError: graphErrorSchema,
};

const ALTERNATIVES = ["oneOf", "anyOf"] as const;

export function plainSchema(schema: JsonSchema): JsonSchema {
  return withInner(typed(withoutDefault(schema)));
}

/** Generators make a member with a default required, even in requests. */
function withoutDefault(schema: JsonSchema): JsonSchema {
  if (!("default" in schema)) return schema;
  const { default: value, description, ...rest } = schema;
  const sentence = `By default \`${JSON.stringify(value)}\`.`;
  const described = typeof description === "string" ? `${description} ${sentence}` : sentence;
  return { ...rest, description: described };
}

function typed(schema: JsonSchema): JsonSchema {
  const { type, const: word, ...rest } = schema;
  // Some languages have no type for a constant that is no text.
  if (typeof word === "boolean") return { ...rest, type: "boolean" };
  if (typeof word === "string") return { ...schema, type: "string" };
  // With `type`, generators merge the alternatives into one object.
  if (ALTERNATIVES.some((keyword) => keyword in schema)) return rest;
  const bare = !("properties" in schema) && !("additionalProperties" in schema);
  // Generators take an object without declared members for an empty one.
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

/** Leaves out members that a request must not have: no type can express them. */
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

/**
 * `ignore` leaves out checks that JSON Schema can't express.
 */
const CONVERSION: ConversionConfig = {
  target: "draft-2020-12",
  errorMode: "ignore",
  overrideSchema({ valibotSchema, jsonSchema }) {
    // There are two custom schemas: any JSON, and any JSON object.
    if (valibotSchema.type === "custom" && valibotSchema !== anyJson) {
      return { ...jsonSchema, type: "object" };
    }
    return valibotSchema.type === "loose_object"
      ? { ...jsonSchema, additionalProperties: true }
      : undefined;
  },
  overrideRef: ({ referenceId }) => `#/components/schemas/${referenceId}`,
};

/** The JSON Schema of a valibot schema, with references to named schemas. */
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
