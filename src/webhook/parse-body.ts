/** The webhook body as JSON. */
import type { JsonValue } from "../json/json.ts";
import { parseJson } from "../json/parse-json.ts";

export type ParsedBody = { ok: true; value: JsonValue } | { ok: false };

export function parseBody(text: string): ParsedBody {
  try {
    return { ok: true, value: parseJson(text) };
  } catch {
    return { ok: false };
  }
}
