/** Everything that a conversation object stores: its record (cached in memory), inbox and outbox. */
import type { Address } from "../lib/address.ts";
import { WaitingEvents, withChangeEvent } from "./events.ts";
import { Arrivals } from "./handover.ts";
import { Inbox } from "./inbox.ts";
import { migrate } from "./object-sql.ts";
import { Outbox } from "./outbox.ts";
import { Places } from "./places.ts";
import { otherAddresses } from "./projection.ts";
import {
  type ConversationRecord,
  type PendingHandover,
  type MergeTarget,
  readBeside,
  readRecord,
} from "./record.ts";
import { type ConversationState, newConversation, withEvent } from "./state.ts";
import { type Erased, secondErased, type Tombstone } from "./tombstone.ts";

/** More waiting events than this leave the state, which is one row, for rows of their own. */
const EVENTS_IN_STATE_MAX = 100;

export class ConversationStorage {
  readonly inbox: Inbox;
  readonly outbox: Outbox;
  readonly places: Places;
  readonly arrivals: Arrivals;
  readonly #waitingEvents: WaitingEvents;
  readonly #storage: DurableObjectStorage;
  #record: ConversationRecord;
  #tombstone: Tombstone | null;
  #hasWaitingEvents: boolean;
  /** Whether the stored record still has events that the one in memory no longer has. */
  #isAhead = false;

  constructor(storage: DurableObjectStorage) {
    migrate(storage);
    this.#storage = storage;
    this.inbox = new Inbox(storage.sql);
    this.outbox = new Outbox(storage.sql);
    this.places = new Places(this.inbox, this.outbox);
    this.arrivals = new Arrivals(storage.sql);
    this.#waitingEvents = new WaitingEvents(storage.sql);
    const row = storage.sql.exec<{ value: string }>("SELECT value FROM state").toArray()[0];
    this.#record = row === undefined ? { kind: "empty" } : readRecord(row.value);
    const beside = row === undefined ? null : readBeside(row.value);
    this.#tombstone = beside?.tombstone ?? null;
    this.#hasWaitingEvents = beside?.has_untold ?? false;
  }

  get record(): ConversationRecord {
    return this.#record;
  }

  /** The state of a live conversation, else null. */
  get state(): ConversationState | null {
    return this.#record.kind === "live" ? this.#record.state : null;
  }

  /** The number of the last event of this conversation. */
  get sequence(): number {
    switch (this.#record.kind) {
      case "empty":
        return 0;
      case "live":
        return this.#record.state.sequence;
      case "moved":
      case "erased":
        return this.#record.sequence;
    }
  }

  /** The last version of this conversation that D1 may have seen from here. */
  get version(): number {
    switch (this.#record.kind) {
      case "empty":
        return 0;
      case "live":
        return this.#record.state.version;
      case "moved":
      case "erased":
        return this.#record.version;
    }
  }

  /** What must not come back after an erasure; null if no person was erased here. */
  get tombstone(): Tombstone | null {
    return this.#tombstone;
  }

  /** The move that a live conversation is about to start, if any. */
  get leaving(): MergeTarget | null {
    return this.#record.kind === "live" ? this.#record.leaving : null;
  }

