/**
 * A route's JSON body: read, checked, and known by its type to the API's client.
 *
 * The JSON body of an API request, or the refusal.
 */
import type { Context, Next } from "hono";
import { createMiddleware } from "hono/factory";
import type * as v from "valibot";
import { type JsonObject, parseJson } from "../lib/json.ts";
import { type Problem, problemResponse, type ProblemResponse } from "../lib/problem.ts";
import { readBody } from "../lib/read-body.ts";
import { checkValue } from "../lib/validate.ts";
import type { ApiEnvironment } from "./context.ts";
import { encodingProblem } from "./encoding.ts";
import { invalidRequest } from "./problems.ts";

/** A batch of 500 messages of Meta's longest texts fits. */
const BODY_LIMIT_BYTES = 10 * 1024 * 1024;

export type JsonReading = { ok: true; value: unknown } | { ok: false; problem: Problem };

/** @param whenEmpty what an empty body stands for; null where there must be one */
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
    // Not UTF-8 is not JSON: a replaced character would reach the customer.
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
    const value: unknown = whenEmpty !== null && text.trim() === "" ? whenEmpty : parseJson(text);
    return { ok: true, value };
  } catch {
    const detail = "The body must be JSON in UTF-8.";
    return { ok: false, problem: { code: "invalid_json", detail } };
  }
}

type BodySchema = v.GenericSchema<object, object>;

/** The body that the schema takes; 400, 413 or 422 where it is none. */
export function jsonBody<Schema extends BodySchema>(schema: Schema) {
  type Body = { in: { json: v.InferInput<Schema> }; out: { json: v.InferOutput<Schema> } };
  return createMiddleware<ApiEnvironment, string, Body, ProblemResponse>((context, next) =>
    checkBody(context, next, schema, null),
  );
}

/** The same where it may be left out: then it is an empty object. */
export function optionalJsonBody<Schema extends BodySchema>(schema: Schema) {
  type Body = { in: { json?: v.InferInput<Schema> }; out: { json: v.InferOutput<Schema> } };
  return createMiddleware<ApiEnvironment, string, Body, ProblemResponse>((context, next) =>
    checkBody(context, next, schema, {}),
  );
}

/** @param whenEmpty what an empty body stands for; null where there must be one */
async function checkBody(
  context: Context<ApiEnvironment>,
  next: Next,
  schema: BodySchema,
  whenEmpty: JsonObject | null,
): Promise<ProblemResponse | undefined> {
  const reading = await readJson(context.req.raw, whenEmpty);
  if (!reading.ok) return problemResponse(reading.problem, context.var.requestId);
  const checked = checkValue(schema, reading.value, []);
  if (!checked.ok) return invalidRequest(context, checked.errors);
  context.req.addValidatedData("json", checked.value);
  await next();
  return undefined;
}
