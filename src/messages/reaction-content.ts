import * as v from "valibot";
import { looseObject } from "./schema-parts.ts";

/** `reaction`: one emoji on a message; an empty one takes the reaction back. */
export const reactionContent = looseObject({
  message_id: v.pipe(v.string(), v.nonEmpty("must be the id of the message to react to")),
  emoji: v.pipe(
    v.string(),
    v.maxGraphemes(
      1,
      ({ received }) =>
        `must be one emoji, or empty to take the reaction back; got ${received} characters`,
    ),
  ),
});
