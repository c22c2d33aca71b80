/** Members of a request beside the content that are Meta's: what of them goes on, what is refused. */
import type { FieldError } from "../http/problem.ts";
import { jsonPointer } from "../json/json-pointer.ts";
import { objectMember, type JsonObject } from "../json/json.ts";
import { messageContents } from "./message-content.ts";
import { sendEnvelope } from "./send-envelope.ts";

/** Which routes a request came by: those for Graph's clients take what Graph takes. */
export type Door = "v1" | "graph";

/** The only member of the envelope that goes on to Meta as it is. */
const IDENTITY_KEY_HASH = "recipient_identity_key_hash";

const CONTEXT_MEMBERS: readonly string[] = ["message_id"];

/** What can't stand beside the content of this type, nor beside the message that it replies to. */
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

/** Those that go on as they are, of a request in which none is wrong; `context` has its others. */
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
