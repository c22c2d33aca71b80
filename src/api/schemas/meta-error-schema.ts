import * as v from "valibot";
import { described, textOrNull } from "./schema-words.ts";

/** Why Meta refused, in Meta's own words. */
export const metaErrorSchema = v.strictObject({
  code: described(v.nullable(v.number()), "Meta's `error.code`; null where it gave none."),
  message: v.string(),
  details: textOrNull("Meta's `error_data.details`, else its `error_user_msg`."),
  fbtrace_id: textOrNull("For Meta's support."),
});
