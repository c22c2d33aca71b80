import * as v from "valibot";
import { anyObject, described } from "./schema-words.ts";

/** A refusal, `application/problem+json` (RFC 9457). Its `code` is what programs decide on. */
export const problemSchema = v.looseObject({
  type: v.string(),
  title: v.string(),
  status: v.number(),
  code: described(v.string(), "Constant; decide on this one."),
  detail: described(v.string(), "What happened and what to do, for people."),
  request_id: described(v.string(), "Leads to the log."),
  errors: v.optional(
    described(
      v.array(v.strictObject({ pointer: v.string(), detail: v.string() })),
      "Everything that is wrong with the request: where (RFC 6901) and what to write instead.",
    ),
  ),
  meta_error: v.optional(
    described(v.nullable(anyObject), "Meta's own code, message, details and fbtrace_id."),
  ),
  message_id: v.optional(described(v.string(), "The message that exists nevertheless.")),
});
