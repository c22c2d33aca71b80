/** The JSON body of an API request, or the refusal. */
import type { Context } from "hono";
import { readBody } from "../http/read-body.ts";
import { problemResponse } from "../http/problem.ts";
import type { JsonObject } from "../json.ts";
import type { ApiEnvironment } from "./api-environment.ts";

/** A batch of 500 messages of Meta's longest texts fits. */
const BODY_LIMIT_BYTES = 10 * 1024 * 1024;

export type JsonBody = { ok: true; value: unknown } | { ok: false; response: Response };

export async function readJson(context: Context<ApiEnvironment>): Promise<JsonBody> {
  return parseJson(context, await readBody(context.req.raw, BODY_LIMIT_BYTES), null);
}

/** The same where the body may be left out: then it is an empty object. */
export async function readOptionalJson(context: Context<ApiEnvironment>): Promise<JsonBody> {
  return parseJson(context, await readBody(context.req.raw, BODY_LIMIT_BYTES), {});
}

function parseJson(
  context: Context<ApiEnvironment>,
  bytes: Uint8Array | null,
  whenEmpty: JsonObject | null,
): JsonBody {
  const { requestId } = context.var;
  if (bytes === null) {
    const detail = `The body may have ${BODY_LIMIT_BYTES} bytes.`;
    return { ok: false, response: problemResponse({ code: "too_large", detail }, requestId) };
  }
  try {
    // Not UTF-8 is not JSON: a replaced character would reach the customer.
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
    const value: unknown = whenEmpty !== null && text.trim() === "" ? whenEmpty : JSON.parse(text);
    return { ok: true, value };
  } catch {
    const detail = "The body must be JSON in UTF-8.";
    return { ok: false, response: problemResponse({ code: "invalid_json", detail }, requestId) };
  }
}
