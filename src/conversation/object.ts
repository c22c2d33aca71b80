/**
 * The Durable Object of one conversation: its lifecycle, its RPC methods and its alarm.
 *
 * Everything in this house runs in the object, except `client.ts`, `receive.ts` and `change.ts`, by which
 * the Worker calls the objects for webhooks and for what staff change, and `GatheringWriter` in
 * `sync/writer.ts`, which the Worker lends to the objects. `rpc.ts` has only types: what Worker and object
 * pass to each other.
 *
 * How a change becomes visible:
 * 1. Commit: one transaction stores it in the object (`storage/commit.ts`).
 * 2. Bring: the object itself writes its rows to D1, then puts the events into their queue
 *    (`sync/projector.ts`). It is the only writer of its conversation's rows.
 * 3. Answer. Where D1 does not take the change in time, the alarm is set before the answer and repeats
 *    step 2: each write is idempotent.
 *
 * The rooms, from the top; each imports only from those below it:
 * - `identity/`: one person under several addresses, whose conversations become one; erasing a person
 * - `sending/`: the outbox's messages to Meta (`sender.ts`; `send-rules.ts` decides), and beside it
 * - `sync/`: into D1 and the queues
 * - `storage/`: what the object stores, in memory and in its tables
 * - `tables/`: the SQL of these tables
 * - `state/`: the state of the conversation and all pure rules
 */
import { DurableObject } from "cloudflare:workers";
import type { Address } from "../lib/address.ts";
import { backoff } from "../lib/backoff.ts";
import { errorMembers, log } from "../lib/log.ts";
import { SECOND_MS } from "../lib/time.ts";
import type { InboundMessage } from "../message/inbound-message.ts";
import type { OutgoingMessage } from "../message/outgoing-message.ts";
import { reportedBy, type ReportedIdentity } from "../message/reported-identity.ts";
import { createDatabase, withD1Timeout } from "../store/d1.ts";
import type { ConversationProjection } from "../store/projection.ts";
import { Dispatching } from "./dispatching.ts";
import { Erasing } from "./identity/erasing.ts";
import { Forwarding } from "./identity/forwarding.ts";
import type { ConversationSnapshot } from "./identity/handover.ts";
import { IdentityUpdates } from "./identity/identity-updates.ts";
import { Links } from "./identity/links.ts";
import { ConversationMerge } from "./identity/merge.ts";
import { OtherObjects } from "./identity/other-objects.ts";
import type { Sorted } from "./identity/sorting.ts";
import { nextDueAt } from "./next-due.ts";
import type {
  Brought,
  ConversationRpc,
  Dispatch,
  Dispatched,
  Home,
  Pointing,
  Queued,
  Received,
  SendFate,
  Sent,
} from "./rpc.ts";
import { SendingAtOnce } from "./sending/at-once.ts";
import { senderPorts } from "./sending/send-ports.ts";
import { OutboxSender } from "./sending/sender.ts";
import type { Claim } from "./state/identity-rules.ts";
import { type ConversationStatus, withEvent } from "./state/state.ts";
import { type Erase, type Erased, sinceErased } from "./state/tombstone.ts";
import type { AlarmClock } from "./storage/alarm.ts";
import { Commits } from "./storage/commit.ts";
import { type LinkedAddresses, linkedAddressesOf } from "./storage/record.ts";
import { ConversationStorage } from "./storage/storage.ts";
import { ALARM_PATIENCE_MS, Projector } from "./sync/projector.ts";
import type { LentWriter } from "./sync/writer.ts";
import type { ArrivingPart } from "./tables/arrivals.ts";

/** The longest wait between two tries: lists must be right soon after D1 is back. */
const LONGEST_RETRY_MS = 15 * SECOND_MS;

const projectionBackoff = backoff({ baseMs: SECOND_MS, maxMs: LONGEST_RETRY_MS, jitter: 0 });

