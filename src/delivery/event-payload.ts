/** The body of a delivery. */
import type { SubscriberEvent } from "./subscriber-event.ts";

/** What subscribers must be ready to take; Meta's history webhooks alone are larger. */
const PAYLOAD_LIMIT_BYTES = 256 * 1024;

/**
 * An event as its subscriber reads it.
 *
 * @param data JSON text; where it is too large, ids stand in its place
 */
export function eventPayload(event: SubscriberEvent, data: string): string {
  const payload = withData(event, data);
  return new TextEncoder().encode(payload).byteLength <= PAYLOAD_LIMIT_BYTES
    ? payload
    : withData(event, JSON.stringify({ too_large: true, ...idsOf(event) }));
}

/** The data is JSON already: parsed, long numbers would lose digits. */
function withData(event: SubscriberEvent, data: string): string {
  const envelope = {
    type: event.type,
    timestamp: new Date(event.at).toISOString(),
    ...("sequence" in event
      ? { conversation_id: event.conversation_id, sequence: event.sequence }
      : {}),
  };
  return `${JSON.stringify(envelope).slice(0, -1)},"data":${data}}`;
}

/** Where the whole of it is to be asked for. */
function idsOf(event: SubscriberEvent) {
  switch (event.type) {
    case "message.received":
    case "message.status":
      return { message: { id: event.message_id } };
    case "conversation.created":
    case "conversation.updated":
      return { conversation: { id: event.conversation_id } };
    case "template.updated":
      return { template: { name: event.name, language: event.language } };
    case "account.event":
      return { event: { id: event.event_id } };
  }
}
