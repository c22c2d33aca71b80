/** The request body of `PUT /v1/contacts/{address}`. */
import * as v from "valibot";
import { keptText } from "../../lib/validate.ts";
import { requestObject } from "../schema.ts";

const TEXT_MAX_CHARACTERS = 256;

const text = keptText(TEXT_MAX_CHARACTERS);

/** A member that is left out is cleared. */
export const contactBody = requestObject({
  name: v.optional(v.nullable(text), null),
  owner: v.optional(v.nullable(text), null),
});
