/**
 * What a send request has besides its content: the recipient, our own options, and members of Meta's
 * that go on unchanged.
 */
import * as v from "valibot";
import { isBsuid } from "../lib/address.ts";
import { bytesOf } from "../lib/bytes.ts";
import { type JsonObject, jsonPointer, objectMember } from "../lib/json.ts";
import type { ReadPhone } from "../lib/parse-phone.ts";
import { canonicalPhone } from "../lib/phone.ts";
import type { FieldError } from "../lib/problem.ts";
import {
  boundedText,
  exactly,
  findUnsendableValues,
  jsonObject,
  looseObject,
  parseTimestamp,
  wanted,
} from "../lib/validate.ts";
import { messageContents, templateContent } from "./content.ts";
import {
  CALLBACK_DATA_MAX_CHARACTERS,
  METADATA_MAX_BYTES,
  REFERENCE_MAX_CHARACTERS,
} from "./limits.ts";

/** The recipient of a message. */
export type Recipient =
  | {
      kind: "phone";
      /** Canonical digits. */
      phone: string;
      /** As given, with `+`. */
      dial: string;
    }
  /** Digits that are no phone number, but may be the `wa_id` of a customer who wrote; else `refusal`. */
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
  /** `readTo` reads it, because the settings say which country's national numbers it may contain. */
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

// An unsendable value is reported at its own place, and may be too deep for JSON.stringify.
function jsonBytes(object: JsonObject): number {
  if (findUnsendableValues(object).length > 0) return 0;
  return bytesOf(JSON.stringify(object));
}

type RecipientResult = { ok: true; value: Recipient } | { ok: false; errors: FieldError[] };

/** Meta answers 200 to a BSUID in `to` and drops the message, so a BSUID is read as `recipient`. */
export function readTo(to: string, readPhone: ReadPhone): RecipientResult {
  if (isBsuid(to)) return { ok: true, value: { kind: "user", user_id: to } };
  const phone = readPhone(to);
  if (phone.ok) return { ok: true, value: { kind: "phone", ...dialled(phone.digits) } };
  const { waId, detail: refusal } = phone;
  return waId === null
    ? { ok: false, errors: [refusedTo(refusal)] }
    : { ok: true, value: { kind: "wa_id", ...dialled(waId), refusal } };
}

export function refusedTo(detail: string): FieldError {
  return { pointer: "/to", detail };
}

function dialled(digits: string): { phone: string; dial: string } {
  return { phone: canonicalPhone(digits), dial: `+${digits}` };
}

/** The routes that a request came by: the routes for Graph's clients also take members unknown to us. */
export type Door = "v1" | "graph";

/** The only member of the envelope that goes on to Meta unchanged. */
const IDENTITY_KEY_HASH = "recipient_identity_key_hash";

const CONTEXT_MEMBERS: readonly string[] = ["message_id"];

/** Errors for members that neither the request of this type nor its `context` may have. */
export function besideErrors(body: JsonObject, type: string, door: Door): FieldError[] {
  const unknown = [
    ...unknownNames(body, envelopeMembers(type)).map((name) => [name]),
    ...unknownNames(contextOf(body), CONTEXT_MEMBERS).map((name) => ["context", name]),
  ];
  return unknown.flatMap((path) => {
    const [name = ""] = path;
    if (path.length === 1 && messageContents.has(name)) {
      const detail = `is the content of another type: set "type" to "${name}", or leave it out`;
      return [{ pointer: jsonPointer(path), detail }];
    }
    if (door === "graph") return [];
    const detail = "is unknown here: leave it out, or move it into the content if it is Meta's";
    return [{ pointer: jsonPointer(path), detail }];
  });
}

/** Members of a valid request that go on to Meta unchanged; `context` has only its unknown ones. */
export function membersBeside(body: JsonObject, type: string): JsonObject {
  const context = picked(contextOf(body), unknownNames(contextOf(body), CONTEXT_MEMBERS));
  return {
    ...picked(body, [IDENTITY_KEY_HASH, ...unknownNames(body, envelopeMembers(type))]),
    ...(Object.keys(context).length === 0 ? {} : { context }),
  };
}

function envelopeMembers(type: string): readonly string[] {
  return [type, ...Object.keys(sendEnvelope.entries)];
}

function contextOf(body: JsonObject): JsonObject {
  return objectMember(body, "context") ?? {};
}

function unknownNames(object: JsonObject, known: readonly string[]): string[] {
  return Object.keys(object).filter((name) => !known.includes(name));
}

function picked(object: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(
    names.flatMap((name) => (object[name] === undefined ? [] : [[name, object[name]]])),
  );
}
