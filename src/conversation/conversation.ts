/**
 * The Durable Object of one conversation. It serialises what happens to it: inbound messages,
 * read marks, sends. All that must not be lost is committed here before anyone is told; D1 follows
 * by a projection that the Worker writes at once, and the alarm where the Worker could not.
 */
import { DurableObject } from "cloudflare:workers";
import { errorMembers, log } from "../log.ts";
import { createDatabase } from "../store/database.ts";
import { project, type ConversationProjection } from "../store/projection.ts";
import {
  conversationProjection,
  messageProjection,
  sendProjection,
} from "./conversation-projection.ts";
import {
  newConversation,
  withInbound,
  withLinked,
  withRead,
  type ConversationState,
  type ConversationStatus,
} from "./conversation-state.ts";
import { ConversationStorage } from "./conversation-storage.ts";
import { callMeta } from "./call-meta.ts";
import { Drain } from "./drain.ts";
import { conversationName, type Address } from "../customer/address.ts";
import type { InboundMessage } from "./inbound-message.ts";
import { inboundEffect } from "./inbound-effect.ts";
import type { OutgoingMessage, SendProgress } from "./outgoing-message.ts";

const SECOND_MS = 1000;

/** How long the Worker has to write its projection before the alarm does. */
const PROJECTION_GRACE_MS = 10 * SECOND_MS;

/** No wait between tries is longer, so that the lists are right soon after D1 is back. */
const LONGEST_RETRY_MS = 15 * SECOND_MS;

/** What `receive` took: D1 needs `messages`, the new ones and those it still lacked. */
export type Received = {
  conversation: ConversationProjection;
  fresh: readonly string[];
  unsettled: readonly InboundMessage[];
};

/** What D1 now knows. */
export type Settlement = {
  version: number;
  wamids: readonly string[];
  sends: readonly SendProgress[];
};

/** Where a send came to. */
export type Sent = { conversation: ConversationProjection; progress: SendProgress };

export class Conversation extends DurableObject<Env> {
  readonly #storage: ConversationStorage;
  readonly #drain: Drain;
  #alarmAt: number | null = null;
  #failures = 0;
  /** The version known to be in D1; null after waking, when nobody remembers. */
  #projectedVersion: number | null = null;

  constructor(context: DurableObjectState, env: Env) {
    super(context, env);
    this.#storage = new ConversationStorage(context.storage);
    this.#drain = new Drain(this.#storage, callMeta(env));
    void context.blockConcurrencyWhile(async () => {
      this.#alarmAt = await context.storage.getAlarm();
      this.#drain.giveUpInterrupted(Date.now());
      const due = this.#nextDueAt();
      if (due !== null) this.#arm(due);
    });
  }

