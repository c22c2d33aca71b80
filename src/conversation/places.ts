/**
 * The order within a second: Meta's stamps are whole seconds, so that what shares one stands in the
 * order in which its object took it. Pure.
 *
 * Gives what an object takes its place among all that the object knows of the same second.
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

  /** The state with the greatest id in it: one of 0.1.0 does not keep that. */
  known(state: ConversationState): ConversationState {
    if (state.newest_id !== "") return state;
    return { ...state, newest_id: this.#inbox.newestMessageId() ?? "" };
  }

  /** The message under the id that it keeps, unless it was here before. */
  place(state: ConversationState, message: InboundMessage): InboundMessage {
    return { ...message, id: placedId(message.id, this.#newest(state, message)) };
  }

  /** The greatest id that is not of a later second. */
  #newest({ newest_id, read_up_to }: ConversationState, { wamid, at }: InboundMessage): string {
    const end = endOfSecond(at);
    const around = [read_up_to, this.#outbox.newestBelow(end) ?? ""].filter((id) => id < end);
    // Later seconds have begun: only then is more to be read than what is at hand.
    const isLate = newest_id >= end;
    if (isLate && this.#inbox.has(wamid)) return "";
    const taken = isLate ? (this.#inbox.newestOfSecond(at) ?? "") : newest_id;
    return around.reduce((one, other) => (one > other ? one : other), taken);
  }
}
