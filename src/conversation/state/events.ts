/**
 * The events of a conversation for subscribers. The object numbers them 1, 2, 3 … without gaps, in the
 * transaction of the change, and keeps them until the event queue has them.
 */
import type { SendProgress } from "../../message/outgoing-message.ts";
import type { SubscriberEvent } from "../../subscribers/event.ts";
import { conversationProjection, personShown } from "./projection.ts";
import {
  type ConversationEvent,
  type ConversationState,
  type TakenMessage,
  withEvent,
} from "./state.ts";

/**
 * The state with a `conversation.updated` event, if the API shows the change and no new event covers it.
 * What every message changes (unread, times) is covered by the message's own event.
 */
export function withChangeEvent(
  before: ConversationState | null,
  after: ConversationState,
  at: number,
): ConversationState {
  if (before === null || after.events.length > before.events.length) return after;
  const shown = after.sequence > before.sequence ? shownOfPerson : shownOfAll;
  return shown(before) === shown(after) ? after : withEvent(after, "conversation.updated", at);
}

/** Whether the API shows both states the same. */
export function looksAlike(before: ConversationState, after: ConversationState): boolean {
  return shownOfAll(before) === shownOfAll(after);
}

export function eventOfChange(
  conversationId: string,
  { type, sequence, at, merged_id }: ConversationEvent,
): SubscriberEvent {
  const numberedAt = { conversation_id: conversationId, sequence, at };
  return type === "conversation.created"
    ? { type, ...numberedAt }
    : { type, merged_id, ...numberedAt };
}

/** The events of a message; a customer's message without a number has none. */
export function eventsOfMessage(
  conversationId: string,
  { id, direction, sequence, at, received_at }: TakenMessage,
): SubscriberEvent[] {
  if (direction === "outbound") {
    return [eventOfOwn({ message_id: id, status: "accepted", revision: 0, at })];
  }
  if (typeof sequence !== "number") return [];
  const place = { conversation_id: conversationId, sequence, at: received_at };
  return [{ type: "message.received", message_id: id, ...place }];
}

/** The event of a send's progress before Meta's statuses arrive. */
export function eventOfProgress(
  { message_id, revision, report }: SendProgress,
  now: number,
): SubscriberEvent {
  const at = "at" in report ? report.at : now;
  // The API shows a message during its call to Meta as queued.
  const status = report.state === "calling" ? "queued" : report.state;
  return eventOfOwn({ message_id, status, revision, at });
}

function eventOfOwn(
  own: Pick<
    Extract<SubscriberEvent, { type: "message.status" }>,
    "message_id" | "status" | "at"
  > & {
    revision: number;
  },
): SubscriberEvent {
  return { type: "message.status", participant: "", ...own };
}

function shownOfPerson(state: ConversationState): string {
  const { parent_user_id: _parent, ...person } = personShown(state);
  return JSON.stringify([person, state.status]);
}

function shownOfAll(state: ConversationState): string {
  const {
    version: _version,
    updated_at: _updated,
    other_addresses: _others,
    ...shown
  } = projectionOf(state);
  return JSON.stringify(shown);
}

function projectionOf(state: ConversationState) {
  return conversationProjection("", state);
}
