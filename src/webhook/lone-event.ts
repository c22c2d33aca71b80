import type { JsonObject, JsonValue } from "../json/json.ts";

/** Lists of events, of which a lone one keeps only itself. */
const EVENT_LISTS = new Set(["messages", "statuses", "message_echoes"]);

/** Where an event stood: its account, field and value. */
export type EventPlace = { accountId: string | null; field: string; value: JsonObject };

/** A webhook body, as JSON text, that says this one thing: what a dead letter is replayed from. */
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
