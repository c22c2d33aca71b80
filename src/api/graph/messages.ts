/**
 * `POST /{phone_number_id}/messages`: sends a message, or marks a customer's message as read. Graph's
 * request becomes one of `/v1/messages`, and the answer has Graph's shape.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages
 */
import type { Context } from "hono";
import { createGraphClient } from "../../graph/client.ts";
import { readJson } from "../../http/body.ts";
import type { ApiEnvironment } from "../../http/context.ts";
import { invalidProblem, metaProblem, unknownProblem } from "../../http/problems.ts";
import { createRoutes } from "../../http/routes.ts";
import {
  isJsonObject,
  isRawNumber,
  type JsonObject,
  type JsonValue,
  jsonIn,
  textMember,
} from "../../lib/json.ts";
import type { FieldError, Problem, ProblemCode } from "../../lib/problem.ts";
import { checkValue, findUnsendableValues, MAX_DEPTH_LEVELS, nounOf } from "../../lib/validate.ts";
import { sendMessage } from "../../send/send.ts";
import { type MessageRow } from "../../store/messages.ts";
import { findMessage } from "../../store/find-message.ts";
import { sendResult } from "../messages/answer.ts";
import { readSend } from "../messages/read.ts";
import { authorizeGraph, refuse, requireGraphId } from "./context.ts";
import { readMarkSchema, unknownMembers } from "./read-mark.ts";
import type { GraphSentView } from "./schema.ts";

/** Data for the business's own flow, by the object that contains it: there, null is a value. */
const FREE_FORM: ReadonlyMap<string, string> = new Map([
  ["flow_action_payload", "data"],
  ["action", "flow_action_data"],
]);

/** Removes members that are null, at any depth: Graph treats them as absent. List elements stay. */
function withoutNulls(value: JsonValue): JsonValue {
  return cleaned(value, "", 0);
}

/** @param name the member whose value this is */
function cleaned(value: JsonValue, name: string, level: number): JsonValue {
  // A request that nests deeper is refused.
  if (level > MAX_DEPTH_LEVELS) return value;
  if (Array.isArray(value)) {
    return value.map((item: JsonValue) => cleaned(item, name, level + 1));
  }
  return isJsonObject(value) ? cleanedMembers(value, name, level) : value;
}

function cleanedMembers(object: JsonObject, name: string, level: number): JsonObject {
  return Object.fromEntries(
    Object.entries(object).flatMap(([member, value]) => {
      if (value === null || value === undefined) return [];
      if (FREE_FORM.get(name) === member) return [[member, value]];
      return [[member, cleaned(value, member, level + 1)]];
    }),
  );
}

/** Members that name the sender or the recipient in `/v1/messages` but not in Graph's requests. */
const NOT_GRAPH: Readonly<Record<string, string>> = {
  from: "leave it out: the business number in the path sends",
  conversation_id: 'leave it out, and give the phone number in "to" or the user id in "recipient"',
};

/** Members about the call, which any body of Graph's may have; one is the caller's token. */
const OF_THE_CALL: ReadonlySet<string> = new Set([
  "access_token",
  "appsecret_proof",
  "callback",
  "debug",
  "fields",
  "format",
  "method",
  "suppress_http_code",
]);

/** The members of a body that are about the message and not null. */
function givenMembers(body: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(body).filter(([member, value]) => value !== null && !OF_THE_CALL.has(member)),
  );
}

/**
 * Graph's body as a body of `/v1/messages`: the number in the path sends.
 *
 * @param given the body's members about the message
 */
export function sendInput(given: JsonObject, phoneNumberId: string): JsonObject {
  // With both, Meta uses the phone number.
  const { recipient, to, ...rest } = given;
  const type = textMember(given, "type") ?? "text";
  return {
    ...rest,
    ...(to === undefined ? {} : { to: digitsOf(to) }),
    ...(recipient === undefined || to !== undefined ? {} : { recipient }),
    ...readMember(rest, "context", (context) => context),
    ...readMember(rest, "fallback", (fallback) => fallback),
    ...readMember(rest, type, structureOf),
    from: phoneNumberId,
  };
}

/** A JSON number as text with all its digits. */
function digitsOf(to: JsonValue): JsonValue {
  return typeof to === "number" || isRawNumber(to) ? JSON.stringify(to) : to;
}

function readMember(
  given: JsonObject,
  member: string,
  read: (value: JsonValue) => JsonValue,
): JsonObject {
  const value = Object.hasOwn(given, member) ? given[member] : undefined;
  return value === undefined ? {} : { [member]: withoutNulls(read(value)) };
}

/** Graph also accepts an object or an array as JSON text, as whatsapp-api-js sends contacts. */
function structureOf(value: JsonValue): JsonValue {
  if (typeof value !== "string") return value;
  const parsed = jsonIn(value);
  return typeof parsed === "object" ? parsed : value;
}

