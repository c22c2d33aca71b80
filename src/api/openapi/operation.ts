/**
 * One route as the reference describes it.
 *
 * Parameters that several routes share.
 */
import type * as v from "valibot";
import type { Scope } from "../../config/config.ts";
import type { ProblemCode } from "../../lib/problem.ts";

/** The groups of operations, and what each is for. */
export const tagDescriptions = {
  Messages: "Send, look up, cancel and repeat.",
  Conversations: "The inbox: who wrote, what was said, and what is unread.",
  Contacts: "The people behind the conversations.",
  Media: "Files, to send and as received.",
  Templates: "What may be sent at any time, as Meta has it.",
  Operating: "What an operator looks at.",
  "For clients of the Graph API": "The routes that libraries made for Meta's Graph API call.",
  "Meta's webhook": "Meta alone calls it.",
  About: "Whether it runs, and this description. No token is asked for.",
  "Events to subscribers": "What Paloma sends to the addresses in `EVENT_SUBSCRIBERS`.",
} as const;

type Tag = keyof typeof tagDescriptions;

/** A schema that validates, or JSON Schema where none does. */
export type Shape = v.GenericSchema | JsonSchema;

export type JsonSchema = { readonly [keyword: string]: unknown };

export type Parameter = {
  name: string;
  in: "path" | "query" | "header";
  /** Those of a path always are. */
  required?: true;
  description: string;
  schema?: JsonSchema;
  example?: string;
};

/** What the route takes in its body. */
type RequestBody = {
  required: boolean;
  /** By media type. */
  content: Readonly<Record<string, Shape>>;
  /** JSON bodies by what they show; each is run as a test. */
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
  /** The scope a token needs; null where none is asked for. */
  scope: Scope | null;
  summary: string;
  description?: string;
  parameters?: readonly Parameter[];
  body?: RequestBody;
  answers: Readonly<Record<number, Answer>>;
  /** Refusals beside those that every route with a token has. */
  problems?: readonly ProblemCode[];
};

export const idempotencyKey: Parameter = {
  name: "Idempotency-Key",
  in: "header",
  description:
    "At most 255 characters, per token, for 48 hours: a repeated request is the same message.",
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
  description: "Of a conversation; that of a merged one answers with the one that survived.",
};

export const page: readonly Parameter[] = [
  {
    name: "limit",
    in: "query",
    description: "How many.",
    schema: { type: "integer", minimum: 1, maximum: 200, default: 50 },
  },
  { name: "cursor", in: "query", description: "The `next_cursor` of the page before." },
];
