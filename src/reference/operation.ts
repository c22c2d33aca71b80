/** One route as the reference describes it. */
import type * as v from "valibot";
import type { Scope } from "../config.ts";
import type { ProblemCode } from "../http/problem.ts";
import type { Tag } from "./tags.ts";

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
export type RequestBody = {
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