export class Conversation extends DurableObject<Env> implements ConversationRpc {
  readonly #storage: ConversationStorage;
  readonly #clock: AlarmClock;
  readonly #sender: OutboxSender;
  readonly #projector: Projector;
  readonly #commits: Commits;
  readonly #links: Links;
  readonly #merge: ConversationMerge;
  readonly #forwarding: Forwarding;
  readonly #erasing: Erasing;
  readonly #identityUpdates: IdentityUpdates;
  readonly #atOnce: SendingAtOnce;
  readonly #dispatching: Dispatching;
  #failures = 0;
  /** Until the first alarm after waking, which may be the one that woke the object. */
  #isJustAwake = true;
  #atWork: Promise<void> = Promise.resolve();

  constructor(context: DurableObjectState, bindings: Env) {
    super(context, withD1Timeout(bindings, ALARM_PATIENCE_MS));
    const ownId = context.id.toString();
    this.#storage = new ConversationStorage(context.storage);
    this.#clock = this.#storage.clock;
    const ports = senderPorts(bindings);
    this.#sender = new OutboxSender(this.#storage, ports);
    this.#atOnce = new SendingAtOnce(this.#storage, this.#clock, this.#sender, { ports, ownId });
    this.#projector = new Projector(this.#storage, this.#clock, bindings, ownId);
    this.#commits = new Commits(this.#storage, this.#clock);
    const objects = new OtherObjects(this.env.CONVERSATION, this.#storage, ownId);
    this.#links = new Links(this.#storage, objects);
    this.#merge = new ConversationMerge(this.#storage, objects);
    this.#forwarding = new Forwarding(this.#storage, this.#merge, objects);
    this.#erasing = new Erasing(this.#storage, this.#sender, this.#projector);
    this.#identityUpdates = new IdentityUpdates(this.#storage, this.#clock, this.#projector, {
      objects,
      links: this.#links,
      forwarding: this.#forwarding,
    });
    this.#dispatching = new Dispatching(this.#storage, this.#clock, {
      atOnce: this.#atOnce,
      commits: this.#commits,
      erasing: this.#erasing,
      forwarding: this.#forwarding,
      identityUpdates: this.#identityUpdates,
      projector: this.#projector,
      sender: this.#sender,
    });
    void context.blockConcurrencyWhile(async () => {
      await this.#clock.wake();
      this.#storage.outbox.keys.wake(this.#clock.isSet);
      const interrupted = this.#sender.giveUpInterrupted(Date.now());
      // A pending alarm is the earliest of everything due.
      const due = this.#clock.isSet && !interrupted ? null : this.#nextDueAt();
      if (due !== null) this.#clock.atLatest(due);
    });
  }

  /**
   * Commits messages and brings them into D1. Known ones change nothing, nor do those from before the
   * person was erased. Messages of another person who has this phone now, or had it before, go to that
   * person's object. With `ownAddress`, another object already sorted the messages: this object takes all
   * of them. Before the answer D1 has what this object took, or the alarm is set.
   */
  async receive(
    delivered: readonly InboundMessage[],
    ownAddress: Address | null = null,
    writer: LentWriter | null = null,
  ): Promise<Received[]> {
    const messages = sinceErased(this.#storage.tombstone, delivered);
    const [first] = messages;
    if (first === undefined) return [];
    const target = this.#forwarding.target();
    if (target !== null) return target.receive(messages, ownAddress, writer);
    const { ours, others, reported } = this.#identityUpdates.sortOut(messages, ownAddress);
    const [firstOfOurs] = ours;
    const fresh =
      firstOfOurs === undefined
        ? []
        : this.#commits.receive(ours, firstOfOurs, ownAddress ?? firstOfOurs.address);
    // Links may change by which addresses D1 finds the person.
    const { result: passedOn, in_d1 } = await this.#projector.bringDuring(
      this.#passOnAndLink(others, reported, writer),
      { writer, request_id: first.request_id },
    );
    const brought = this.#projector.answer(in_d1);
    if (firstOfOurs === undefined || brought === null) return passedOn;
    const placed = fresh.map(({ wamid, id }) => ({ wamid, id }));
    const taken = { ...brought, fresh: placed.map(({ wamid }) => wamid), placed, unsettled: [] };
    return [taken, ...passedOn];
  }

  /** A customer called: there is no message, but the session window opens. */
  receiveCall(
    phone_number_id: string,
    address: Address,
    at: number,
    reported: ReportedIdentity | null = null,
  ): Promise<void> {
    return this.#identityUpdates.receiveCall({ phone_number_id, address }, at, reported);
  }

  /**
   * Learns other addresses of the person; false if there is no conversation. With `home` the object
   * begins one: for a person who now has a phone that belonged to another.
   */
  learn(reported: ReportedIdentity, home: Home | null = null): Promise<boolean> {
    return this.#identityUpdates.learn(reported, home);
  }

  /** Workers of 0.1.0 report another BSUID by this call. */
  async identify(userId: string, at: number): Promise<void> {
    await this.learn(reportedBy([userId], at, true));
  }

  /** A Worker of 0.1.0 confirms here what it wrote: the object wrote it before. */
  async settle(): Promise<void> {
    return undefined;
  }

  /** Staff read up to a message (its id), or everything; null if there is no conversation. */
  async read(upTo: string | null): Promise<Brought | null> {
    const target = this.#forwarding.targetOfConversation();
    if (target !== null) return (await target).read(upTo);
    this.#commits.read(upTo);
    return this.bring();
  }

  /** Null if there is no conversation. */
  async setStatus(status: ConversationStatus): Promise<Brought | null> {
    const target = this.#forwarding.targetOfConversation();
    if (target !== null) return (await target).setStatus(status);
    this.#commits.change((state) => (state.status === status ? state : { ...state, status }));
    return this.bring();
  }

  /**
   * Numbers the event of a change that only D1 will store; null if there is no conversation. `bring`
   * queues the event once D1 has the change.
   */
  async announceChange(): Promise<Brought | null> {
    const target = this.#forwarding.targetOfConversation();
    if (target !== null) return (await target).announceChange();
    this.#commits.change((state) => withEvent(state, "conversation.updated", Date.now()));
    return this.#projector.answer(false);
  }

  /** Brings into D1 and the queues what they lack; null if there is no conversation. */
  async bring(): Promise<Brought | null> {
    const target = this.#forwarding.targetOfConversation();
    if (target !== null) return (await target).bring();
    return this.#projector.answer(await this.#projector.bring());
  }

  /**
   * Sends a message, or queues it if it must wait. A repeat with the same id never sends twice. With an
   * address the object begins the conversation if there is none; without one, it must exist.
   */
  dispatch(given: Dispatch): Promise<Dispatched> {
    return this.#dispatching.dispatch(given);
  }

  /** Waits until a message has left, or must wait; brings its outcome and returns it. */
  outcomeOf(messageId: string): Promise<Dispatched> {
    return this.#dispatching.outcomeOf(messageId);
  }

  /** How a Worker of 0.1.0 sends a message, whose row it inserted. */
  async send(message: OutgoingMessage, address: Address | null): Promise<Sent | null> {
    const dispatched = await this.dispatch({ message, address, key: null });
    return dispatched.kind === "sent" ? dispatched.sent : null;
  }

  /**
   * Queues messages and brings their rows into D1; the alarm fires at once and sends them. Returns the ids
   * of those that the object did not take.
   */
  queueMessages(
    messages: readonly OutgoingMessage[],
    address: Address | null,
    writer: LentWriter | null = null,
  ): Promise<Queued> {
    return this.#dispatching.queueMessages(messages, address, writer);
  }

  /** The same for messages whose rows D1 has. */
  async enqueue(
    messages: readonly OutgoingMessage[],
    address: Address | null,
  ): Promise<readonly string[] | undefined> {
    return (await this.queueMessages(messages, address)).refused;
  }

  /** Cancels a message that has not left; its progress shows whether it had. */
  async cancel(messageId: string): Promise<Sent | null> {
    const target = this.#forwarding.targetOfConversation();
    if (target !== null) return (await target).cancel(messageId);
    // An object to which nothing happened has no tables to look into.
    const { state, outbox } = this.#storage;
    const id = state === null ? null : outbox.placeOf(messageId);
    if (id === null) return null;
    this.#commits.cancel(id);
    return this.#projector.sent(id, await this.#projector.bring());
  }

  /** The object of the same person's other address asks this one to redirect to it. */
  pointTo(conversationId: string, claim: Claim | null = null): Pointing {
    return this.#identityUpdates.pointTo(conversationId, claim);
  }

  /** Asked before `from` moves in: returns the object that must not move if this would close a cycle. */
  async staying(from: string, least: string): Promise<string | null> {
    const target = this.#forwarding.target();
    return target === null
      ? this.#merge.mergeCycleWinner(from, least)
      : target.staying(from, least);
  }

  /** Keeps a part of the same person's conversation until `absorb` names the number of parts. */
  async keepPart(from: string, part: ArrivingPart): Promise<void> {
    const target = this.#forwarding.targetOfArriving(from, part.comes_home);
    if (target !== null) await target.keepPart(from, part);
    else this.#merge.keepPart(from, part);
  }

  /** Takes over the same person's conversation; null if the person was erased since. */
  async absorb(
    from: string,
    snapshot: ConversationSnapshot,
  ): Promise<ConversationProjection | null> {
    const target = this.#forwarding.targetOfArriving(from, snapshot.home !== null);
    if (target !== null) return target.absorb(from, snapshot);
    const state = this.#merge.takeOver(from, snapshot);
    if (state === null) return null;
    this.#clock.atLatest(Date.now());
    return this.#projector.view(state);
  }

  /** The person's other addresses and objects; null if there is no person. */
  whereabouts(): LinkedAddresses | null {
    return linkedAddressesOf(this.#storage.record);
  }

  /** Forgets the person; null with `onlyIfSilent` if there was activity since. */
  async erase(asked: Erase): Promise<Erased | null> {
    const erased = await this.#erasing.erase(asked, this.#atWork);
    await this.#clock.exactly(this.#nextDueAt());
    return erased;
  }

  /** What became of a message that the object did not take or no longer has. */
  async fateOf(messageId: string, madeAt: number): Promise<SendFate> {
    const target = this.#forwarding.target();
    if (target !== null) return target.fateOf(messageId, madeAt);
    return this.#erasing.fateOf(messageId, madeAt);
  }

  override alarm(): Promise<void> {
    return (this.#atWork = this.#work());
  }

  async #work(): Promise<void> {
    this.#clock.fired();
    this.#storage.writeQueuedEvents();
    if (this.#isJustAwake) this.#storage.outbox.keys.wake(true);
    this.#isJustAwake = false;
    const now = Date.now();
    const due = nextDueAt(this.#storage, this.#links, now);
    // Usually a caller has had everything brought already.
    if (this.#projector.isSettled() && (due === null || due > now)) {
      return this.#clock.exactly(due);
    }
    // If anything fails from here on, the alarm fires again.
    this.#clock.atLatest(Date.now() + this.#retryMs());
    try {
      try {
        await this.#atOnce.settleInterrupted();
        await this.#projector.sync();
      } finally {
        // Messages leave even if D1 fails: their rows follow.
        await this.#sender.run();
      }
      await this.#links.make();
      await this.#projector.sync();
      await this.#merge.moveOut(this.#sender, this.#projector, createDatabase(this.env));
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

  /** To the objects of the persons who wrote them, and to those of this person's other addresses. */
  async #passOnAndLink(
    others: Sorted["others"],
    reported: Sorted["reported"],
    writer: LentWriter | null,
  ): Promise<Received[]> {
    const passedOn = await this.#forwarding.passOn(others, writer);
    await this.#identityUpdates.passOnAndLink(reported);
    return passedOn;
  }

  #nextDueAt(): number | null {
    return nextDueAt(this.#storage, this.#links, Date.now() + this.#retryMs());
  }

  #retryMs(): number {
    return projectionBackoff(this.#failures, { random: 0 });
  }
}
