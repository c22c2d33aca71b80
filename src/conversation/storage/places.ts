/**
 * The order of messages within a second. Meta's timestamps are whole seconds, so messages of one second
 * keep the order in which the object took them.
 */
import { endOfSecond, idBehind, placedId } from "../../lib/ids.ts";
import type { InboundMessage } from "../../message/inbound-message.ts";
import { madeAt, type OutgoingMessage } from "../../message/outgoing-message.ts";
import type { ConversationState } from "../state/state.ts";
import type { Inbox } from "./inbox.ts";
import type { Outbox } from "./outbox.ts";

/** Sorts after every id: their digits are hexadecimal. */
const AFTER_ALL_IDS = "msg_g";

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

  /** Gives a message of ours its place, behind all that the object knows: it may answer the newest. */
  placeOurs(state: ConversationState, message: OutgoingMessage): OutgoingMessage {
    // D1 has the row of a message without its content under the id that it has.
    if (message.shown === undefined) return message;
    const newest = this.newestOf(state);
    return message.id > newest
      ? message
      : { ...message, id: idBehind(message.id, newest), made_at: madeAt(message) };
  }

  /** The greatest id of all messages here, the customer's and ours; "" if there is none. */
  newestOf(state: ConversationState): string {
    const theirs = this.known(state).newest_id;
    const ours = this.#outbox.newestBelow(AFTER_ALL_IDS) ?? "";
    return ours > theirs ? ours : theirs;
  }

  /** The greatest known id up to the end of the second of the message. */
  #newest({ newest_id, read_up_to }: ConversationState, { at }: InboundMessage): string {
    const end = endOfSecond(at);
    // Only a message of an earlier second needs a look into the inbox.
    const taken = newest_id >= end ? (this.#inbox.newestOfSecond(at) ?? "") : newest_id;
    const known = [taken, read_up_to, this.#outbox.newestBelow(end)].filter((id) => id < end);
    return known.toSorted().at(-1) ?? "";
  }
}
