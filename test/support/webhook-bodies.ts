/** Bodies in the shape of Meta's webhooks, made up for a veterinary clinic. */
import type { JsonObject, JsonValue } from "../../src/lib/json.ts";
import { NUMBER } from "./paloma.ts";

export const ACCOUNT = "102290129340398";

export type Change = { field: string; value: JsonValue };

/** A body of one entry. */
export function webhookBody(...changes: readonly Change[]): JsonObject {
  return { object: "whatsapp_business_account", entry: [{ id: ACCOUNT, changes }] };
}

/** A change of the field `messages` on one business number. */
export function messagesChange(members: JsonObject, number = NUMBER): Change {
  return {
    field: "messages",
    value: { messaging_product: "whatsapp", metadata: metadataOf(number), ...members },
  };
}

export function metadataOf(number: string): JsonObject {
  return { display_phone_number: "529983162438", phone_number_id: number };
}

/** A text by a customer, now. */
export function textMessage(from: string, body: string, members: JsonObject = {}) {
  return {
    from,
    id: newWamid(),
    timestamp: unixSeconds(),
    type: "text",
    text: { body },
    ...members,
  };
}

/** A status of a message that we sent, now. */
export function messageStatus(wamid: string, status: string, members: JsonObject = {}) {
  return { id: wamid, status, timestamp: unixSeconds(), recipient_id: "5219982220001", ...members };
}

/** What Meta tells of a customer beside their messages. */
export function contactOf(waId: string, name: string): JsonObject {
  return { profile: { name }, wa_id: waId };
}

export function newWamid(): string {
  return `wamid.${crypto.randomUUID()}`;
}

/** Meta's timestamps: unix seconds as a string. */
export function unixSeconds(at = Date.now()): string {
  return String(Math.floor(at / 1000));
}
