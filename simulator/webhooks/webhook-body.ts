import type { JsonObject } from "../json.ts";
import { isJsonObject } from "../json.ts";

/** One change under one field, before it is put into a body. */
export interface WebhookUpdate {
  readonly businessAccountId: string;
  readonly field: string;
  readonly value: JsonObject;
}

/** How several updates share bodies. */
export type Batching =
  /** A body for each. */
  | "separate"
  /** One body, with a change for each under an entry per business account. */
  | "one_body"
  /** One body, where changes of the same business number are merged into one value. */
  | "merged_values";

const MERGED_LISTS = ["contacts", "messages", "statuses", "errors"] as const;

export function webhookBodies(
  updates: readonly WebhookUpdate[],
  batching: Batching,
): readonly JsonObject[] {
  switch (batching) {
    case "separate":
      return updates.map((update) => body([update]));
    case "one_body":
      return [body(updates)];
    case "merged_values":
      return [body(merged(updates))];
  }
}

function body(updates: readonly WebhookUpdate[]): JsonObject {
  const accounts = Map.groupBy(updates, ({ businessAccountId }) => businessAccountId);
  const entry = Array.from(accounts, ([id, changes]) => ({
    id,
    changes: changes.map(({ field, value }) => ({ value, field })),
  }));
  return { object: "whatsapp_business_account", entry };
}

function merged(updates: readonly WebhookUpdate[]): readonly WebhookUpdate[] {
  const together = new Map<string, WebhookUpdate>();
  for (const update of updates) {
    const key = mergeKey(update);
    const { value } = together.get(key) ?? { value: {} };
    together.set(key, { ...update, value: mergedValue(value, update.value) });
  }
  return [...together.values()];
}

function mergeKey({ businessAccountId, field, value }: WebhookUpdate): string {
  return JSON.stringify([businessAccountId, field, value["metadata"]]);
}

function mergedValue(left: JsonObject, right: JsonObject): JsonObject {
  const lists = MERGED_LISTS.flatMap((name) => {
    const items = [...listOf(left[name]), ...listOf(right[name])];
    const kept = name === "contacts" ? uniqueContacts(items) : items;
    return kept.length === 0 ? [] : [[name, kept] as const];
  });
  return { ...left, ...right, ...Object.fromEntries(lists) };
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function uniqueContacts(contacts: readonly unknown[]): readonly unknown[] {
  return Array.from(Map.groupBy(contacts, contactIdentity).values(), ([first]) => first);
}

function contactIdentity(contact: unknown): unknown {
  return isJsonObject(contact) ? (contact["user_id"] ?? contact["wa_id"]) : contact;
}

const NOT_ASCII = /[\u0080-\uffff]/g;

/** JSON as Meta writes it: no character beyond ASCII, slashes escaped. */
export function escapedLikeMeta(json: string): string {
  return json
    .replaceAll(NOT_ASCII, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
    .replaceAll("/", "\\/");
}
