/**
 * Splits a webhook body into events: every entry, every change, every message and status in it. Nothing
 * in a signed body is an error; a field or value that we don't know is kept as an account event. Pure.
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference
 */
import {
  isJsonObject,
  type JsonObject,
  type JsonValue,
  objectMember,
  objectsMember,
  textMember,
} from "../lib/json.ts";
import { parseMetaTimestamp } from "../lib/time.ts";
import { accountEffects } from "./account.ts";
import { type ChangeContext, Contacts, ID_MAX_CHARACTERS, idMember } from "./contacts.ts";
import type { WebhookEvents } from "./events.ts";
import { echoEvent, messageEvent } from "./message.ts";
import { statusEvent } from "./status.ts";

/** Fields whose value holds echoes of what the business wrote from its own phone. */
const ECHO_FIELDS = new Set(["smb_message_echoes", "message_echoes"]);

/** Members of a value that its events carry or repeat. */
const TAKEN_BESIDE_EVENTS = ["messaging_product", "metadata", "contacts"];
const TAKEN_FROM_MESSAGES = new Set([...TAKEN_BESIDE_EVENTS, "messages", "statuses"]);
const TAKEN_FROM_ECHOES = new Set([...TAKEN_BESIDE_EVENTS, "message_echoes"]);

export function splitEvents(text: string, body: JsonValue, receivedAt: number): WebhookEvents {
  const events = noEvents();
  try {
    splitBody(events, body, receivedAt);
    return events;
  } catch (error) {
    // Nested too deeply for JSON.stringify: the body is kept as it came.
    if (!(error instanceof RangeError)) throw error;
    return { ...noEvents(), unusable: [{ reason: "nested too deeply", value: text }] };
  }
}

/** Where a change is in the body; `at` is the entry's own time, else the time of receipt. */
type EntryContext = {
  accountId: string | null;
  /** Meta's `time` as it came: it differs where Meta reports again, and not in a redelivery. */
  time: string | null;
  at: number;
  receivedAt: number;
};

/** Where an event is in the body: its account, field and value. */
type EventPlace = { accountId: string | null; field: string; value: JsonObject };

function noEvents(): WebhookEvents {
  return { messages: [], statuses: [], account: [], effects: [], unusable: [] };
}

function splitBody(events: WebhookEvents, body: JsonValue, receivedAt: number): void {
  const nowhere: EntryContext = { accountId: null, time: null, at: receivedAt, receivedAt };
  if (!isJsonObject(body) || !hasObjects(body["entry"])) {
    keepRaw(events, "unknown", nowhere, null, body);
    return;
  }
  for (const entry of body["entry"]) {
    if (!isJsonObject(entry)) {
      keepRaw(events, "unknown", nowhere, null, entry);
      continue;
    }
    const context: EntryContext = {
      accountId: idMember(entry, "id"),
      time: textMember(entry, "time"),
      at: parseMetaTimestamp(entry["time"], receivedAt),
      receivedAt,
    };
    if (!hasObjects(entry["changes"])) {
      keepRaw(events, "unknown", context, null, entry);
      continue;
    }
    for (const change of entry["changes"]) splitChange(events, change, context);
  }
}

function splitChange(events: WebhookEvents, change: JsonValue, entry: EntryContext): void {
  const { accountId, at, receivedAt } = entry;
  const field = isJsonObject(change) ? (textMember(change, "field") ?? "unknown") : "";
  if (!isJsonObject(change) || field.length > ID_MAX_CHARACTERS) {
    keepRaw(events, "unknown", entry, null, change);
    return;
  }
  const value = objectMember(change, "value");
  if (value === null) {
    keepRaw(events, field, entry, null, change["value"] ?? null);
    return;
  }
  const metadata = objectMember(value, "metadata");
  const context: ChangeContext = {
    phoneNumberId: idMember(metadata, "phone_number_id"),
    displayPhoneNumber: textMember(metadata, "display_phone_number"),
    contacts: new Contacts(objectsMember(value, "contacts")),
    receivedAt,
  };
  const place = { accountId, field, value };
  if (field === "messages") {
    splitMessages(events, place, entry, context);
  } else if (ECHO_FIELDS.has(field) && hasObjects(value["message_echoes"])) {
    for (const echo of value["message_echoes"]) {
      const event = echoEvent(echo, context);
      if ("reason" in event) {
        events.unusable.push({ ...event, value: loneEvent(place, "message_echoes", echo) });
      } else {
        events.messages.push(event);
      }
    }
    const rest = withoutMembers(value, TAKEN_FROM_ECHOES);
    if (rest !== null) keepRaw(events, field, entry, context.phoneNumberId, rest);
  } else {
    const { phoneNumberId } = context;
    keepRaw(events, field, entry, phoneNumberId, value);
    events.effects.push(
      ...accountEffects(field, value, { accountId, phoneNumberId, at, receivedAt }),
    );
  }
}

function splitMessages(
  events: WebhookEvents,
  place: EventPlace,
  entry: EntryContext,
  context: ChangeContext,
): void {
  const { value } = place;
  const messages = elements(value["messages"]);
  for (const message of messages) {
    const event = messageEvent(message, context);
    if ("reason" in event) {
      events.unusable.push({ ...event, value: loneEvent(place, "messages", message) });
    } else {
      events.messages.push(event);
    }
  }
  const statuses = elements(value["statuses"]);
  for (const status of statuses) {
    const event = statusEvent(status, context);
    if ("reason" in event) {
      events.unusable.push({ ...event, value: loneEvent(place, "statuses", status) });
    } else {
      events.statuses.push(event);
    }
  }
  // `errors` and `user_actions` come alone or with messages; members that we don't know may, too.
  const others = withoutMembers(value, TAKEN_FROM_MESSAGES);
  const rest = others ?? (messages.length + statuses.length === 0 ? value : null);
  if (rest !== null) {
    keepRaw(events, "messages", entry, context.phoneNumberId, rest);
  }
}

/** Members of a value that hold events. */
const EVENT_LISTS = new Set(["messages", "statuses", "message_echoes"]);

/** A webhook body, as JSON text, that contains this one event: a dead letter is replayed from it. */
export function loneEvent(
  { accountId, field, value }: EventPlace,
  list: string,
  event: JsonValue,
): string {
  const beside = Object.entries(value).filter(([member]) => !EVENT_LISTS.has(member));
  return JSON.stringify({
    object: "whatsapp_business_account",
    entry: [
      {
        id: accountId,
        changes: [{ field, value: { ...Object.fromEntries(beside), [list]: [event] } }],
      },
    ],
  });
}

/** The other members; null if there are none. */
function withoutMembers(value: JsonObject, taken: ReadonlySet<string>): JsonObject | null {
  const others = Object.entries(value).filter(([member]) => !taken.has(member));
  return others.length === 0 ? null : Object.fromEntries(others);
}

function keepRaw(
  events: WebhookEvents,
  field: string,
  { accountId, time, receivedAt }: EntryContext,
  phoneNumberId: string | null,
  value: JsonValue,
): void {
  events.account.push({
    field,
    business_account_id: accountId,
    entry_time: time,
    phone_number_id: phoneNumberId,
    value: JSON.stringify(value),
    received_at: receivedAt,
  });
}

/** Whether it is a list with at least one object: what else is in it must not cost that one. */
function hasObjects(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value) && value.some(isJsonObject);
}

/** A single value in the place of an array counts as one element. */
function elements(value: JsonValue | undefined): readonly JsonValue[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value];
}
