/**
 * The OpenAPI 3.1 document of the API, from the schemas that validate what comes in and type what
 * goes out. `npm run openapi` writes it to `openapi.json`, which the Worker serves: so neither this
 * nor what it needs is in the bundle.
 */
import { problemStatus, type ProblemCode } from "../http/problem.ts";
import { contactSchema, personSchema } from "../api/schemas/contact-schema.ts";
import { conversationSchema } from "../api/schemas/conversation-schema.ts";
import { mediaSchema } from "../api/schemas/media-schema.ts";
import { messageSchema } from "../api/schemas/message-schema.ts";
import { problemSchema } from "../api/schemas/problem-schema.ts";
import { jsonSchemaOf } from "./json-schema-of.ts";
import type { Answer, JsonSchema, Operation, Parameter, Shape } from "./operation.ts";
import { operations } from "./operations.ts";

/** Refusals that every route with a token has. */
const WITH_EVERY_TOKEN: readonly ProblemCode[] = [
  "unauthorized",
  "forbidden",
  "rate_limited",
  "not_configured",
];

/** Refusals that anything may end in. */
const ALWAYS: readonly ProblemCode[] = ["internal"];

/** Schemas with a name of their own, used in several places. */
const NAMED: ReadonlyMap<Shape, string> = new Map<Shape, string>([
  [messageSchema, "Message"],
  [conversationSchema, "Conversation"],
  [personSchema, "Person"],
  [contactSchema, "Contact"],
  [mediaSchema, "Media"],
  [problemSchema, "Problem"],
]);

export type OpenApiDocument = {
  openapi: "3.1.0";
  info: JsonSchema;
  security: readonly JsonSchema[];
  tags: readonly { name: string }[];
  paths: Record<string, Record<string, JsonSchema>>;
  components: { securitySchemes: JsonSchema; schemas: Record<string, JsonSchema> };
};

export function openApiDocument(version: string): OpenApiDocument {
  const paths: OpenApiDocument["paths"] = {};
  for (const operation of operations) {
    paths[operation.path] = {
      ...paths[operation.path],
      [operation.method]: describeOperation(operation),
    };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Paloma",
      version,
      description:
        "A WhatsApp Business backend at the edge. JSON in snake_case, times in UTC, refusals as application/problem+json (RFC 9457).",
      license: { name: "MIT", identifier: "MIT" },
    },
    security: [{ token: [] }],
    tags: [...new Set(operations.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: {
        token: { type: "http", scheme: "bearer", description: "One of `API_TOKENS`." },
      },
      schemas: Object.fromEntries(
        [...NAMED].map(([shape, name]) => [name, referring(jsonSchemaOf(shape), name)]),
      ),
    },
  };
}

function describeOperation(operation: Operation): JsonSchema {
  const { tag, scope, summary, description, parameters = [], body } = operation;
  return {
    tags: [tag],
    summary,
    ...(description === undefined ? {} : { description }),
    operationId: operationId(operation),
    ...(scope === null ? { security: [] } : { "x-scope": scope }),
    ...(parameters.length === 0 ? {} : { parameters: parameters.map(describeParameter) }),
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: body.required,
            content: Object.fromEntries(
              Object.entries(body.content).map(([type, shape]) => [
                type,
                { schema: schemaOf(shape), ...describeExamples(type, body.examples) },
              ]),
            ),
          },
        }),
    responses: { ...describeAnswers(operation.answers), ...describeProblems(operation) },
  };
}

/** `POST /v1/messages/{id}/resend` is `post_v1_messages_id_resend`. */
function operationId({ method, path }: Operation): string {
  return [method, ...path.split(/[^\w]+/).filter((word) => word !== "")].join("_");
}

function describeParameter({ schema, example, ...parameter }: Parameter): JsonSchema {
  return {
    ...parameter,
    required: parameter.in === "path",
    schema: schema ?? { type: "string" },
    ...(example === undefined ? {} : { example }),
  };
}

function describeExamples(type: string, examples: Readonly<Record<string, unknown>> = {}) {
  const entries = Object.entries(examples);
  if (type !== "application/json" || entries.length === 0) return {};
  return {
    examples: Object.fromEntries(
      entries.map(([summary, value], number) => [`example_${number + 1}`, { summary, value }]),
    ),
  };
}

function describeAnswers(answers: Readonly<Record<number, Answer>>): JsonSchema {
  return Object.fromEntries(
    Object.entries(answers).map(([status, { description, content }]) => [
      status,
      {
        description,
        ...(content === undefined ? {} : { content: mapValues(content, schemaEntry) }),
      },
    ]),
  );
}

/** Refusals by status, each with the codes that it may carry. */
function describeProblems({ scope, problems = [] }: Operation): JsonSchema {
  const codes = [...problems, ...(scope === null ? [] : WITH_EVERY_TOKEN), ...ALWAYS];
  return Object.fromEntries(
    [...Map.groupBy(new Set(codes), problemStatus)].map(([status, group]) => [
      status,
      {
        description: group.map((code) => `\`${code}\``).join(", "),
        content: { "application/problem+json": schemaEntry(problemSchema) },
      },
    ]),
  );
}

function schemaEntry(shape: Shape): JsonSchema {
  return { schema: schemaOf(shape) };
}

function schemaOf(shape: Shape): JsonSchema {
  const name = NAMED.get(shape);
  return name === undefined ? referring(jsonSchemaOf(shape), null) : { $ref: refOf(name) };
}

/** The schema with what it repeats of the named ones as references to them. */
function referring(schema: JsonSchema, own: string | null): JsonSchema {
  const replaced = replaceNamed(schema, own);
  return typeof replaced === "object" && replaced !== null ? { ...replaced } : schema;
}

const namedTexts = new Map(
  [...NAMED].map(([shape, name]) => [JSON.stringify(jsonSchemaOf(shape)), name]),
);

function replaceNamed(value: unknown, own: string | null): unknown {
  if (typeof value !== "object" || value === null) return value;
  const name = namedTexts.get(JSON.stringify(value));
  if (name !== undefined && name !== own) return { $ref: refOf(name) };
  if (Array.isArray(value)) return value.map((each: unknown) => replaceNamed(each, own));
  return Object.fromEntries(
    Object.entries(value).map(([key, each]: [string, unknown]) => [key, replaceNamed(each, own)]),
  );
}

function refOf(name: string): string {
  return `#/components/schemas/${name}`;
}

function mapValues<Value, Result>(
  object: { readonly [key: string]: Value },
  map: (value: Value) => Result,
): Record<string, Result> {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value)]));
}
