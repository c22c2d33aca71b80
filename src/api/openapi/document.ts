/**
 * Builds the OpenAPI 3.1 document from the schemas that validate requests and type answers.
 * `npm run openapi` writes it to `assets/openapi.json`, which the Worker serves: so neither this file nor
 * its dependencies are in the bundle.
 */
import { type ProblemCode, problemStatus } from "../../lib/problem.ts";
import { eventOperations } from "../events/docs.ts";
import { graphErrorKinds } from "../graph/error-kinds.ts";
import { graphErrorSchema } from "../graph/schema.ts";
import { problemSchema } from "../problem-schema.ts";
import {
  type Answer,
  type JsonSchema,
  type Operation,
  type Parameter,
  type Shape,
  tagDescriptions,
} from "./operation.ts";
import { operations } from "./operations.ts";
import { jsonSchemaOf, jsonSchemasNamed } from "./schemas.ts";

/** Refusals that every route with a token has. */
const WITH_EVERY_TOKEN: readonly ProblemCode[] = [
  "unauthorized",
  "forbidden",
  "rate_limited",
  "not_configured",
  "unavailable",
];

/** More refusals of a route with a token that takes JSON. */
const WITH_JSON: readonly ProblemCode[] = [
  "invalid_json",
  "too_large",
  "unsupported_media_type",
  "invalid_request",
];

/** Refusals of an unknown query parameter: every route with a token, except Graph's. */
const WITH_QUERY: readonly ProblemCode[] = ["invalid_request"];

/** Refusals of every route. */
const ALWAYS: readonly ProblemCode[] = ["internal"];

type OpenApiDocument = {
  openapi: "3.1.0";
  info: JsonSchema;
  servers: readonly { url: string; description: string }[];
  security: readonly JsonSchema[];
  tags: readonly { name: string; description: string }[];
  paths: Record<string, Record<string, JsonSchema>>;
  /** The events for subscribers, by type. */
  webhooks: Record<string, Record<string, JsonSchema>>;
  components: { securitySchemes: JsonSchema; schemas: Record<string, JsonSchema> };
};

export function openApiDocument(version: string): OpenApiDocument {
  const paths: OpenApiDocument["paths"] = {};
  for (const operation of operations) {
    paths[operation.path] = {
      ...paths[operation.path],
      [operation.method]: {
        ...describeOperation(operation),
        responses: { ...describeAnswers(operation.answers), ...describeProblems(operation) },
      },
    };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Paloma",
      version,
      description:
        "A WhatsApp Business backend at the edge. JSON in snake_case, times in UTC, refusals as application/problem+json (RFC 9457). A route with a token answers 422 (`invalid_request`) to a query parameter that it does not name or that is given twice; the Graph-compatible routes do not. A method that a path does not have gets 405 (`method_not_allowed`) with `Allow`. A slash at the end of a path changes nothing.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/", description: "The Worker that serves this document." }],
    security: [{ token: [] }],
    tags: [...new Set([...operations, ...eventOperations].map(({ tag }) => tag))].map((name) => ({
      name,
      description: tagDescriptions[name],
    })),
    paths,
    webhooks: Object.fromEntries(
      eventOperations.map((event) => [event.path, { [event.method]: describeOperation(event) }]),
    ),
    components: {
      securitySchemes: {
        token: { type: "http", scheme: "bearer", description: "One of `API_TOKENS`." },
        session: {
          type: "apiKey",
          in: "cookie",
          name: "__Host-paloma",
          description: "From `POST /inbox/session`; or Cloudflare Access signs the request.",
        },
      },
      schemas: jsonSchemasNamed(),
    },
  };
}

function describeOperation(operation: Operation): JsonSchema {
  const { tag, scope, session, summary, description, parameters = [], body } = operation;
  return {
    tags: [tag],
    summary,
    ...(description === undefined ? {} : { description }),
    operationId: operationId(operation),
    ...(scope === null ? { security: [] } : { "x-scope": scope }),
    ...(session === undefined ? {} : { security: [{ session: [] }] }),
    ...(parameters.length === 0 ? {} : { parameters: parameters.map(describeParameter) }),
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: body.required,
            content: Object.fromEntries(
              Object.entries(body.content).map(([type, shape]) => [
                type,
                { schema: jsonSchemaOf(shape), ...describeExamples(type, body.examples) },
              ]),
            ),
          },
        }),
    responses: describeAnswers(operation.answers),
  };
}

/** `POST /v1/messages/{id}/resend` is `post_v1_messages_id_resend`. */
function operationId({ method, path }: Operation): string {
  return [method, ...path.split(/[^\w]+/).filter((word) => word !== "")].join("_");
}

function describeParameter({ schema, example, ...parameter }: Parameter): JsonSchema {
  return {
    ...parameter,
    required: parameter.required ?? parameter.in === "path",
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

/** Refusals by status, each with the codes that it may have. */
function describeProblems(operation: Operation): JsonSchema {
  const { graph } = operation;
  const refusals = [...new Set(problemsOf(operation))].map(graph ? graphRefusal : refusal);
  return mapValues(
    Object.fromEntries(Map.groupBy(refusals, ({ status }) => status)),
    (group: Refusal[]) => ({
      description: [...new Set(group.map(({ code }) => `\`${code}\``))].join(", "),
      content: graph
        ? { "application/json": schemaEntry(graphErrorSchema) }
        : { "application/problem+json": schemaEntry(problemSchema) },
    }),
  );
}

function problemsOf({ scope, graph, body, problems = [] }: Operation): ProblemCode[] {
  if (scope === null) return [...problems, ...ALWAYS];
  const takesJson = body?.content["application/json"] !== undefined;
  return [
    ...(takesJson ? WITH_JSON : []),
    ...(graph ? [] : WITH_QUERY),
    ...problems,
    ...WITH_EVERY_TOKEN,
    ...ALWAYS,
  ];
}

type Refusal = { status: number; code: ProblemCode | number };

function refusal(code: ProblemCode): Refusal {
  return { status: problemStatus(code), code };
}

function graphRefusal(code: ProblemCode): Refusal {
  return graphErrorKinds[code];
}

function schemaEntry(shape: Shape): JsonSchema {
  return { schema: jsonSchemaOf(shape) };
}

function mapValues<Value, Result>(
  object: { readonly [key: string]: Value },
  map: (value: Value) => Result,
): Record<string, Result> {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value)]));
}
