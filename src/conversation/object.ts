/**
 * The Durable Object of one conversation. It serialises what happens to it: inbound messages,
 * read marks, sends. All that must not be lost is committed here before anyone is told; D1 follows
 * by a projection that the Worker writes at once, and the alarm where the Worker could not.
 */
import { DurableObject } from "cloudflare:workers";
import type { Address } from "../lib/address.ts";
import { errorMembers, log } from "../lib/log.ts";
import { SECOND_MS } from "../lib/time.ts";
import type { InboundMessage } from "../message/inbound-message.ts";
import type { OutgoingMessage } from "../message/outgoing-message.ts";
import { toldBy, type ToldIdentity } from "../message/told-identity.ts";
import { createDatabase, withD1Timeout } from "../store/d1.ts";
import type { ConversationProjection } from "../store/projection.ts";
import { Acquaintance } from "./acquaintance.ts";
import { AlarmClock } from "./alarm.ts";
import { Erasing } from "./erasing.ts";
import { eventsOfMessage } from "./events.ts";
import { Forwarding } from "./forwarding.ts";
import type { ArrivingPart, ConversationSnapshot } from "./handover.ts";
import type { Claim } from "./identity-rules.ts";
import { Links } from "./links.ts";
import { ConversationMerge } from "./merge.ts";
import { type LinkedAddresses, linkedAddressesOf } from "./record.ts";
import type {
  Changed,
  ConversationRpc,
  Home,
  Pointing,
  Received,
  SendFate,
  Sent,
  Settlement,
} from "./rpc.ts";
import { senderPorts } from "./send-ports.ts";
import { OutboxSender } from "./sender.ts";
import {
  type ConversationState,
  type ConversationStatus,
  isUnread,
  numbered,
  type TakenMessage,
  withEvent,
  withInbound,
  withRead,
} from "./state.ts";
import { ConversationStorage } from "./storage.ts";
import { Projector } from "./sync.ts";
import { type Erase, type Erased, madeSinceErased, sinceErased } from "./tombstone.ts";

/**
 * When a conversation's object has something to do next; null if nothing is due.
 *
 * @param soon when what is unfinished is tried again
 */
function nextDueAt(storage: ConversationStorage, links: Links, soon: number): number | null {
  const { inbox, outbox, state, record, leaving } = storage;
  if (record.kind === "moved" && record.departing !== null) return soon;
  if (state === null) return null;
  const unfinished =
    inbox.hasUnsettled() ||
    outbox.hasUnrecorded() ||
    storage.hasEventsToTell() ||
    leaving !== null ||
    links.hasOpen();
  const dues = [
    unfinished ? soon : null,
    outbox.dueAt(),
    inbox.pruneDueAt(),
    outbox.pruneDueAt(),
  ].filter((due) => due !== null);
  return dues.length === 0 ? null : Math.min(...dues);
}

/** What waits behind an alarm whose D1 hangs, sends above all, must not wait for ever. */
const D1_PATIENCE_MS = 5 * SECOND_MS;

/**
 * How long the Worker has to write its projection before the alarm does. The platform forgets an
 * object's memory after 10 seconds without work: an alarm after that would have to wake it, and ask D1
 * what it knows.
 */
const PROJECTION_GRACE_MS = 5 * SECOND_MS;

/** No wait between tries is longer, so that the lists are right soon after D1 is back. */
const LONGEST_RETRY_MS = 15 * SECOND_MS;

export class Conversation extends DurableObject<Env> implements ConversationRpc {
  readonly #storage: ConversationStorage;
  readonly #clock: AlarmClock;
  readonly #sender: OutboxSender;
  readonly #projector: Projector;
  readonly #links: Links;
  readonly #merge: ConversationMerge;
  readonly #forwarding: Forwarding;
  readonly #erasing: Erasing;
  readonly #acquaintance: Acquaintance;
  #failures = 0;
  #atWork: Promise<void> = Promise.resolve();

