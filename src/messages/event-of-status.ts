import type { SubscriberEvent } from "../delivery/subscriber-event.ts";
import type { KnownStatus } from "../store/statuses.ts";

/** A status of Meta's whose message is known, as subscribers are told of it. */
export function eventOfStatus({
  message_id,
  status,
  participant,
  at,
}: KnownStatus): SubscriberEvent {
  return { type: "message.status", message_id, status, participant, revision: null, at };
}
