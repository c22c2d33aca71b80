/**
 * The first step of every change: one transaction stores it in the object. Where nobody would repeat the
 * change, it also sets the alarm that brings it into D1 should the object stop before.
 */
import type { Address } from "../../lib/address.ts";
import type { InboundMessage } from "../../message/inbound-message.ts";
import type { OutgoingMessage } from "../../message/outgoing-message.ts";
import { isUnread, withInbound, withRead } from "../state/activity.ts";
import { type ConversationState, numbered, type TakenMessage } from "../state/state.ts";
import { madeSinceErased } from "../state/tombstone.ts";
import { BRINGING_GRACE_MS } from "./alarm.ts";
import type { ConversationStorage } from "./storage.ts";

export class Commits {
  readonly #storage: ConversationStorage;

  constructor(storage: ConversationStorage) {
    this.#storage = storage;
  }

  /**
   * Commits inbound messages of this conversation and returns those not seen before. It sets no alarm:
   * until D1 has them, Meta has no answer and delivers them again.
   *
   * @param first the first of them, which names the business number
   * @param address where the conversation begins if there is none
   */
  receive(
    messages: readonly InboundMessage[],
    first: InboundMessage,
    address: Address,
  ): TakenMessage[] {
    const now = Date.now();
    const fresh: TakenMessage[] = [];
    const lacking: TakenMessage[] = [];
    const { inbox, places } = this.#storage;
    const take = (): void => {
      const begun = places.known(this.#storage.begin(first.phone_number_id, address, now));
      let next = begun;
      for (const message of messages) {
        const known = inbox.find(message, next.newest_id);
        if (known !== null) {
          const again = inbox.lacking(message, known);
          if (again === null) continue;
          // Without a number it came with another object's conversation.
          const { message: due, state } =
            again.sequence === null ? numbered(next, again) : { message: again, state: next };
          next = state;
          lacking.push(due);
          continue;
        }
        const { message: taken, state: counted } = numbered(next, places.place(next, message));
        inbox.take(taken, isUnread(next, taken), { mark: next.read_up_to, now });
        next = withInbound(counted, taken);
        fresh.push(taken);
      }
      if (next !== begun) this.#storage.save(next, now);
    };
    if (this.#storage.fitInRow(messages.length)) this.#storage.inRow(take);
    else this.#storage.transaction(take);
    inbox.hold([...fresh, ...lacking]);
    return fresh;
  }

  /** Puts messages into the outbox, but for known ones and those from before the person was erased. */
  queue(given: readonly OutgoingMessage[], address: Address | null): void {
    const now = Date.now();
    const messages = madeSinceErased(this.#storage.tombstone, given);
    const [first] = messages;
    if (first === undefined || (this.#storage.state === null && address === null)) return;
    this.#storage.transaction(() => {
      if (this.#storage.state === null && address !== null) {
        this.#storage.save(this.#storage.begin(first.phone_number_id, address, now), now);
      }
      const { outbox, places } = this.#storage;
      for (const message of outbox.unknown(messages)) {
        const { state } = this.#storage;
        if (state !== null) outbox.take(places.placeOurs(state, message), now);
      }
      this.#storage.clock.atLatest(now + BRINGING_GRACE_MS);
    });
  }

  /** Cancels a message that still waits. */
  cancel(messageId: string): void {
    if (this.#storage.state === null) return;
    const now = Date.now();
    this.#storage.transaction(() => {
      this.#storage.outbox.cancel(messageId, { state: "canceled", at: now });
      this.#storage.clock.atLatest(now + BRINGING_GRACE_MS);
    });
  }

  /** Moves the read mark up to a message, or to the newest. */
  read(upTo: string | null): void {
    const { inbox, places } = this.#storage;
    this.change((state) => {
      const asked = upTo ?? places.known(state).newest_id;
      const mark = asked > state.read_up_to ? asked : state.read_up_to;
      return withRead(state, mark, inbox.unread(mark).count);
    });
  }

  /** Changes a conversation, if there is one; a work that returns the same state changes nothing. */
  change(work: (state: ConversationState) => ConversationState): void {
    this.#storage.transaction(() => {
      const { state } = this.#storage;
      if (state === null) return;
      const next = work(state);
      if (next === state) return;
      const now = Date.now();
      this.#storage.clock.atLatest(now + BRINGING_GRACE_MS);
      this.#storage.save(next, now);
    });
  }
}
