import assert from "node:assert/strict";
import * as v from "valibot";
import type { JsonAnswer } from "../../../scripts/client/json-client.ts";

/** The body of an answer; where it is another than was asked for, the error shows the whole answer. */
export function readAnswer<Body>(
  what: string,
  { status, body }: JsonAnswer,
  schema: v.GenericSchema<unknown, Body>,
): Body {
  const parsed = v.safeParse(schema, body);
  assert.ok(parsed.success, `${what} was answered ${status}: ${JSON.stringify(body)}`);
  return parsed.output;
}
