/** A request to send, read and checked. */
import type { ReadPhone } from "../customer/parse-phone.ts";
import type { FieldError } from "../http/problem.ts";
import {
  isJsonObject,
  objectMember,
  textMember,
  type JsonObject,
  type JsonValue,
} from "../json/json.ts";
import { jsonPointer } from "../json/json-pointer.ts";
import { checkValue, nounOf, type CheckResult } from "./check-value.ts";
import { HTTPS_ALONE, linkErrors } from "./file-references.ts";
import { BESIDE_MAX_BYTES, CONTENT_MAX_BYTES } from "./limits.ts";
import { besideErrors, membersBeside, type Door } from "./members-beside.ts";
import { contentSchema } from "./message-content.ts";
import { readTo, refusedTo } from "./read-recipient.ts";
import { scheduleErrors, timeMember } from "./send-schedule.ts";
import { sendEnvelope, type Recipient } from "./send-envelope.ts";
import { findUnsendableValues } from "./unsendable-values.ts";
import { withDefaults } from "./with-defaults.ts";

export type { Recipient } from "./send-envelope.ts";

/** A message's content object; an array for `contacts`. */
export type MessageContent = JsonObject | readonly JsonValue[];

export type SendRequest = {
  recipient: Recipient;
  type: string;
  /** The member named by `type`, whole, with the defaults in it. */
  content: MessageContent;
  /** The message it answers: a wamid or an id of ours. */
  reply_to: string | null;
  /** The business number's id; null for the configured one. */
  from: string | null;
  /** Milliseconds since the epoch. */
  send_at: number | null;
  /** Milliseconds since the epoch. */
  expires_at: number | null;
  window: "ours" | "meta";
  /** The template to send if the session window is closed. */
  fallback: JsonObject | null;
  wait: boolean;
  /** Sends a marketing template to someone who stopped them. */
  force: boolean;
  metadata: JsonObject | null;
  /** Members of Meta's beside the content that go on as they are; `context` has its others. */
  beside: JsonObject;
  biz_opaque_callback_data: string | null;
};

export type SendRequestResult =
  | { ok: true; request: SendRequest }
  | { ok: false; errors: FieldError[] };

/** Errors listed in one answer, so that a small hostile request can't ask for a huge answer. */
const MAX_LISTED_ERRORS = 100;

const LINK_PROTOCOLS: Readonly<Record<Door, readonly string[]>> = {
  v1: HTTPS_ALONE,
  graph: ["https:", "http:"],
};

const RECIPIENT_MEMBERS = ["to", "recipient", "conversation_id"] as const;

/**
 * Reads a request to send: the content object of the Cloud API and our options beside it. All
 * violations are reported at once, and nothing is cut to fit.
 *
 * @param now milliseconds since the epoch
 */
export function parseSendRequest(
  body: unknown,
  now: number,
  readPhone: ReadPhone,
  door: Door = "v1",
): SendRequestResult {
  if (!isJsonObject(body)) {
    return refuse([{ pointer: "", detail: `must be a JSON object, got ${nounOf(body)}` }]);
  }
  const envelope = checkValue(sendEnvelope, body, []);
  const content = checkContent(body, door);
  const { to } = body;
  const addressee = typeof to === "string" ? readTo(to, readPhone) : null;
  const unsendable = findUnsendableValues(body);
  const errors = [
    ...unsendable,
    // What is nested without end can't be looked through.
    ...(unsendable.length > 0 ? [] : fileErrors(body, door)),
    ...recipientErrors(body),
    ...(addressee?.ok === false ? addressee.errors : []),
    ...(envelope.ok ? [] : envelope.errors),
    ...(content.ok ? [] : content.errors),
    ...fallbackErrors(body),
    ...scheduleErrors(body, now),
  ];
  if (errors.length === 0) errors.push(...sizeErrors(body));
  const named = addressee?.ok === true ? addressee.value : undefined;
  // Where the request is refused anyway, what only its resolution would refuse is told as well.
  const uncertain = named?.kind === "wa_id" ? [refusedTo(named.refusal)] : [];
  if (!envelope.ok || !content.ok) return refuse([...errors, ...uncertain]);
  const options = envelope.value;
  const recipient = named ?? options.recipient ?? options.conversation_id;
  if (recipient === undefined || errors.length > 0) return refuse([...errors, ...uncertain]);
  return {
    ok: true,
    request: {
      recipient,
      type: options.type,
      content: content.value,
      reply_to: options.context?.message_id ?? null,
      from: options.from ?? null,
      send_at: timeMember(body, "send_at"),
      expires_at: timeMember(body, "expires_at"),
      window: options.window ?? "ours",
      fallback: withDefaults(objectMember(body, "fallback"), options.fallback),
      wait: options.wait,
      force: options.force,
      metadata: options.metadata ?? null,
      beside: membersBeside(body, options.type),
      biz_opaque_callback_data: options.biz_opaque_callback_data ?? null,
    },
  };
}

