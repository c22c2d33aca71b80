/** What stands beside the content in a request to send. */
import * as v from "valibot";
import { isBsuid } from "../customer/bsuid.ts";
import type { JsonObject } from "../json/json.ts";
import {
  CALLBACK_DATA_MAX_CHARACTERS,
  METADATA_MAX_BYTES,
  REFERENCE_MAX_CHARACTERS,
} from "./limits.ts";
import { wanted } from "./check-value.ts";
import { parseTimestamp } from "./parse-timestamp.ts";
import { boundedText, exactly, jsonObject, looseObject } from "./schema-parts.ts";
import { templateContent } from "./template-content.ts";
import { findUnsendableValues } from "./unsendable-values.ts";

/** Whom a message goes to. */
export type Recipient =
  | {
      kind: "phone";
      /** Canonical digits. */ phone: string;
      /** As given, with `+`. */ dial: string;
    }
  /** Digits that are good only as the `wa_id` of a customer who wrote, and what is wrong with them else. */
  | { kind: "wa_id"; phone: string; dial: string; refusal: string }
  | { kind: "user"; user_id: string }
  | { kind: "conversation"; conversation_id: string };

const recipient = v.pipe(
  v.string(),
  v.check(
    isBsuid,
    'must be a user id such as "MX.13491208655302741918"; a phone number belongs in "to"',
  ),
  v.transform((user_id): Recipient => ({ kind: "user", user_id })),
);

const conversationId = v.pipe(
  v.string(),
  v.nonEmpty("must not be empty"),
  v.transform((conversation_id): Recipient => ({ kind: "conversation", conversation_id })),
);

const timeWanted = wanted('must be an RFC 3339 time, such as "2026-11-24T16:00:00Z"');

const timestamp = v.pipe(
  v.string(timeWanted),
  v.check((text) => parseTimestamp(text) !== null, timeWanted),
  v.metadata({ format: "date-time" }),
);

const metadata = v.pipe(
  jsonObject,
  v.check(
    (object) => jsonBytes(object) <= METADATA_MAX_BYTES,
    (issue) => `at most ${METADATA_MAX_BYTES} bytes of JSON, got ${jsonBytes(issue.input)}`,
  ),
);

export const sendEnvelope = v.object({
  /** Read apart: whose national numbers it may hold depends on the settings. */
  to: v.optional(v.string()),
  recipient: v.optional(recipient),
  conversation_id: v.optional(conversationId),
  type: v.optional(
    v.pipe(
      v.string(),
      v.regex(
        /^[a-z][a-z_]*$/,
        wanted('must be lower-case letters and underscores, such as "text", "image" or "template"'),
      ),
    ),
    "text",
  ),
  context: v.optional(
    looseObject({
      message_id: v.pipe(boundedText(REFERENCE_MAX_CHARACTERS), v.nonEmpty("must not be empty")),
    }),
  ),
  from: v.optional(
    v.pipe(
      v.string(),
      v.regex(
        /^\d{1,32}$/,
        wanted("must be the business number's id: digits, and not its phone number"),
      ),
    ),
  ),
  send_at: v.optional(timestamp),
  expires_at: v.optional(timestamp),
  window: v.optional(
    v.literal("meta", wanted('must be "meta", which leaves the check to Meta, or left out')),
  ),
  fallback: v.optional(templateContent),
  wait: v.optional(v.boolean(), true),
  force: v.optional(v.boolean(), false),
  metadata: v.optional(metadata),
  biz_opaque_callback_data: v.optional(boundedText(CALLBACK_DATA_MAX_CHARACTERS)),
  messaging_product: v.optional(exactly("whatsapp")),
  recipient_type: v.optional(
    v.literal(
      "individual",
      wanted('must be "individual" (write to a group by its conversation_id)'),
    ),
  ),
  recipient_identity_key_hash: v.optional(v.pipe(v.string(), v.nonEmpty("must not be empty"))),
});

// What can't be sent is reported where it stands, and could be too deep to be written out.
function jsonBytes(object: JsonObject): number {
  if (findUnsendableValues(object).length > 0) return 0;
  return new TextEncoder().encode(JSON.stringify(object)).byteLength;
}