  /** All or nothing, in storage and in memory. */
  transaction<Result>(work: () => Result): Result {
    const [record, tombstone] = [this.#record, this.#tombstone];
    const [isAhead, hasUntold] = [this.#isAhead, this.#hasWaitingEvents];
    try {
      return this.#storage.transactionSync(work);
    } catch (error) {
      this.#record = record;
      this.#tombstone = tombstone;
      this.#isAhead = isAhead;
      this.#hasWaitingEvents = hasUntold;
      throw error;
    }
  }

  /** Stores a changed state under the next version, with the event of the change. */
  save(state: ConversationState, now: number): ConversationState {
    const changed = withChangeEvent(this.state, state, now);
    const { events } = changed;
    const isTooMany = events.length > EVENTS_IN_STATE_MAX;
    if (isTooMany) {
      this.#waitingEvents.keep(events);
      this.#hasWaitingEvents = true;
    }
    const saved = {
      ...changed,
      events: isTooMany ? [] : events,
      found_by_more: changed.found_by_more || otherAddresses(changed).length > 0,
      version: state.version + 1,
      updated_at: now,
    };
    this.#write({ kind: "live", state: saved, leaving: this.leaving });
    return saved;
  }

  /** Whether events wait for the event queue. */
  hasEventsToQueue(): boolean {
    return this.state !== null && (this.state.events.length > 0 || this.#hasWaitingEvents);
  }

  /** Moves waiting events back into the state once its own are queued. */
  recallEvents(): void {
    const { state } = this;
    if (state === null || state.events.length > 0 || !this.#hasWaitingEvents) return;
    this.transaction(() => {
      const events = this.#waitingEvents.takeOldest();
      this.#hasWaitingEvents = !this.#waitingEvents.isEmpty;
      this.note({ ...state, events });
    });
  }

  /** Stores a changed state that the API shows the same: no new version, nothing for D1. */
  note(state: ConversationState): void {
    if (this.#record.kind === "live") this.#write({ ...this.#record, state });
  }

  /** The state, or that of a new conversation, whose numbers continue after the last one's. */
  begin(phoneNumberId: string, address: Address, now: number): ConversationState {
    if (this.state !== null) return this.state;
    const { sequence, version } = this;
    const begun = { ...newConversation(phoneNumberId, address, now, sequence), version };
    return this.#record.kind !== "erased" || begun.events.length > 0
      ? begun
      : withEvent(begun, "conversation.created", now);
  }

  /** Forgets queued events in memory only; a Worker of 0.1.0 names none. */
  settleEvents(sequences: readonly number[] = []): void {
    if (this.#record.kind !== "live") return;
    const { state } = this.#record;
    const events = state.events.filter(({ sequence }) => !sequences.includes(sequence));
    if (events.length === state.events.length) return;
    this.#record = { ...this.#record, state: { ...state, events } };
    this.#isAhead = true;
  }

  /** Stores everything that was settled in memory, in one transaction. */
  writeSettled(): void {
    this.transaction(() => {
      this.inbox.writeSettled();
      this.outbox.writeRecorded();
      if (this.#isAhead) this.#write(this.#record);
    });
  }

  /** The same, then forgets old wamids and messages that no caller or redelivery can name any more. */
  tidyUp(now: number): void {
    this.writeSettled();
    this.inbox.prune(now);
    this.outbox.prune(now);
  }

  /** Plans the move of a live conversation; null cancels it. */
  leave(leaving: MergeTarget | null): void {
    if (this.#record.kind === "live") this.#write({ ...this.#record, leaving });
  }

  /** Ends the conversation here: the object redirects to another from now on. */
  move(to: string, departing: PendingHandover | null, since = 0): void {
    const { sequence, version } = this;
    const claimed = since === 0 ? {} : { since };
    this.#write({ kind: "moved", to, departing, ...claimed, sequence, version });
  }

  /** The target has everything: the object keeps only the redirect. */
  forget(): void {
    const record = this.#record;
    if (record.kind !== "moved") return;
    this.transaction(() => {
      this.#write({ ...record, departing: null });
      this.inbox.clear();
      this.outbox.clear();
      this.arrivals.clear();
    });
  }

  /** Whether there was no activity since, nothing waits, and D1 has everything. */
  isSilentSince(at: number): boolean {
    const { state } = this;
    if (state === null) return this.#record.kind !== "moved";
    const last = Math.max(state.last_message_at, state.last_customer_message_at ?? 0);
    const isAtRest =
      !this.hasEventsToQueue() &&
      !this.inbox.hasUnsettled() &&
      !this.outbox.hasUnrecorded() &&
      this.outbox.dueAt() === null;
    return last < at && isAtRest && this.leaving === null;
  }

  /**
   * Forgets everything except the counters and a tombstone; a repeat changes nothing.
   *
   * @param heldByOthers ids of messages that the person's other objects had in that second
   */
  erase(erasedAt: number, heldByOthers: readonly string[]): Erased {
    const { sequence, version } = this;
    const known = this.#tombstone;
    const erased_at = Math.max(erasedAt, known?.erased_at ?? 0);
    const here = this.inbox.messageIdsFrom(secondErased(erased_at));
    const message_ids = [
      ...new Set([...(known?.message_ids ?? []), ...here, ...heldByOthers]),
    ].filter((id) => id >= secondErased(erased_at));
    this.transaction(() => {
      this.inbox.clear();
      this.outbox.clear();
      this.arrivals.clear();
      this.#waitingEvents.clear();
      this.#hasWaitingEvents = false;
      this.#tombstone = { erased_at, message_ids };
      this.#write({ kind: "erased", sequence, version });
    });
    return { version, message_ids, erased_at };
  }

  #write(record: ConversationRecord): void {
    this.#storage.sql.exec(
      "INSERT INTO state (id, value) VALUES (1, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
      JSON.stringify({
        ...record,
        tombstone: this.#tombstone ?? undefined,
        has_untold: this.#hasWaitingEvents || undefined,
      }),
    );
    this.#record = record;
    this.#isAhead = false;
  }
}
