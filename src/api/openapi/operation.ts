/**
 * The type of one route's description in the reference, and parameters that several routes share.
 */
import type * as v from "valibot";
import type { Scope } from "../../config/api-tokens.ts";
import type { ProblemCode } from "../../lib/problem.ts";

/** The groups of operations, each with its description. */
export const tagDescriptions = {
  Messages: "Send, look up, cancel and repeat.",
  Conversations: "The inbox: who wrote, what was said, and what is unread.",
  Contacts: "The people behind the conversations.",
  Media: "Files, to send and as received.",
  Templates: "Message templates, which may be sent at any time, as Meta has them.",
  Inbox:
    "The staff's page, and what it alone asks. It asks the rest under `/inbox/api` as others ask it under `/v1`: messages, conversations, contacts, media, templates and the doctor, with a session in place of the token. What changes something then needs the header `X-Paloma-Inbox: 1` and JSON, or a file. Made for this page, it may change with it.",
  Operating: "For the operator: checks, dead letters and account events.",
  "For clients of the Graph API": "The routes that libraries made for Meta's Graph API call.",
  "Meta's webhook": "Only Meta calls it.",
  About: "Whether Paloma runs, and this description. No token is needed.",
  "Events to subscribers": "What Paloma sends to the addresses in `EVENT_SUBSCRIBERS`.",
} as const;

type Tag = keyof typeof tagDescriptions;

/** A valibot schema, or JSON Schema where no valibot schema validates. */
export type Shape = v.GenericSchema | JsonSchema;

export type JsonSchema = { readonly [keyword: string]: unknown };

export type Parameter = {
  name: string;
  in: "path" | "query" | "header";
  /** Path parameters are always required. */
  required?: true;
  description: string;
  schema?: JsonSchema;
  example?: string;
};

/** The body that the route takes. */
type RequestBody = {
  required: boolean;
  /** By media type. */
  content: Readonly<Record<string, Shape>>;
  /** JSON bodies by what each shows; a test sends every one. */
  examples?: Readonly<Record<string, unknown>>;
};

/** A successful answer. */
export type Answer = { description: string; content?: Readonly<Record<string, Shape>> };

export type Operation = {
  method: "get" | "post" | "put" | "patch" | "delete";
  /** As OpenAPI writes it: `/v1/messages/{id}`. */
  path: string;
  tag: Tag;
  /** Refuses in Graph's shape and with Graph's statuses. */
  graph?: true;
  /** The scope that the token needs; null if the route needs no token. */
  scope: Scope | null;
  /** Needs a session of the inbox in place of a token. */
  session?: true;
  summary: string;
  description?: string;
  parameters?: readonly Parameter[];
  body?: RequestBody;
  answers: Readonly<Record<number, Answer>>;
  /** Refusals other than those that every route with a token has. */
  problems?: readonly ProblemCode[];
};

export const idempotencyKey: Parameter = {
  name: "Idempotency-Key",
  in: "header",
  description:
    "At most 255 characters. For 48 hours, a request repeated with the same key and token is the same message.",
  schema: { type: "string", maxLength: 255 },
  example: "appt-8812-24h",
};

export const messageId: Parameter = {
  name: "id",
  in: "path",
  description: "Our id, or the wamid.",
  example: "msg_0199f2c4a1b07d3e5f60718293a4b5c6",
};

export const conversationId: Parameter = {
  name: "id",
  in: "path",
  description:
    "The conversation's id; the id of a merged one answers with the conversation that it became part of.",
};

export const page: readonly Parameter[] = [
  {
    name: "limit",
    in: "query",
    description: "The number of rows.",
    schema: { type: "integer", minimum: 1, maximum: 200, default: 50 },
  },
  { name: "cursor", in: "query", description: "The `next_cursor` of the previous page." },
];