function checkContent(body: JsonObject, door: Door): CheckResult<MessageContent> {
  const type = checkValue(sendEnvelope.entries.type, body["type"], []);
  // The envelope, which has the same member, reports it.
  if (!type.ok) return { ok: false, errors: [] };
  const name = type.value;
  if (Object.hasOwn(sendEnvelope.entries, name)) {
    const detail = `"${name}" is an option of the request, not a type of message`;
    return { ok: false, errors: [{ pointer: "/type", detail }] };
  }
  const given = Object.hasOwn(body, name) ? body[name] : undefined;
  const content = checkValue(contentSchema(name), given, [name]);
  const missing = `is required: the content of a message of type "${name}"`;
  const errors = [
    ...(given === undefined ? [{ pointer: jsonPointer([name]), detail: missing }] : []),
    ...(content.ok || given === undefined ? [] : content.errors),
    ...besideErrors(body, name, door),
  ];
  // Every schema of a content takes objects only, or arrays only.
  if (errors.length > 0 || !content.ok || !isContent(given)) return { ok: false, errors };
  return { ok: true, value: withDefaults(given, content.value) };
}

function isContent(value: JsonValue | undefined): value is MessageContent {
  return typeof value === "object" && value !== null;
}

function recipientErrors(body: JsonObject): FieldError[] {
  const given = RECIPIENT_MEMBERS.filter((member) => body[member] !== undefined);
  if (given.length === 1) return [];
  const got = given.join(" and ") || "none";
  return [
    { pointer: "", detail: `give exactly one of ${RECIPIENT_MEMBERS.join(", ")}; got ${got}` },
  ];
}

function fileErrors(body: JsonObject, door: Door): FieldError[] {
  const type = textMember(body, "type") ?? "text";
  const content = Object.hasOwn(body, type) ? body[type] : undefined;
  const protocols = LINK_PROTOCOLS[door];
  return [
    ...(content === undefined ? [] : linkErrors(type, content, [type], protocols)),
    ...linkErrors("template", body["fallback"] ?? null, ["fallback"], protocols),
  ];
}

/** Where a content, or what stands beside it, is larger than what can be kept of it. */
function sizeErrors(body: JsonObject): FieldError[] {
  const type = textMember(body, "type") ?? "text";
  const contents = [type, "fallback"].flatMap((name) => {
    const content = Object.hasOwn(body, name) ? body[name] : undefined;
    return sizeError(content, CONTENT_MAX_BYTES, [name]);
  });
  return [...contents, ...sizeError(membersBeside(body, type), BESIDE_MAX_BYTES, [])];
}

function sizeError(
  value: JsonValue | undefined,
  mostBytes: number,
  path: readonly string[],
): FieldError[] {
  if (value === undefined) return [];
  const bytes = new TextEncoder().encode(JSON.stringify(value)).byteLength;
  if (bytes <= mostBytes) return [];
  const where = path.length === 0 ? "members beside the content: " : "";
  const detail = `${where}at most ${mostBytes} bytes of JSON, got ${bytes}`;
  return [{ pointer: jsonPointer(path), detail }];
}

function fallbackErrors(body: JsonObject): FieldError[] {
  if (body["type"] !== "template" || body["fallback"] === undefined) return [];
  const detail = "a template needs none, for it may go out at any time: leave it out";
  return [{ pointer: "/fallback", detail }];
}

function refuse(errors: FieldError[]): SendRequestResult {
  if (errors.length <= MAX_LISTED_ERRORS) return { ok: false, errors };
  const left = errors.length - MAX_LISTED_ERRORS;
  const listed = errors.slice(0, MAX_LISTED_ERRORS);
  return { ok: false, errors: [...listed, { pointer: "", detail: `and ${left} more errors` }] };
}
