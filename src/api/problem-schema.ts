/** A refusal, as every route of our own answers it. */
import * as v from "valibot";
import { problemCodes } from "../lib/problem.ts";
import { described, textOrNull, timeOrNull } from "./schema.ts";

/** Why Meta refused, in Meta's own words. */
export const metaErrorSchema = v.strictObject({
  code: described(v.nullable(v.number()), "Meta's `error.code`; null if it gave none."),
  message: v.string(),
  details: textOrNull("Meta's `error_data.details`, else its `error_user_msg`."),
  fbtrace_id: textOrNull("For Meta's support."),
});

/** `application/problem+json` (RFC 9457). Programs decide on `code`. */
export const problemSchema = v.strictObject({
  type: described(v.string(), "`urn:paloma:problem:` and the code."),
  title: described(v.string(), "The code in words."),
  status: described(v.number(), "The HTTP status."),
  code: described(v.picklist(problemCodes), "Never changes its meaning: programs decide on it."),
  detail: described(v.string(), "What happened and what to do, for people."),
  request_id: described(v.string(), "Find it in the log."),
  errors: v.optional(
    described(
      v.array(v.strictObject({ pointer: v.string(), detail: v.string() })),
      "Everything that is wrong with the request: where (RFC 6901), and what to write instead.",
    ),
  ),
  meta_error: v.optional(v.nullable(metaErrorSchema)),
  message_id: v.optional(described(v.string(), "The message, which exists despite the refusal.")),
  may_have_been_sent: v.optional(
    described(
      v.literal(true),
      "The customer was erased, and the record of the message too: it may have been sent, so do not send it again.",
    ),
  ),
  expired_at: v.optional(
    timeOrNull("With `session_window_closed`: when it closed; null if it never was open."),
  ),
  templates: v.optional(
    described(
      v.array(v.string()),
      "With `session_window_closed`: the names of the templates to use.",
    ),
  ),
});
