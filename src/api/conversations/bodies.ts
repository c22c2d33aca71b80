/** Request bodies of the conversation routes. */
import * as v from "valibot";
import { keptText } from "../../lib/validate.ts";
import { requestObject } from "../schema.ts";

const SUBJECT_MAX_CHARACTERS = 256;
const OWNER_MAX_CHARACTERS = 256;
/** As long as the longest e-mail address, by which people sign in. */
export const ASSIGNEE_MAX_CHARACTERS = 254;

/** Body of `PATCH /v1/conversations/{id}`; null clears. */
export const conversationPatchBody = requestObject({
  status: v.optional(
    v.picklist(["pending", "active", "closed"], "must be pending, active or closed"),
  ),
  owner: v.optional(v.nullable(keptText(OWNER_MAX_CHARACTERS))),
  assignee: v.optional(v.nullable(keptText(ASSIGNEE_MAX_CHARACTERS))),
  subject: v.optional(v.nullable(keptText(SUBJECT_MAX_CHARACTERS))),
});

/** Body of `POST /v1/conversations/{id}/read`: the message read last, by default the newest. */
export const conversationReadBody = requestObject({ up_to: v.optional(v.string()) });
