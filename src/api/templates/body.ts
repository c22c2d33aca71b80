/** The request body of `POST /v1/templates/preview`. */
import * as v from "valibot";
import { requiredText } from "../../lib/validate.ts";
import { anyJson, described, requestObject } from "../schema.ts";

/** Meta's limit. */
const NAME_MAX_CHARACTERS = 512;

/** Longer than any code of Meta's. */
const LANGUAGE_MAX_CHARACTERS = 20;

/** A `template` as a send has it, whose parameters may be missing. */
export const templatePreviewBody = requestObject({
  name: requiredText(NAME_MAX_CHARACTERS),
  language: v.optional(
    described(
      v.union(
        [requiredText(LANGUAGE_MAX_CHARACTERS), v.object({ code: v.string() })],
        'must be a code such as "es_MX", or {"code": "es_MX"}',
      ),
      "`es_MX` by default.",
    ),
  ),
  params: v.optional(
    described(anyJson, "The short form, by the names in the template's `params`."),
  ),
  components: v.optional(described(anyJson, "Or Meta's components.")),
});