  constructor(context: DurableObjectState, bindings: Env) {
    super(context, withD1Timeout(bindings, D1_PATIENCE_MS));
    const ownId = context.id.toString();
    this.#storage = new ConversationStorage(context.storage);
    this.#clock = new AlarmClock(context.storage);
    this.#sender = new OutboxSender(this.#storage, senderPorts(bindings));
    this.#projector = new Projector(this.#storage, this.env, ownId);
    this.#links = new Links(this.#storage, this.env.CONVERSATION, ownId);
    this.#merge = new ConversationMerge(this.#storage, this.env.CONVERSATION, ownId, this.#links);
    this.#forwarding = new Forwarding(this.#storage, this.#merge, this.env.CONVERSATION);
    this.#erasing = new Erasing(this.#storage, this.#sender);
    this.#acquaintance = new Acquaintance(this.#storage, this.#clock, {
      links: this.#links,
      merge: this.#merge,
      forwarding: this.#forwarding,
    });
    void context.blockConcurrencyWhile(async () => {
      await this.#clock.wake();
      const interrupted = this.#sender.giveUpInterrupted(Date.now());
      // An alarm that is set comes first of all that was due before it slept.
      const due = this.#clock.isSet && !interrupted ? null : this.#nextDueAt();
      if (due !== null) this.#clock.atLatest(due);
    });
  }

  /**
   * Takes messages for good; those known already change nothing, nor those of before the person was
   * erased. Messages of somebody else who has this phone now, or had it once, are taken by that
   * person's object. `home` is given with messages passed on so: they are taken here, whoever wrote them.
   */
  async receive(
    delivered: readonly InboundMessage[],
    home: Address | null = null,
  ): Promise<Received[]> {
    const messages = sinceErased(this.#storage.tombstone, delivered);
    if (messages.length === 0) return [];
    const elsewhere = this.#forwarding.elsewhere();
    if (elsewhere !== null) return elsewhere.receive(messages, home);
    const { ours, others, told } = this.#acquaintance.sortOut(messages, home);
    const [first] = ours;
    const taken = first === undefined ? [] : [this.#take(ours, first, home ?? first.address)];
    const passedOn = await this.#forwarding.passOn(others);
    await this.#acquaintance.pursue(told);
    return [...taken, ...passedOn];
  }

  /** A customer called: no message, but the session window opens. */
  receiveCall(
    phone_number_id: string,
    address: Address,
    at: number,
    told: ToldIdentity | null = null,
  ): Promise<void> {
    return this.#acquaintance.receiveCall({ phone_number_id, address }, at, told);
  }

  /**
   * Learns by what else a person is known; false where there is no conversation. `home` makes it: for a
   * person who has a phone now that was another's.
   */
  learn(told: ToldIdentity, home: Home | null = null): Promise<boolean> {
    return this.#acquaintance.learn(told, home);
  }

  /** As Workers of 0.1.0 tell of another BSUID. */
  async identify(userId: string, at: number): Promise<void> {
    await this.learn(toldBy([userId], at, true));
  }

  /** Told what is in D1 and in the event queue now. */
  async settle(settlement: Settlement): Promise<void> {
    const elsewhere = this.#forwarding.elsewhere();
    // Its events were told before it moved; the other conversation's have the same numbers and versions.
    if (elsewhere !== null) await elsewhere.settle({ ...settlement, version: 0, events: [] });
    else this.#projector.settle(settlement);
  }

  /** Staff read up to a message (its id), or all there is; null if there is no such conversation. */
  async read(upTo: string | null): Promise<Changed | null> {
    const { inbox, record } = this.#storage;
    if (record.kind === "moved") return (await this.#forwarding.of(record)).read(upTo);
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
    if (record.kind === "moved") return (await this.#forwarding.of(record)).setStatus(status);
    return this.#change((state) => (state.status === status ? state : { ...state, status }));
  }

  /** Numbers the event of a change that D1 alone is about to keep; null if there is no such conversation. */
  async announceChange(): Promise<Changed | null> {
    const { record } = this.#storage;
    if (record.kind === "moved") return (await this.#forwarding.of(record)).announceChange();
    return this.#change((state) => withEvent(state, "conversation.updated", Date.now()));
  }

  /**
   * Sends a message, or queues it where it must wait. Repeating it with the same id never sends
   * twice. An address makes the conversation if need be; without one it must exist.
   */
  async send(message: OutgoingMessage, address: Address | null): Promise<Sent | null> {
    const { record } = this.#storage;
    if (record.kind === "moved") {
      return (await this.#forwarding.ofSend(record, [message], address)).send(message, address);
    }
    if (this.#storage.state === null && address === null) return null;
    this.#queue([message], address);
    if (this.#storage.outbox.progress(message.id) === null) return null;
    await this.#sender.tryToRun();
    await this.#erasing.takesBack(message.id);
    await this.#acquaintance.makeLinks();
    // It may have moved out while Meta was being called.
    const after = this.#storage.record;
    if (after.kind === "moved") {
      return (await this.#forwarding.ofSend(after, [message], address)).send(message, address);
    }
    const due = this.#storage.outbox.dueAt();
    if (due !== null) this.#clock.atLatest(due);
    return this.#projector.sent(message.id);
  }

  /**
   * Takes messages to send and leaves the sending to the alarm, which fires at once. Returns the ids of
   * those that it did not take; an object of 0.1.0 returns nothing.
   */
  async enqueue(
    messages: readonly OutgoingMessage[],
    address: Address | null,
  ): Promise<readonly string[] | undefined> {
    const { record } = this.#storage;
    if (record.kind === "moved") {
      return (await this.#forwarding.ofSend(record, messages, address)).enqueue(messages, address);
    }
    this.#queue(messages, address);
    const due = this.#storage.outbox.dueAt();
    if (due !== null) this.#clock.atLatest(due);
    return messages.map(({ id }) => id).filter((id) => this.#storage.outbox.progress(id) === null);
  }

  /** Takes a message back that has not left; its progress tells whether it did. */
  async cancel(messageId: string): Promise<Sent | null> {
    const { record } = this.#storage;
    if (record.kind === "moved") return (await this.#forwarding.of(record)).cancel(messageId);
    const now = Date.now();
    this.#storage.transaction(() => {
      this.#storage.outbox.cancel(messageId, { state: "canceled", at: now });
      this.#clock.atLatest(now + PROJECTION_GRACE_MS);
    });
    return this.#projector.sent(messageId);
  }

  /** Asked, by the object of the same person's other address, to lead there. */
  pointTo(conversationId: string, claim: Claim | null = null): Pointing {
    return this.#acquaintance.pointTo(conversationId, claim);
  }

  /** Asked before a conversation moves in: who stays, should this close a circle of moves. */
  async staying(from: string, least: string): Promise<string | null> {
    const elsewhere = this.#forwarding.elsewhere();
    return elsewhere === null
      ? this.#merge.mergeCycleWinner(from, least)
      : elsewhere.staying(from, least);
  }

  /** Keeps a part of a conversation of the same person until `absorb` is told how many there are. */
  async keepPart(from: string, part: ArrivingPart): Promise<void> {
    const elsewhere = this.#forwarding.ofArriving(from, part.comes_home);
    if (elsewhere !== null) await elsewhere.keepPart(from, part);
    else this.#merge.keepPart(from, part);
  }

  /** Takes a conversation of the same person in; null if that person was erased since. */
  async absorb(
    from: string,
    snapshot: ConversationSnapshot,
  ): Promise<ConversationProjection | null> {
    const elsewhere = this.#forwarding.ofArriving(from, snapshot.home !== null);
    if (elsewhere !== null) return elsewhere.absorb(from, snapshot);
    const state = this.#merge.takeOver(from, snapshot);
    if (state === null) return null;
    this.#clock.atLatest(Date.now());
    return this.#projector.view(state);
  }

  /** Where else this person is known; null where nobody is. */
  whereabouts(): LinkedAddresses | null {
    return linkedAddressesOf(this.#storage.record);
  }

  /** Forgets the person; null where it was to be only if nothing was said since. */
  async erase(asked: Erase): Promise<Erased | null> {
    const erased = await this.#erasing.erase(asked, this.#atWork);
    await this.#clock.exactly(this.#nextDueAt());
    return erased;
  }

  /** Asked about a message that was not taken, or is here no more. */
  async fateOf(messageId: string, madeAt: number): Promise<SendFate> {
    const elsewhere = this.#forwarding.elsewhere();
    if (elsewhere !== null) return elsewhere.fateOf(messageId, madeAt);
    return this.#erasing.fateOf(messageId, madeAt);
  }

  override alarm(): Promise<void> {
    return (this.#atWork = this.#work());
  }

  async #work(): Promise<void> {
    this.#clock.fired();
    this.#storage.writeSettled();
    const now = Date.now();
    const due = nextDueAt(this.#storage, this.#links, now);
    // As a rule the Worker has left nothing undone.
    if (this.#projector.isSettled() && (due === null || due > now)) {
      return this.#clock.exactly(due);
    }
    // Whatever fails from here on, there is a next time.
    this.#clock.atLatest(Date.now() + this.#retryMs());
    try {
      try {
        await this.#projector.sync();
      } finally {
        // Messages leave although D1 fails: their rows were there before they came here.
        await this.#sender.run();
      }
      await this.#links.make();
      await this.#projector.sync();
      await this.#merge.moveOut(this.#sender, this.#projector, createDatabase(this.env.DB));
      this.#failures = 0;
    } catch (error) {
      this.#failures += 1;
      log("error", "conversation_alarm_failed", {
        failures: this.#failures,
        ...errorMembers(error),
      });
      return undefined;
    }
    this.#storage.tidyUp(now);
    return this.#clock.exactly(this.#nextDueAt());
  }

  #take(messages: readonly InboundMessage[], first: InboundMessage, address: Address): Received {
    const now = Date.now();
    const fresh: TakenMessage[] = [];
    const { inbox, places } = this.#storage;
    const state = this.#storage.transaction(() => {
      let next = places.known(this.#storage.begin(first.phone_number_id, address, now));
      for (const message of messages) {
        const { message: taken, state: told } = numbered(next, places.place(next, message));
        if (!inbox.take(taken, isUnread(next, taken))) continue;
        next = withInbound(told, taken);
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

  /** Nothing is taken for a person who is being erased, or was since the message was made. */
  #queue(given: readonly OutgoingMessage[], address: Address | null): void {
    if (this.#sender.isStopped) return;
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

  #change(work: (state: ConversationState) => ConversationState): Changed | null {
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

  #nextDueAt(): number | null {
    return nextDueAt(this.#storage, this.#links, Date.now() + this.#retryMs());
  }

  #retryMs(): number {
    return Math.min(SECOND_MS * 2 ** this.#failures, LONGEST_RETRY_MS);
  }
}
