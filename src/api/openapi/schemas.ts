/**
 * Schemas that stand in the reference under a name of their own, wherever they are used. So does each
 * alternative of a union with a name: generators make a class of each, and a name for it else.
 *
 * JSON Schema (2020-12) from the schemas that validate.
 *
 * JSON Schema in the words that generators of clients read alike. What is left out is a rule that a
 * type can't hold: the schema then allows more than the API, never less.
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
