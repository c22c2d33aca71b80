/**
 * The order of messages within a second. Meta's timestamps are whole seconds, so messages of one second
 * keep the order in which the object took them.
 */
import { endOfSecond, placedId } from "../lib/ids.ts";
import type { InboundMessage } from "../message/inbound-message.ts";
import type { Inbox } from "./inbox.ts";
import type { Outbox } from "./outbox.ts";
import type { ConversationState } from "./state.ts";

export class Places {
  readonly #inbox: Inbox;
  readonly #outbox: Outbox;

  constructor(inbox: Inbox, outbox: Outbox) {
    this.#inbox = inbox;
    this.#outbox = outbox;
  }

  /** Adds the greatest message id to a state of 0.1.0, which does not have it. */
  known(state: ConversationState): ConversationState {
    if (state.newest_id !== "") return state;
    return { ...state, newest_id: this.#inbox.newestMessageId() ?? "" };
  }

  /** Gives a message that the object did not know its final id, behind all known ones of its second. */
  place(state: ConversationState, message: InboundMessage): InboundMessage {
    return { ...message, id: placedId(message.id, this.#newest(state, message)) };
  }

  /** The greatest known id up to the end of the second of the message. */
  #newest({ newest_id, read_up_to }: ConversationState, { at }: InboundMessage): string {
    const end = endOfSecond(at);
    const around = [read_up_to, this.#outbox.newestBelow(end) ?? ""].filter((id) => id < end);
    // Only a message of an earlier second needs a look into the inbox.
    const taken = newest_id >= end ? (this.#inbox.newestOfSecond(at) ?? "") : newest_id;
    return around.reduce((one, other) => (one > other ? one : other), taken);
  }
}
