/** What subscribers can be told of. */
export const EVENT_TYPES = [
  "message.received",
  "message.status",
  "conversation.created",
  "conversation.updated",
  "template.updated",
  "account.event",
] as const;

/** What a subscriber is sent to see whether it is there; it is no type to subscribe to. */
export const TEST_EVENT_TYPE = "paloma.test";

export type EventType = (typeof EVENT_TYPES)[number];

/** The types that a filter means: one by its name, all of a kind as `message.*`, all there are as `*`. */
export function eventTypesOf(filter: string): EventType[] {
  if (!filter.endsWith("*")) return EVENT_TYPES.filter((type) => type === filter);
  const kind = filter.slice(0, -1);
  return kind === "" || kind.endsWith(".")
    ? EVENT_TYPES.filter((type) => type.startsWith(kind))
    : [];
}
