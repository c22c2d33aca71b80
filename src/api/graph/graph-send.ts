/**
 * Messages by way of Graph's own request and answer.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages
 */
import type { FieldError } from "../../http/problem.ts";
import { isRawNumber, textMember, type JsonObject, type JsonValue } from "../../json/json.ts";
import { parseJson } from "../../json/parse-json.ts";
import type { MessageRow } from "../../store/messages.ts";
import type { GraphSentView } from "../schemas/graph-schemas.ts";
import { withoutNulls } from "./without-nulls.ts";

/** What a request to `/v1/messages` may name the sender or the recipient by, and Graph's does not. */
const NOT_GRAPH: Readonly<Record<string, string>> = {
  from: "leave it out: the business number in the path sends",
  conversation_id: 'leave it out, and give the phone number in "to" or the user id in "recipient"',
};

/** What any call of Graph's may carry in its body: about the call, and with the caller's token in it. */
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

/** The members of a body that are of the message, as far as they are given. */
export function givenMembers(body: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(body).filter(([member, value]) => value !== null && !OF_THE_CALL.has(member)),
  );
}

/**
 * Graph's body as the body of a request to `/v1/messages`: the number in the path sends.
 *
 * @param given the members of the body that are given
 */
export function sendInput(given: JsonObject, phoneNumberId: string): JsonObject {
  // Given both, Meta goes by the phone number.
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

/** A number as its digits, all of them. */
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

/** Graph takes an object or an array as its JSON text as well; whatsapp-api-js sends contacts so. */
function structureOf(value: JsonValue): JsonValue {
  if (typeof value !== "string") return value;
  try {
    const parsed: JsonValue = parseJson(value);
    return typeof parsed === "object" ? parsed : value;
  } catch {
    return value;
  }
}

/** Members that would make it another request than Graph's. */
export function foreignMembers(body: JsonObject): FieldError[] {
  return Object.entries(NOT_GRAPH)
    .filter(([member]) => body[member] !== undefined)
    .map(([member, detail]) => ({ pointer: `/${member}`, detail }));
}

/**
 * Graph's answer to a message it takes. One that waits has no wamid yet: our own id stands in its
 * place, and is understood wherever Graph's routes take a message's id.
 */
export function sentAnswer(body: JsonObject, row: MessageRow): GraphSentView {
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

/** The recipient as Meta spells them, as far as that is known. */
function whoIs({ wa_id, phone, user_id }: MessageRow["conversation"]) {
  const phoneId = wa_id ?? phone;
  return phoneId === null ? { user_id } : { wa_id: phoneId };
}
