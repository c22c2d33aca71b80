/** The JSON body of an API request, or the refusal. */
import { encodingProblem } from "../http/content-encoding.ts";
import type { Problem } from "../http/problem.ts";
import { readBody } from "../http/read-body.ts";
import type { JsonObject } from "../json/json.ts";
import { parseJson } from "../json/parse-json.ts";

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
