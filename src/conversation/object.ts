/**
 * The Durable Object of one conversation: what it consists of, its lifecycle and its RPC methods.
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
 * Beside this file: `dispatching.ts` takes messages to send, `alarm-work.ts` ends what was begun.
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
import type { InboundMessage } from "../message/inbound-message.ts";
import type { OutgoingMessage } from "../message/outgoing-message.ts";
import { reportedBy, type ReportedIdentity } from "../message/reported-identity.ts";
import { withD1Timeout } from "../store/d1.ts";
import type { ConversationProjection } from "../store/projection.ts";
import { AlarmWork } from "./alarm-work.ts";
import { Dispatching } from "./dispatching.ts";
import { Erasing } from "./identity/erasing.ts";
import { Forwarding } from "./identity/forwarding.ts";
import type { ConversationSnapshot } from "./identity/handover.ts";
import { IdentityUpdates } from "./identity/identity-updates.ts";
import { Links } from "./identity/links.ts";
import { ConversationMerge } from "./identity/merge.ts";
import { OtherObjects } from "./identity/other-objects.ts";
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
import { withFailed } from "./state/activity.ts";
import type { Claim } from "./state/identity-rules.ts";
import { type ConversationStatus, withEvent } from "./state/state.ts";
import { type Erase, type Erased, sinceErased } from "./state/tombstone.ts";
import { Commits } from "./storage/commit.ts";
import { type LinkedAddresses, linkedAddressesOf } from "./storage/record.ts";
import { ConversationStorage } from "./storage/storage.ts";
import { ALARM_PATIENCE_MS, Projector } from "./sync/projector.ts";
import type { LentWriter } from "./sync/writer.ts";
import type { ArrivingPart } from "./tables/arrivals.ts";

/** `ConversationRpc` says what each method does. */
export class Conversation extends DurableObject<Env> implements ConversationRpc {
  readonly #storage: ConversationStorage;
  readonly #projector: Projector;
  readonly #commits: Commits;
  readonly #merge: ConversationMerge;
  readonly #forwarding: Forwarding;
  readonly #erasing: Erasing;
  readonly #identityUpdates: IdentityUpdates;
  readonly #dispatching: Dispatching;
  readonly #alarmWork: AlarmWork;
  #atWork: Promise<void> = Promise.resolve();

