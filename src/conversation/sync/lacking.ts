/** What an object has and D1 lacks, as D1 and the queues take it. Pure. */
import { timeOfId } from "../../lib/ids.ts";
import { madeAt, type SendToShow } from "../../message/outgoing-message.ts";
import type { ConversationProjection } from "../../store/projection.ts";
import { eventOfChange, eventOfProgress, eventsOfMessage } from "../state/events.ts";
import { messageProjection, sendProjection } from "../state/projection.ts";
import type { ConversationState, TakenMessage } from "../state/state.ts";
import type { Change } from "./writer.ts";

/** A message of the customer's or ours that D1 lacks. */
export type Lacking = { message: TakenMessage } | { send: SendToShow };

/** A message that D1 refuses is for the operator to see; the others must not wait for it. */
export function deadLetterOf(conversation_id: string, refused: Lacking) {
  const source = "message" in refused ? "message" : "send";
  const payload = JSON.stringify({ conversation_id, ...refused });
  const about = { erasure_ids: [conversation_id], at: takenAt(refused) };
  return { source, reason: "D1 refused its content", payload, about };
}

/** By the clock that an erasure names. */
function takenAt(lacking: Lacking): number {
  if ("message" in lacking) return lacking.message.received_at;
  const { message, message_id } = lacking.send;
  return message === null ? timeOfId(message_id) : madeAt(message);
}

/** The conversation goes along with every message. */
export function changeOf(
  state: ConversationState,
  conversation: ConversationProjection,
  lacking: readonly Lacking[],
): Change {
  const { id } = conversation;
  const messages = lacking.flatMap((each) => ("message" in each ? [each.message] : []));
  const sends = lacking.flatMap((each) => ("send" in each ? [each.send] : []));
  return {
    conversation,
    messages: messages.map((message) => messageProjection(id, message)),
    sends: sends.map((progress) => sendProjection(id, progress)),
    events: [
      ...state.events.map((event) => eventOfChange(id, event)),
      ...messages.flatMap((message) => eventsOfMessage(id, message)),
      ...sends.map((progress) => eventOfProgress(progress, state.updated_at)),
    ],
  };
}
