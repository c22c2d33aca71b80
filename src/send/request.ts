/** Reads and checks a request to send: its content, its options, and its times. Pure. */
import { bytesOf } from "../lib/bytes.ts";
import {
  isJsonObject,
  type JsonObject,
  jsonPointer,
  type JsonValue,
  objectMember,
  textMember,
} from "../lib/json.ts";
import type { ReadPhone } from "../lib/parse-phone.ts";
import type { FieldError } from "../lib/problem.ts";
import { DAY_MS } from "../lib/time.ts";
import {
  type CheckResult,
  checkValue,
  findUnsendableValues,
  nounOf,
  parseTimestamp,
  withDefaults,
} from "../lib/validate.ts";
import { HTTPS_ALONE, linkErrors } from "../message/files.ts";
import { contentSchema } from "./content.ts";
import {
  besideErrors,
  type Door,
  membersBeside,
  readTo,
  type Recipient,
  refusedTo,
  sendEnvelope,
} from "./envelope.ts";
import {
  BESIDE_MAX_BYTES,
  CONTENT_MAX_BYTES,
  SEND_AT_MAX_AHEAD_MS,
  SEND_AT_MAX_DAYS_AHEAD,
  SEND_AT_MAX_PAST_MS,
} from "./limits.ts";

/** The member's time in milliseconds since the epoch; null if it is absent or no time. */
function timeMember(body: JsonObject, member: "send_at" | "expires_at"): number | null {
  const value = body[member];
  return typeof value === "string" ? parseTimestamp(value) : null;
}

/** Errors in the times as such; the schema checks their format. */
function scheduleErrors(body: JsonObject, now: number): FieldError[] {
  const sendAt = timeMember(body, "send_at");
  const expiresAt = timeMember(body, "expires_at");
  const errors: FieldError[] = [];
  if (sendAt !== null && sendAt > now + SEND_AT_MAX_AHEAD_MS) {
    errors.push({
      pointer: "/send_at",
      detail: `at most ${SEND_AT_MAX_DAYS_AHEAD} days ahead, got ${Math.ceil((sendAt - now) / DAY_MS)}`,
    });
  }
  if (expiresAt !== null && sendAt !== null && expiresAt <= sendAt) {
    errors.push({ pointer: "/expires_at", detail: `must be later than send_at${got(expiresAt)}` });
  }
  return errors;
}

/**
 * Errors for times that are over. Only for a new message: a request that came in time and is repeated
 * with its key still means the earlier message.
 */
export function overdueErrors(
  { send_at: sendAt, expires_at: expiresAt }: { send_at: number | null; expires_at: number | null },
  now: number,
): FieldError[] {
  const errors: FieldError[] = [];
  if (sendAt !== null && sendAt < now - SEND_AT_MAX_PAST_MS) {
    const detail = `at most a minute in the past${got(sendAt)}: leave it out to send at once`;
    errors.push({ pointer: "/send_at", detail });
  }
  if (expiresAt !== null && expiresAt <= now) {
    errors.push({ pointer: "/expires_at", detail: `must be later than now${got(expiresAt)}` });
  }
  return errors;
}

function got(time: number): string {
  return `, got ${new Date(time).toISOString()}`;
}

export type { Recipient } from "./envelope.ts";

/** A message's content object; an array for `contacts`. */
export type MessageContent = JsonObject | readonly JsonValue[];

export type SendRequest = {
  recipient: Recipient;
  type: string;
  /** The member named by `type`, with its defaults filled in. */
  content: MessageContent;
  /** The message that it answers: a wamid or an id of ours. */
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
  /** Sends a marketing template to a customer who stopped marketing messages. */
  force: boolean;
  metadata: JsonObject | null;
  /** Members of Meta's that go on unchanged; `context` has only those unknown to us. */
  beside: JsonObject;
  biz_opaque_callback_data: string | null;
};

type SendRequestResult = { ok: true; request: SendRequest } | { ok: false; errors: FieldError[] };

/** Errors listed in one answer, so that a small hostile request can't cause a huge answer. */
const MAX_LISTED_ERRORS = 100;

const LINK_PROTOCOLS: Readonly<Record<Door, readonly string[]>> = {
  v1: HTTPS_ALONE,
  graph: ["https:", "http:"],
};

const RECIPIENT_MEMBERS = ["to", "recipient", "conversation_id"] as const;

/**
 * Reads a request to send: the Cloud API's content object and our options. Reports all violations at
 * once and cuts nothing to fit.
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
    // A value that is nested too deeply can't be searched.
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
  // A request that is refused anyway also reports what otherwise only D1 could refuse.
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
  // The envelope has the same member and reports it.
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
  // Every content schema takes only objects, or only arrays.
  if (errors.length > 0 || !content.ok || !isContent(given)) return { ok: false, errors };
  return { ok: true, value: withDefaults(given, content.value) };
}

function isContent(value: JsonValue | undefined): value is MessageContent {
  return typeof value === "object" && value !== null;
}

function recipientErrors(body: JsonObject): FieldError[] {
  const given = RECIPIENT_MEMBERS.filter((member) => body[member] !== undefined);
  if (given.length === 1) return [];
  const names = given.join(" and ") || "none";
  return [
    { pointer: "", detail: `give exactly one of ${RECIPIENT_MEMBERS.join(", ")}; got ${names}` },
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

/** Errors where a content, or the members besides it, is larger than a row can hold. */
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
  const bytes = bytesOf(JSON.stringify(value));
  if (bytes <= mostBytes) return [];
  const where = path.length === 0 ? "members besides the content: " : "";
  const detail = `${where}at most ${mostBytes} bytes of JSON, got ${bytes}`;
  return [{ pointer: jsonPointer(path), detail }];
}

function fallbackErrors(body: JsonObject): FieldError[] {
  if (body["type"] !== "template" || body["fallback"] === undefined) return [];
  const detail = "a template needs no fallback, because it can be sent at any time: leave it out";
  return [{ pointer: "/fallback", detail }];
}

function refuse(errors: FieldError[]): SendRequestResult {
  if (errors.length <= MAX_LISTED_ERRORS) return { ok: false, errors };
  const left = errors.length - MAX_LISTED_ERRORS;
  const listed = errors.slice(0, MAX_LISTED_ERRORS);
  return { ok: false, errors: [...listed, { pointer: "", detail: `and ${left} more errors` }] };
}

/** JSON with its members in one order, so that equal requests have equal text. */
export function canonicalJson(value: JsonValue): string {
  return JSON.stringify(sorted(value));
}

function sorted(value: JsonValue | undefined): JsonValue | undefined {
  if (Array.isArray(value)) return value.map((element: JsonValue) => sorted(element) ?? null);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .toSorted()
      .map((member) => [member, sorted(value[member])]),
  );
}
