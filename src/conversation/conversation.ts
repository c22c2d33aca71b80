/**
 * The Durable Object of one conversation. It serialises what happens to it: inbound messages,
 * read marks, sends. All that must not be lost is committed here before anyone is told; D1 follows
 * by a projection that the Worker writes at once, and the alarm where the Worker could not.
 */
import { DurableObject } from "cloudflare:workers";
import type { Address } from "../customer/address.ts";
import { errorMembers, log } from "../log.ts";
import { createDatabase } from "../store/database.ts";
import { withPatience } from "../store/patient-d1.ts";
import type { ConversationProjection } from "../store/projection.ts";
import { AlarmClock } from "./alarm-clock.ts";
import type { Changed, Received, Sent } from "./conversation-answer.ts";
import { eventsOfMessage, numbered, withEvent, type TakenMessage } from "./conversation-event.ts";
import {
  isUnread,
  newConversation,
  withCall,
  withInbound,
  withRead,
  withUserId,
  type ConversationState,
  type ConversationStatus,
} from "./conversation-state.ts";
import { ConversationStorage, type Belongings, type MovedRecord } from "./conversation-storage.ts";
import { Drain } from "./drain.ts";
import type { InboundMessage } from "./inbound-message.ts";
import type { OutgoingMessage } from "./outgoing-message.ts";
import { nextDueAt } from "./next-due-at.ts";
import { outsideOf } from "./outside-of.ts";
import { Projector, type Settlement } from "./projector.ts";
import { Reunion, type Pointing } from "./reunion.ts";

const SECOND_MS = 1000;

/** What waits behind an alarm whose D1 hangs, sends above all, must not wait for ever. */
const D1_PATIENCE_MS = 5 * SECOND_MS;

/** How long the Worker has to write its projection before the alarm does. */
const PROJECTION_GRACE_MS = 10 * SECOND_MS;

/** No wait between tries is longer, so that the lists are right soon after D1 is back. */
const LONGEST_RETRY_MS = 15 * SECOND_MS;

export class Conversation extends DurableObject<Env> {
  readonly #storage: ConversationStorage;
  readonly #clock: AlarmClock;
  readonly #drain: Drain;
  readonly #projector: Projector;
  readonly #reunion: Reunion;
  #failures = 0;

  constructor(context: DurableObjectState, bindings: Env) {
    super(context, withPatience(bindings, D1_PATIENCE_MS));
    const ownId = context.id.toString();
    this.#storage = new ConversationStorage(context.storage);
    this.#clock = new AlarmClock(context.storage);
    this.#drain = new Drain(this.#storage, outsideOf(bindings));
    this.#projector = new Projector(this.#storage, this.env, ownId);
    this.#reunion = new Reunion(this.#storage, this.env.CONVERSATION, ownId);
    void context.blockConcurrencyWhile(async () => {
      await this.#clock.wake();
      this.#drain.giveUpInterrupted(Date.now());
      const due = this.#nextDueAt();
      if (due !== null) this.#clock.atLatest(due);
    });
  }