  /** Takes messages for good; those known already change nothing. */
  async receive(messages: readonly InboundMessage[]): Promise<Received | null> {
    const elsewhere = this.#elsewhere();
    if (elsewhere !== null) return elsewhere.receive(messages);
    const [first] = messages;
    if (first === undefined) return null;
    const now = Date.now();
    const fresh: string[] = [];
    const state = this.#storage.transaction(() => {
      let next = this.#storage.state ?? newConversation(first.phone_number_id, first.address, now);
      for (const message of messages) {
        if (!this.#storage.inbox.take(message, inboundEffect(message).countsAsUnread)) continue;
        next = withInbound(next, message);
        fresh.push(message.wamid);
      }
      if (fresh.length === 0) return next;
      this.#arm(now + PROJECTION_GRACE_MS);
      return this.#storage.save(next, now);
    });
    if (state.unlinked_user_ids.length > 0) await this.#link();
    const known = messages.filter(({ wamid }) => !fresh.includes(wamid));
    return {
      conversation: this.#project(state),
      fresh,
      unsettled:
        known.length === 0 ? [] : this.#storage.inbox.unsettledOf(known.map(({ wamid }) => wamid)),
    };
  }

  /** Forgets what is in D1 now. */
  async settle(settlement: Settlement): Promise<void> {
    const elsewhere = this.#elsewhere();
    if (elsewhere !== null) return elsewhere.settle(settlement);
    const { version, wamids, sends } = settlement;
    this.#projectedVersion = Math.max(this.#projectedVersion ?? 0, version);
    this.#storage.transaction(() => {
      if (wamids.length > 0) this.#storage.inbox.settle(wamids);
      this.#storage.outbox.record(sends);
    });
    return undefined;
  }

  /** Staff read up to a message (its id), or all there is; null if there is no such conversation. */
  async read(upTo: string | null): Promise<ConversationProjection | null> {
    const elsewhere = this.#elsewhere();
    if (elsewhere !== null) return elsewhere.read(upTo);
    const mark = upTo ?? this.#storage.inbox.newestMessageId();
    return this.#change((state) =>
      mark === null ? state : withRead(state, mark, this.#storage.inbox.unreadAfter(mark)),
    );
  }

  /** Null if there is no such conversation. */
  async setStatus(status: ConversationStatus): Promise<ConversationProjection | null> {
    const elsewhere = this.#elsewhere();
    if (elsewhere !== null) return elsewhere.setStatus(status);
    return this.#change((state) => ({ ...state, status }));
  }

  /**
   * Sends a message, or queues it where it must wait. Repeating it with the same id never sends
   * twice. An address makes the conversation if need be; without one it must exist.
   */
  async send(message: OutgoingMessage, address: Address | null): Promise<Sent | null> {
    const elsewhere = this.#elsewhere();
    if (elsewhere !== null) return elsewhere.send(message, address);
    if (this.#storage.state === null && address === null) return null;
    this.#take([message], address);
    await this.#drain.run();
    const due = this.#storage.outbox.dueAt();
    if (due !== null) this.#arm(due);
    return this.#progressOf(message.id);
  }

  /** Takes messages to send and leaves the sending to the alarm, which fires at once. */
  async enqueue(messages: readonly OutgoingMessage[], address: Address | null): Promise<void> {
    const elsewhere = this.#elsewhere();
    if (elsewhere !== null) return elsewhere.enqueue(messages, address);
    this.#take(messages, address);
    const due = this.#storage.outbox.dueAt();
    if (due !== null) this.#arm(due);
    return undefined;
  }

  /** Takes a message back that has not left; its progress tells whether it did. */
  async cancel(messageId: string): Promise<Sent | null> {
    const elsewhere = this.#elsewhere();
    if (elsewhere !== null) return elsewhere.cancel(messageId);
    const now = Date.now();
    this.#storage.transaction(() => {
      this.#storage.outbox.cancel(messageId, { state: "canceled", at: now });
      this.#arm(now + PROJECTION_GRACE_MS);
    });
    return this.#progressOf(messageId);
  }

  /** Makes this BSUID's object point to the conversation its person already has by phone. */
  async pointTo(conversationId: string): Promise<void> {
    if (this.#storage.record.kind === "empty") this.#storage.moveTo(conversationId);
  }

  override async alarm(): Promise<void> {
    // First of all: whatever fails from here on, there is a next time.
    this.#alarmAt = null;
    this.#arm(Date.now() + this.#retryMs());
    try {
      try {
        await this.#bringIntoD1();
      } finally {
        // Messages leave although D1 fails: their rows were there before they came here.
        await this.#drain.run();
      }
      await this.#link();
      await this.#bringIntoD1();
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
    this.#storage.inbox.prune(now, this.#storage.state?.read_up_to ?? "");
    this.#storage.outbox.prune(now);
    await this.#rearm();
  }

  /** The same projection as the Worker's, for what it left behind. */
  async #bringIntoD1(): Promise<void> {
    const { inbox, outbox, state } = this.#storage;
    if (state === null) return;
    for (;;) {
      const messages = inbox.unsettled();
      const sends = outbox.unrecorded();
      const current = this.#storage.state ?? state;
      if (messages.length + sends.length === 0 && current.version === this.#projectedVersion)
        return;
      const conversation = this.#project(current);
      await project(createDatabase(this.env.DB), {
        conversations: [conversation],
        messages: messages.map((message) => messageProjection(conversation.id, message)),
        sends: sends.map((progress) => sendProjection(conversation.id, progress)),
      });
      const wamids = messages.map(({ wamid }) => wamid);
      await this.settle({ version: conversation.version, wamids, sends });
    }
  }

  /** Lets the person's BSUIDs lead here as well. */
  async #link(): Promise<void> {
    for (const userId of this.#storage.state?.unlinked_user_ids ?? []) {
      const { state } = this.#storage;
      if (state === null) return;
      const address: Address = { kind: "user", user_id: userId };
      const name = conversationName(state.phone_number_id, address);
      await this.env.CONVERSATION.getByName(name).pointTo(this.ctx.id.toString());
      this.#change((latest) => withLinked(latest, userId));
    }
  }

  #take(messages: readonly OutgoingMessage[], address: Address | null): void {
    const now = Date.now();
    this.#storage.transaction(() => {
      const [first] = messages;
      if (this.#storage.state === null && address !== null && first !== undefined) {
        this.#storage.save(newConversation(first.phone_number_id, address, now), now);
      }
      for (const message of messages) this.#storage.outbox.take(message, now);
      this.#arm(now + PROJECTION_GRACE_MS);
    });
  }

  #change(work: (state: ConversationState) => ConversationState): ConversationProjection | null {
    const { state } = this.#storage;
    if (state === null) return null;
    const next = work(state);
    if (next === state) return this.#project(state);
    const now = Date.now();
    return this.#storage.transaction(() => {
      this.#arm(now + PROJECTION_GRACE_MS);
      return this.#project(this.#storage.save(next, now));
    });
  }

  #progressOf(messageId: string): Sent | null {
    const { outbox, state } = this.#storage;
    const progress = outbox.progress(messageId);
    if (progress === null || state === null) return null;
    return { conversation: this.#project(state), progress };
  }

  #project(state: ConversationState): ConversationProjection {
    return conversationProjection(this.ctx.id.toString(), state);
  }

  #elsewhere(): DurableObjectStub<Conversation> | null {
    const { record } = this.#storage;
    if (record.kind !== "moved") return null;
    return this.env.CONVERSATION.get(this.env.CONVERSATION.idFromString(record.to));
  }

  /** Sets the alarm, unless one fires earlier: that one sets the next. */
  #arm(dueAt: number): void {
    if (this.#alarmAt !== null && this.#alarmAt <= dueAt) return;
    this.#alarmAt = dueAt;
    void this.ctx.storage.setAlarm(dueAt);
  }

  async #rearm(): Promise<void> {
    const due = this.#nextDueAt();
    this.#alarmAt = due;
    await (due === null ? this.ctx.storage.deleteAlarm() : this.ctx.storage.setAlarm(due));
  }

  #nextDueAt(): number | null {
    const { inbox, outbox, state } = this.#storage;
    if (state === null) return null;
    const unfinished =
      inbox.hasUnsettled() || outbox.hasUnrecorded() || state.unlinked_user_ids.length > 0;
    const dues = [
      unfinished ? Date.now() + this.#retryMs() : null,
      outbox.dueAt(),
      inbox.pruneDueAt(state.read_up_to),
      outbox.pruneDueAt(),
    ].filter((due) => due !== null);
    return dues.length === 0 ? null : Math.min(...dues);
  }

  #retryMs(): number {
    return Math.min(SECOND_MS * 2 ** this.#failures, LONGEST_RETRY_MS);
  }
}
