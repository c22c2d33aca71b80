import * as v from "valibot";
import { TEXT_BODY_MAX_CHARACTERS } from "./limits.ts";
import { looseObject, requiredText } from "./schema-parts.ts";

/** `text`: links show a preview unless the caller says otherwise. */
export const textContent = looseObject({
  body: requiredText(TEXT_BODY_MAX_CHARACTERS),
  preview_url: v.optional(v.boolean(), true),
});