  constructor(context: DurableObjectState, bindings: Env) {
    super(context, withD1Timeout(bindings, ALARM_PATIENCE_MS));
    const ownId = context.id.toString();
    const storage = (this.#storage = new ConversationStorage(context.storage));
    const ports = senderPorts(bindings);
    const sender = new OutboxSender(storage, ports);
    const atOnce = new SendingAtOnce(storage, sender, { ports, ownId });
    const projector = (this.#projector = new Projector(storage, bindings, ownId));
    const commits = (this.#commits = new Commits(storage));
    const objects = new OtherObjects(this.env.CONVERSATION, storage, ownId);
    const links = new Links(storage, objects);
    const merge = (this.#merge = new ConversationMerge(storage, objects));
    const forwarding = (this.#forwarding = new Forwarding(storage, merge, objects));
    const erasing = (this.#erasing = new Erasing(storage, sender, projector));
    const identityUpdates = (this.#identityUpdates = new IdentityUpdates(storage, projector, {
      objects,
      links,
      forwarding,
    }));
    const parts = {
      atOnce,
      commits,
      erasing,
      forwarding,
      identityUpdates,
      links,
      merge,
      projector,
      sender,
    };
    this.#dispatching = new Dispatching(storage, parts);
    this.#alarmWork = new AlarmWork(storage, parts, this.env);
    const { clock } = storage;
    void context.blockConcurrencyWhile(async () => {
      await clock.wake();
      storage.wake(clock.isSet);
      const interrupted = sender.giveUpInterrupted(Date.now());
      // A pending alarm is the earliest of everything due.
      const due = clock.isSet && !interrupted ? null : this.#alarmWork.nextDueAt();
      if (due !== null) clock.atLatest(due);
    });
  }

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
    const { ours, ...rest } = this.#identityUpdates.sortOut(messages, ownAddress);
    const [firstOfOurs] = ours;
    const fresh =
      firstOfOurs === undefined
        ? []
        : this.#commits.receive(ours, firstOfOurs, ownAddress ?? firstOfOurs.address);
    // Links may change by which addresses D1 finds the person.
    const { result: passedOn, in_d1 } = await this.#projector.bringDuring(
      this.#identityUpdates.passOnAndLink(rest, writer),
      { writer, request_id: first.request_id },
    );
    const brought = this.#projector.answer(in_d1);
    if (firstOfOurs === undefined || brought === null) return passedOn;
    const placed = fresh.map(({ wamid, id }) => ({ wamid, id }));
    const taken = { ...brought, fresh: placed.map(({ wamid }) => wamid), placed, unsettled: [] };
    return [taken, ...passedOn];
  }

  receiveCall(
    phone_number_id: string,
    address: Address,
    at: number,
    reported: ReportedIdentity | null = null,
  ): Promise<void> {
    return this.#identityUpdates.receiveCall({ phone_number_id, address }, at, reported);
  }

  learn(reported: ReportedIdentity, home: Home | null = null): Promise<boolean> {
    return this.#identityUpdates.learn(reported, home);
  }

  async identify(userId: string, at: number): Promise<void> {
    await this.learn(reportedBy([userId], at, true));
  }

  async settle(): Promise<void> {
    return undefined;
  }

  async read(upTo: string | null): Promise<Brought | null> {
    const target = this.#forwarding.targetOfConversation();
    if (target !== null) return (await target).read(upTo);
    this.#commits.read(upTo);
    return this.bring();
  }

  async setStatus(status: ConversationStatus): Promise<Brought | null> {
    const target = this.#forwarding.targetOfConversation();
    if (target !== null) return (await target).setStatus(status);
    this.#commits.change((state) => (state.status === status ? state : { ...state, status }));
    return this.bring();
  }

  async messageFailed(messageId: string): Promise<void> {
    const target = this.#forwarding.targetOfConversation();
    if (target !== null) return (await target).messageFailed(messageId);
    this.#commits.change((state) => withFailed(state, messageId));
    await this.bring();
    return undefined;
  }

  async announceChange(): Promise<Brought | null> {
    const target = this.#forwarding.targetOfConversation();
    if (target !== null) return (await target).announceChange();
    this.#commits.change((state) => withEvent(state, "conversation.updated", Date.now()));
    return this.#projector.answer(false);
  }

  async bring(): Promise<Brought | null> {
    const target = this.#forwarding.targetOfConversation();
    if (target !== null) return (await target).bring();
    return this.#projector.answer(await this.#projector.bring());
  }

  dispatch(given: Dispatch): Promise<Dispatched> {
    return this.#dispatching.dispatch(given);
  }

  outcomeOf(messageId: string): Promise<Dispatched> {
    return this.#dispatching.outcomeOf(messageId);
  }

  async send(message: OutgoingMessage, address: Address | null): Promise<Sent | null> {
    const dispatched = await this.dispatch({ message, address, key: null });
    return dispatched.kind === "sent" ? dispatched.sent : null;
  }

  queueMessages(
    messages: readonly OutgoingMessage[],
    address: Address | null,
    writer: LentWriter | null = null,
  ): Promise<Queued> {
    return this.#dispatching.queueMessages(messages, address, writer);
  }

  async enqueue(
    messages: readonly OutgoingMessage[],
    address: Address | null,
  ): Promise<readonly string[] | undefined> {
    return (await this.queueMessages(messages, address)).refused;
  }

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

  pointTo(conversationId: string, claim: Claim | null = null): Pointing {
    return this.#identityUpdates.pointTo(conversationId, claim);
  }

  async staying(from: string, least: string): Promise<string | null> {
    const target = this.#forwarding.target();
    return target === null
      ? this.#merge.mergeCycleWinner(from, least)
      : target.staying(from, least);
  }

  async keepPart(from: string, part: ArrivingPart): Promise<void> {
    const target = this.#forwarding.targetOfArriving(from, part.comes_home);
    if (target !== null) await target.keepPart(from, part);
    else this.#merge.keepPart(from, part);
  }

  async absorb(
    from: string,
    snapshot: ConversationSnapshot,
  ): Promise<ConversationProjection | null> {
    const target = this.#forwarding.targetOfArriving(from, snapshot.home !== null);
    if (target !== null) return target.absorb(from, snapshot);
    const state = this.#merge.takeOver(from, snapshot);
    if (state === null) return null;
    this.#storage.clock.atLatest(Date.now());
    return this.#projector.view(state);
  }

  whereabouts(): LinkedAddresses | null {
    return linkedAddressesOf(this.#storage.record);
  }

  async erase(asked: Erase): Promise<Erased | null> {
    const erased = await this.#erasing.erase(asked, this.#atWork);
    await this.#storage.clock.exactly(this.#alarmWork.nextDueAt());
    return erased;
  }

  async fateOf(messageId: string, madeAt: number): Promise<SendFate> {
    const target = this.#forwarding.target();
    if (target !== null) return target.fateOf(messageId, madeAt);
    return this.#erasing.fateOf(messageId, madeAt);
  }

  override alarm(): Promise<void> {
    return (this.#atWork = this.#alarmWork.run());
  }
}