/** Errors for members that Graph's requests do not have and we would misread. */
export function foreignMembers(body: JsonObject): FieldError[] {
  return Object.entries(NOT_GRAPH)
    .filter(([member]) => body[member] !== undefined)
    .map(([member, detail]) => ({ pointer: `/${member}`, detail }));
}

/**
 * Graph's answer to an accepted message. A message that waits has no wamid yet: the answer has our id
 * instead, which all Graph routes accept as a message's id.
 */
function sentAnswer(body: JsonObject, row: MessageRow): GraphSentView {
  return {
    messaging_product: "whatsapp",
    contacts: [
      {
        input: textMember(body, "to") ?? textMember(body, "recipient"),
        ...whoIs(row.conversation),
      },
    ],
    messages: [{ id: row.wamid ?? row.id }],
  };
}

/** The recipient as Meta spells them, if known. */
function whoIs({ wa_id, phone, user_id }: MessageRow["conversation"]) {
  const phoneId = wa_id ?? phone;
  return phoneId === null ? { user_id } : { wa_id: phoneId };
}

type GraphContext = Context<ApiEnvironment>;

/** Refusals of a request whose message exists and is still sent. */
const STANDING: ReadonlySet<ProblemCode> = new Set(["unavailable", "idempotency_in_progress"]);

export const graphMessageRoutes = createRoutes().post(
  "/:phone_number_id/messages",
  authorizeGraph("send"),
  requireGraphId("phone_number_id"),
  async (context) => {
    const reading = await readJson(context.req.raw);
    if (!reading.ok) return refuse(context, reading.problem);
    if (!isJsonObject(reading.value)) {
      const detail = `must be a JSON object, got ${nounOf(reading.value)}`;
      return refuse(context, invalidProblem([{ pointer: "", detail }]));
    }
    const body = givenMembers(reading.value);
    const phoneNumberId = context.req.param("phone_number_id");
    return body["status"] === undefined
      ? send(context, phoneNumberId, body)
      : markAsRead(context, phoneNumberId, body);
  },
);

async function send(
  context: GraphContext,
  phoneNumberId: string,
  body: JsonObject,
): Promise<Response> {
  const foreign = foreignMembers(body);
  if (foreign.length > 0) return refuse(context, invalidProblem(foreign));
  const key = context.req.header("idempotency-key");
  const reading = await readSend(sendInput(body, phoneNumberId), key, context.var, "graph");
  if (!reading.ok) return refuse(context, invalidProblem(reading.errors));
  const { request, claim } = reading.entry;
  const result = sendResult(await sendMessage(context.env, request, phoneNumberId, claim));
  const response = result.ok
    ? context.json(sentAnswer(body, result.row))
    : await refuseSend(context, body, result.problem);
  if (result.replayed) response.headers.set("idempotent-replayed", "true");
  return response;
}

/** Answers success if the message exists: after an error Graph's clients send it again, without a key. */
async function refuseSend(
  context: GraphContext,
  body: JsonObject,
  problem: Problem,
): Promise<Response> {
  // `/from` is the number in the path, which Graph calls an object.
  if (problem.errors?.some(({ pointer }) => pointer === "/from") === true) {
    return refuse(context, unknownProblem("business number"));
  }
  const id = STANDING.has(problem.code) ? problem.members?.message_id : undefined;
  const row = id === undefined ? null : await findMessage(context.var.database, id);
  return row === null ? refuse(context, problem) : context.json(sentAnswer(body, row));
}

async function markAsRead(
  context: GraphContext,
  phoneNumberId: string,
  body: JsonObject,
): Promise<Response> {
  const unsendable = findUnsendableValues(body);
  if (unsendable.length > 0) return refuse(context, invalidProblem(unsendable));
  const checked = checkValue(readMarkSchema, withoutNulls(body), []);
  if (!checked.ok) return refuse(context, invalidProblem(checked.errors));
  const { message_id: id, typing_indicator: typing } = checked.value;
  const row = await findMessage(context.var.database, id);
  // Whether a wamid that we don't know is a message of the number's is Meta's to say.
  const wamid = row === null && !id.startsWith("msg_") ? id : row?.wamid;
  if (!wamid || row?.direction === "outbound") {
    const detail = "must be the id of a message from a customer";
    return refuse(context, invalidProblem([{ pointer: "/message_id", detail }]));
  }
  const client = createGraphClient(context.var.config);
  const answer = await client.markAsRead(phoneNumberId, wamid, {
    typing: typing !== undefined,
    beside: unknownMembers(body),
  });
  return answer.ok
    ? context.json({ success: true })
    : refuse(context, metaProblem(answer, "rejected_by_meta"));
}
