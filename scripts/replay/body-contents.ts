/**
 * What a webhook body says, so that it can be looked for afterwards. Written apart from the
 * Worker's own reading of a body: what that overlooks is missed here.
 */
import { isJsonObject, type JsonObject, type JsonValue } from "../../src/lib/json.ts";

export type SaidThing =
  | { kind: "message"; wamid: string | null; value: JsonValue }
  | {
      kind: "status";
      wamid: string | null;
      phoneNumberId: string | null;
      status: string | null;
      value: JsonValue;
    }
  | { kind: "event"; field: string; value: JsonValue };

/** Arrays of messages: what customers wrote, and what the business wrote from its phone. */
const MESSAGE_LISTS = new Set(["messages", "message_echoes"]);

/** Members of a value that say nothing by themselves. */
const ENVELOPE = new Set(["messaging_product", "metadata", "contacts"]);

/** Everything in a body: each message, each status, and every other change as an event. */
export function bodyContents(body: JsonValue): SaidThing[] {
  const changes = isJsonObject(body) ? changesOf(body) : null;
  return changes === null
    ? [{ kind: "event", field: "unknown", value: body }]
    : changes.flatMap(changeContents);
}

/** Null for a body that is not built as Meta builds it. */
function changesOf(body: JsonObject): JsonObject[] | null {
  const entries = body["entry"];
  if (!isListOfObjects(entries)) return null;
  const lists = entries.map((entry) => entry["changes"]);
  return lists.every(isListOfObjects) ? lists.flat() : null;
}

function changeContents(change: JsonObject): SaidThing[] {
  const field = textOf(change["field"]) ?? "unknown";
  const { value = null } = change;
  const holdsMessages = field === "messages" || field.endsWith("message_echoes");
  if (!holdsMessages || !isJsonObject(value)) return [{ kind: "event", field, value }];
  const { metadata = null } = value;
  const phoneNumberId = isJsonObject(metadata) ? textOf(metadata["phone_number_id"]) : null;
  const others = Object.entries(value).filter(
    ([member]) => !ENVELOPE.has(member) && !MESSAGE_LISTS.has(member) && member !== "statuses",
  );
  return [
    ...[...MESSAGE_LISTS].flatMap((member) => elements(value[member]).map(messageOf)),
    ...elements(value["statuses"]).map((status) => statusOf(status, phoneNumberId)),
    ...(others.length === 0
      ? []
      : [{ kind: "event" as const, field, value: Object.fromEntries(others) }]),
  ];
}

function messageOf(value: JsonValue): SaidThing {
  return { kind: "message", wamid: memberOf(value, "id"), value };
}

function statusOf(value: JsonValue, phoneNumberId: string | null): SaidThing {
  return {
    kind: "status",
    wamid: memberOf(value, "id"),
    phoneNumberId,
    status: memberOf(value, "status"),
    value,
  };
}

function elements(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? value : [];
}

function memberOf(value: JsonValue, member: string): string | null {
  return isJsonObject(value) ? textOf(value[member]) : null;
}

function isListOfObjects(value: JsonValue | undefined): value is readonly JsonObject[] {
  return Array.isArray(value) && value.every(isJsonObject);
}

function textOf(value: JsonValue | undefined): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}
