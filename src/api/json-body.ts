/** A route's JSON body: read, checked, and known by its type to the API's client. */
import type { Context, Next } from "hono";
import { createMiddleware } from "hono/factory";
import type * as v from "valibot";
import { problemResponse, type ProblemResponse } from "../http/problem.ts";
import type { JsonObject } from "../json/json.ts";
import { checkValue } from "../messages/check-value.ts";
import type { ApiEnvironment } from "./api-environment.ts";
import { invalidRequest } from "./invalid-request.ts";
import { readJson } from "./read-json.ts";

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
