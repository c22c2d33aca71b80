/** The JSON body of an API request, or the refusal. */
import type { Context } from "hono";
import { readBody } from "../http/read-body.ts";
import { problemResponse } from "../http/problem.ts";
import type { ApiEnvironment } from "./api-environment.ts";

/** A batch of 500 messages of Meta's longest texts fits. */
const BODY_LIMIT_BYTES = 10 * 1024 * 1024;

export type JsonBody = { ok: true; value: unknown } | { ok: false; response: Response };

export async function readJson(context: Context<ApiEnvironment>): Promise<JsonBody> {
  const { requestId } = context.var;
  const bytes = await readBody(context.req.raw, BODY_LIMIT_BYTES);
  if (bytes === null) {
    const detail = `The body may have ${BODY_LIMIT_BYTES} bytes.`;
    return { ok: false, response: problemResponse({ code: "too_large", detail }, requestId) };
  }
  try {
    // Not UTF-8 is not JSON: a replaced character would reach the customer.
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
    return { ok: true, value: JSON.parse(text) };
  } catch {
    const detail = "The body must be JSON in UTF-8.";
    return { ok: false, response: problemResponse({ code: "invalid_json", detail }, requestId) };
  }
}
