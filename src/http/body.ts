/**
 * A route's JSON body: read, checked against the route's schema, and typed for the API's client; else
 * the refusal.
 */
import type { Context, Next } from "hono";
import { createMiddleware } from "hono/factory";
import type * as v from "valibot";
import { type JsonObject, parseJson } from "../lib/json.ts";
import type { Problem, ProblemResponse } from "../lib/problem.ts";
import { readBody } from "../lib/read-body.ts";
import { checkValue } from "../lib/validate.ts";
import type { ApiEnvironment } from "./context.ts";
import { encodingProblem } from "./encoding.ts";
import { invalidRequest, refuse } from "./problems.ts";

type BodySchema = v.GenericSchema<object, object>;

/** Takes a body that matches the schema; else answers 400, 413, 415 or 422. */
export function jsonBody<Schema extends BodySchema>(schema: Schema) {
  type Body = { in: { json: v.InferInput<Schema> }; out: { json: v.InferOutput<Schema> } };
  return createMiddleware<ApiEnvironment, string, Body, ProblemResponse>((context, next) =>
    checkBody(context, next, schema, null),
  );
}

/** The same for an optional body: an empty one counts as `{}`. */
export function optionalJsonBody<Schema extends BodySchema>(schema: Schema) {
  type Body = { in: { json?: v.InferInput<Schema> }; out: { json: v.InferOutput<Schema> } };
  return createMiddleware<ApiEnvironment, string, Body, ProblemResponse>((context, next) =>
    checkBody(context, next, schema, {}),
  );
}

/** @param whenEmpty the value of an empty body; null where the body is required */
async function checkBody(
  context: Context<ApiEnvironment>,
  next: Next,
  schema: BodySchema,
  whenEmpty: JsonObject | null,
): Promise<ProblemResponse | undefined> {
  const reading = await readJson(context.req.raw, whenEmpty);
  if (!reading.ok) return refuse(context, reading.problem);
  const checked = checkValue(schema, reading.value, []);
  if (!checked.ok) return invalidRequest(context, checked.errors);
  context.req.addValidatedData("json", checked.value);
  await next();
  return undefined;
}

/** A batch of 500 messages with Meta's longest texts fits. */
const BODY_LIMIT_BYTES = 10 * 1024 * 1024;

export type JsonReading = { ok: true; value: unknown } | { ok: false; problem: Problem };

/** @param whenEmpty the value of an empty body; null where the body is required */
export async function readJson(
  request: Request,
  whenEmpty: JsonObject | null = null,
): Promise<JsonReading> {
  const encoded = encodingProblem(request);
  if (encoded !== null) return { ok: false, problem: encoded };
  const bytes = await readBody(request, BODY_LIMIT_BYTES);
  if (bytes === null) {
    const detail = `The body may have ${BODY_LIMIT_BYTES} bytes.`;
    return { ok: false, problem: { code: "too_large", detail } };
  }
  try {
    // Fatal, because a replacement character would reach the customer.
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
    const value: unknown = whenEmpty !== null && text.trim() === "" ? whenEmpty : parseJson(text);
    return { ok: true, value };
  } catch {
    const detail = "The body must be JSON in UTF-8.";
    return { ok: false, problem: { code: "invalid_json", detail } };
  }
}