  /**
   * Takes messages for good; those known already change nothing. Messages of somebody else who
   * has this phone now, or had it once, are taken by that person's object. `home` is given with
   * messages passed on so: they are taken here, whoever wrote them.
   */
  async receive(
    messages: readonly InboundMessage[],
    home: Address | null = null,
  ): Promise<Received[]> {
    const elsewhere = this.#elsewhere();
    if (elsewhere !== null) return elsewhere.receive(messages, home);
    const { ours, others } =
      home === null ? this.#reunion.sortOut(messages) : { ours: messages, others: [] };
    if (this.#storage.leaving !== null) this.#clock.atLatest(Date.now());
    const [first] = ours;
    const taken = first === undefined ? [] : [this.#take(ours, first, home ?? first.address)];
    const passedOn = await Promise.all(
      [...Map.groupBy(others, ({ id }) => id)].map(([id, group]) =>
        this.#objectOf(id).receive(
          group.map(({ message }) => message),
          group[0]?.address ?? null,
        ),
      ),
    );
    await this.#makeLinks();
    return [...taken, ...passedOn.flat()];
  }

  /** A customer called: no message, but the session window opens. */
  async receiveCall(phoneNumberId: string, address: Address, at: number): Promise<void> {
    const elsewhere = this.#elsewhere();
    if (elsewhere !== null) return elsewhere.receiveCall(phoneNumberId, address, at);
    const now = Date.now();
    this.#storage.transaction(() => {
      const state = this.#storage.state ?? newConversation(phoneNumberId, address, now);
      this.#storage.save(withCall(state, at), now);
      this.#clock.atLatest(now);
    });
    return undefined;
  }

  /** The person got another BSUID; nothing where there is no conversation. */
  async identify(userId: string, at: number): Promise<void> {
    const elsewhere = this.#elsewhere();
    if (elsewhere !== null) return elsewhere.identify(userId, at);
    this.#change((state) => withUserId(state, userId, at));
    return this.#makeLinks();
  }

  /** Forgets what is in D1 and in the event queue now. */
  async settle(settlement: Settlement): Promise<void> {
    const elsewhere = this.#elsewhere();
    // Its events were told before it moved; the other conversation's have the same numbers.
    if (elsewhere !== null) await elsewhere.settle({ ...settlement, events: [] });
    else this.#projector.settle(settlement);
  }

  /** Staff read up to a message (its id), or all there is; null if there is no such conversation. */
  async read(upTo: string | null): Promise<Changed | null> {
    const { inbox, record } = this.#storage;
    if (record.kind === "moved") return (await this.#successor(record)).read(upTo);
    const mark = upTo ?? inbox.newestMessageId();
    return this.#change((state) => {
      if (mark === null) return state;
      inbox.read(mark);
      return withRead(state, mark, inbox.unread().count);
    });
  }

  /** Null if there is no such conversation. */
  async setStatus(status: ConversationStatus): Promise<Changed | null> {
    const { record } = this.#storage;
    if (record.kind === "moved") return (await this.#successor(record)).setStatus(status);
    return this.#change((state) => (state.status === status ? state : { ...state, status }));
  }

  /** Numbers the event of a change that D1 alone is about to keep; null if there is no such conversation. */
  async announceChange(): Promise<Changed | null> {
    const { record } = this.#storage;
    if (record.kind === "moved") return (await this.#successor(record)).announceChange();
    return this.#change((state) => withEvent(state, "conversation.updated", Date.now()));
  }

  /**
   * Sends a message, or queues it where it must wait. Repeating it with the same id never sends
   * twice. An address makes the conversation if need be; without one it must exist.
   */
  async send(message: OutgoingMessage, address: Address | null): Promise<Sent | null> {
    const { record } = this.#storage;
    if (record.kind === "moved") {
      return (await this.#successorFor(record, [message], address)).send(message, address);
    }
    if (this.#storage.state === null && address === null) return null;
    this.#queue([message], address);
    await this.#drain.run();
    // It may have moved out while Meta was being called.
    const after = this.#storage.record;
    if (after.kind === "moved") {
      return (await this.#successorFor(after, [message], address)).send(message, address);
    }
    const due = this.#storage.outbox.dueAt();
    if (due !== null) this.#clock.atLatest(due);
    return this.#progressOf(message.id);
  }

  /** Takes messages to send and leaves the sending to the alarm, which fires at once. */
  async enqueue(messages: readonly OutgoingMessage[], address: Address | null): Promise<void> {
    const { record } = this.#storage;
    if (record.kind === "moved") {
      return (await this.#successorFor(record, messages, address)).enqueue(messages, address);
    }
    this.#queue(messages, address);
    const due = this.#storage.outbox.dueAt();
    if (due !== null) this.#clock.atLatest(due);
    return undefined;
  }

  /** Takes a message back that has not left; its progress tells whether it did. */
  async cancel(messageId: string): Promise<Sent | null> {
    const { record } = this.#storage;
    if (record.kind === "moved") return (await this.#successor(record)).cancel(messageId);
    const now = Date.now();
    this.#storage.transaction(() => {
      this.#storage.outbox.cancel(messageId, { state: "canceled", at: now });
      this.#clock.atLatest(now + PROJECTION_GRACE_MS);
    });
    return this.#progressOf(messageId);
  }

  /** Asked, by the object of the same person's other address, to lead there. */
  async pointTo(conversationId: string): Promise<Pointing> {
    const pointing = this.#reunion.pointTo(conversationId);
    if (this.#storage.leaving !== null) this.#clock.atLatest(Date.now());
    return pointing;
  }

  /** Asked before a conversation moves in: who stays, should this close a circle of moves. */
  async staying(from: string, least: string): Promise<string | null> {
    const elsewhere = this.#elsewhere();
    return elsewhere === null ? this.#reunion.staying(from, least) : elsewhere.staying(from, least);
  }

  /** Takes a conversation of the same person in. */
  async absorb(from: string, belongings: Belongings): Promise<ConversationProjection> {
    const { record } = this.#storage;
    // A BSUID whose conversation stood under a phone gets it back once the phone is another's.
    const comesHome = belongings.home !== null && record.kind === "moved" && record.to === from;
    const elsewhere = comesHome ? null : this.#elsewhere();
    if (elsewhere !== null) return elsewhere.absorb(from, belongings);
    const state = this.#reunion.absorb(from, belongings);
    this.#clock.atLatest(Date.now());
    return this.#projector.view(state);
  }

  override async alarm(): Promise<void> {
    // First of all: whatever fails from here on, there is a next time.
    this.#clock.fired();
    this.#clock.atLatest(Date.now() + this.#retryMs());
    try {
      try {
        await this.#projector.bringIntoD1();
      } finally {
        // Messages leave although D1 fails: their rows were there before they came here.
        await this.#drain.run();
      }
      await this.#reunion.makeLinks();
      await this.#projector.bringIntoD1();
      await this.#reunion.moveOut(this.#drain, this.#projector, createDatabase(this.env.DB));
      this.#failures = 0;
    } catch (error) {
      this.#failures += 1;
      log("error", "conversation_alarm_failed", {
        failures: this.#failures,
        ...errorMembers(error),
      });
      return;
    }
    const now = Date.now();
    this.#storage.inbox.prune(now);
    this.#storage.outbox.prune(now);
    await this.#clock.exactly(this.#nextDueAt());
  }

  #take(messages: readonly InboundMessage[], first: InboundMessage, address: Address): Received {
    const now = Date.now();
    const fresh: TakenMessage[] = [];
    const state = this.#storage.transaction(() => {
      let next = this.#storage.state ?? newConversation(first.phone_number_id, address, now);
      for (const message of messages) {
        const { message: taken, state: told } = numbered(next, message);
        if (!this.#storage.inbox.take(taken, isUnread(next, message))) continue;
        next = withInbound(told, message);
        fresh.push(taken);
      }
      if (fresh.length === 0) return next;
      this.#clock.atLatest(now + PROJECTION_GRACE_MS);
      return this.#storage.save(next, now);
    });
    const freshWamids = fresh.map(({ wamid }) => wamid);
    const known = messages
      .map(({ wamid }) => wamid)
      .filter((wamid) => !freshWamids.includes(wamid));
    const unsettled = known.length === 0 ? [] : this.#storage.inbox.unsettledOf(known);
    const { conversation, events } = this.#changed(state);
    return {
      conversation,
      events: [
        ...events,
        ...[...fresh, ...unsettled].flatMap((message) => eventsOfMessage(conversation.id, message)),
      ],
      fresh: freshWamids,
      unsettled,
    };
  }

  #queue(messages: readonly OutgoingMessage[], address: Address | null): void {
    const now = Date.now();
    this.#storage.transaction(() => {
      const [first] = messages;
      if (this.#storage.state === null && address !== null && first !== undefined) {
        this.#storage.save(newConversation(first.phone_number_id, address, now), now);
      }
      for (const message of messages) this.#storage.outbox.take(message, now);
      this.#clock.atLatest(now + PROJECTION_GRACE_MS);
    });
  }

  #change(work: (state: ConversationState) => ConversationState): Changed | null {
    return this.#storage.transaction(() => {
      const { state } = this.#storage;
      if (state === null) return null;
      const next = work(state);
      if (next === state) return this.#changed(state);
      const now = Date.now();
      this.#clock.atLatest(now + PROJECTION_GRACE_MS);
      return this.#changed(this.#storage.save(next, now));
    });
  }

  #changed(state: ConversationState): Changed {
    return { conversation: this.#projector.view(state), events: this.#projector.events(state) };
  }

  /** Lets the person's other addresses lead here; where that fails, the alarm goes on. */
  async #makeLinks(): Promise<void> {
    if (!this.#reunion.hasLinksToMake()) return;
    try {
      await this.#reunion.makeLinks();
    } catch (error) {
      log("error", "links_left_to_alarm", errorMembers(error));
    }
  }

  #progressOf(messageId: string): Sent | null {
    const { outbox, state } = this.#storage;
    const progress = outbox.progress(messageId);
    if (progress === null || state === null) return null;
    const fallback = outbox.fallbackProgress(messageId);
    return { ...this.#changed(state), progress, fallback };
  }

  #elsewhere(): DurableObjectStub<Conversation> | null {
    const { record } = this.#storage;
    return record.kind === "moved" ? this.#objectOf(record.to) : null;
  }

  /**
   * Where a moved conversation is, once all of it is there: what is asked about it must not come
   * before it. Its address may lead elsewhere, to whoever has the phone since.
   */
  async #successor({ to, departing }: MovedRecord): Promise<DurableObjectStub<Conversation>> {
    await this.#reunion.handOver();
    return this.#objectOf(departing?.into ?? to);
  }

  /** The same for messages to send: new ones to an address go where the address leads. */
  async #successorFor(
    record: MovedRecord,
    messages: readonly OutgoingMessage[],
    address: Address | null,
  ): Promise<DurableObjectStub<Conversation>> {
    const { outbox } = this.#storage;
    const about = address === null || messages.some(({ id }) => outbox.progress(id) !== null);
    return about ? this.#successor(record) : this.#objectOf(record.to);
  }

  #objectOf(id: string): DurableObjectStub<Conversation> {
    return this.env.CONVERSATION.get(this.env.CONVERSATION.idFromString(id));
  }

  #nextDueAt(): number | null {
    return nextDueAt(this.#storage, this.#reunion, Date.now() + this.#retryMs());
  }

  #retryMs(): number {
    return Math.min(SECOND_MS * 2 ** this.#failures, LONGEST_RETRY_MS);
  }
}
