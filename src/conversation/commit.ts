/**
 * The first step of every change: one transaction stores it in the object and sets the alarm that brings
 * it into D1 should the Worker fail. What the methods return is what the Worker writes there.
 */
import type { Address } from "../lib/address.ts";
import { SECOND_MS } from "../lib/time.ts";
import type { InboundMessage } from "../message/inbound-message.ts";
import type { OutgoingMessage } from "../message/outgoing-message.ts";
import type { AlarmClock } from "./alarm.ts";
import { eventsOfMessage } from "./events.ts";
import type { Changed, Received, Sent } from "./rpc.ts";
import {
  type ConversationState,
  isUnread,
  numbered,
  type TakenMessage,
  withInbound,
  withRead,
} from "./state.ts";
import type { ConversationStorage } from "./storage.ts";
import type { Projector } from "./sync.ts";
import { madeSinceErased } from "./tombstone.ts";

/**
 * The Worker has this long to write its projection before the alarm does. It must be less than the 10
 * seconds without work after which the platform forgets an object's memory: a later alarm would have to
 * wake the object and ask D1 what it has.
 */
const PROJECTION_GRACE_MS = 5 * SECOND_MS;

export class Commits {
  readonly #storage: ConversationStorage;
  readonly #clock: AlarmClock;
  readonly #projector: Projector;

  constructor(storage: ConversationStorage, clock: AlarmClock, projector: Projector) {
    this.#storage = storage;
    this.#clock = clock;
    this.#projector = projector;
  }

  /**
   * Commits inbound messages of this conversation.
   *
   * @param first the first of them, which names the business number
   * @param address where the conversation begins if there is none
   */
  receive(messages: readonly InboundMessage[], first: InboundMessage, address: Address): Received {
    const now = Date.now();
    const fresh: TakenMessage[] = [];
    const { inbox, places } = this.#storage;
    const state = this.#storage.transaction(() => {
      let next = places.known(this.#storage.begin(first.phone_number_id, address, now));
      for (const message of messages) {
        const { message: taken, state: counted } = numbered(next, places.place(next, message));
        if (!inbox.take(taken, isUnread(next, taken))) continue;
        next = withInbound(counted, taken);
        fresh.push(taken);
      }
      if (fresh.length === 0) return next;
      this.#clock.atLatest(now + PROJECTION_GRACE_MS);
      return this.#storage.save(next, now);
    });
    const freshWamids = new Set(fresh.map(({ wamid }) => wamid));
    const known = messages.flatMap(({ wamid }) => (freshWamids.has(wamid) ? [] : [wamid]));
    const unsettled = known.length === 0 ? [] : inbox.unsettledOf(known);
    const { conversation, events } = this.#projector.changed(state);
    return {
      conversation,
      events: [
        ...events,
        ...[...fresh, ...unsettled].flatMap((message) => eventsOfMessage(conversation.id, message)),
      ],
      fresh: [...freshWamids],
      placed: fresh.map(({ wamid, id }) => ({ wamid, id })),
      unsettled,
    };
  }

  /** Puts messages into the outbox, except those made before the person was erased. */
  queue(given: readonly OutgoingMessage[], address: Address | null): void {
    const now = Date.now();
    const messages = madeSinceErased(this.#storage.tombstone, given);
    const [first] = messages;
    if (first === undefined || (this.#storage.state === null && address === null)) return;
    this.#storage.transaction(() => {
      if (this.#storage.state === null && address !== null) {
        this.#storage.save(this.#storage.begin(first.phone_number_id, address, now), now);
      }
      for (const message of messages) this.#storage.outbox.take(message, now);
      this.#clock.atLatest(now + PROJECTION_GRACE_MS);
    });
  }

  /** Cancels a message that still waits. */
  cancel(messageId: string): Sent | null {
    const now = Date.now();
    this.#storage.transaction(() => {
      this.#storage.outbox.cancel(messageId, { state: "canceled", at: now });
      this.#clock.atLatest(now + PROJECTION_GRACE_MS);
    });
    return this.#projector.sent(messageId);
  }

  /** Moves the read mark up to a message, or to the newest. */
  read(upTo: string | null): Changed | null {
    const { inbox } = this.#storage;
    const mark = upTo ?? inbox.newestMessageId();
    return this.change((state) => {
      if (mark === null) return state;
      inbox.read(mark);
      return withRead(state, mark, inbox.unread().count);
    });
  }

  /** Null if there is no conversation; a work that returns the same state changes nothing. */
  change(work: (state: ConversationState) => ConversationState): Changed | null {
    return this.#storage.transaction(() => {
      const { state } = this.#storage;
      if (state === null) return null;
      const next = work(state);
      if (next === state) return this.#projector.changed(state);
      const now = Date.now();
      this.#clock.atLatest(now + PROJECTION_GRACE_MS);
      return this.#projector.changed(this.#storage.save(next, now));
    });
  }
}
