/** All that a conversation object keeps: its record, cached in memory, its inbox and its outbox. */
import type { Address } from "../lib/address.ts";
import { UntoldEvents, withChangeTold } from "./events.ts";
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

/** Events that wait in the state; more than these go into rows of their own, all at once. */
const EVENTS_IN_STATE_MAX = 100;

export class ConversationStorage {
  readonly inbox: Inbox;
  readonly outbox: Outbox;
  readonly places: Places;
  readonly arrivals: Arrivals;
  readonly #untold: UntoldEvents;
  readonly #storage: DurableObjectStorage;
  #record: ConversationRecord;
  #tombstone: Tombstone | null;
  #hasUntold: boolean;
  /** Whether the record in memory has forgotten events that the one in storage still has. */
  #isAhead = false;

  constructor(storage: DurableObjectStorage) {
    migrate(storage);
    this.#storage = storage;
    this.inbox = new Inbox(storage.sql);
    this.outbox = new Outbox(storage.sql);
    this.places = new Places(this.inbox, this.outbox);
    this.arrivals = new Arrivals(storage.sql);
    this.#untold = new UntoldEvents(storage.sql);
    const row = storage.sql.exec<{ value: string }>("SELECT value FROM state").toArray()[0];
    this.#record = row === undefined ? { kind: "empty" } : readRecord(row.value);
    const beside = row === undefined ? null : readBeside(row.value);
    this.#tombstone = beside?.tombstone ?? null;
    this.#hasUntold = beside?.has_untold ?? false;
  }

  get record(): ConversationRecord {
    return this.#record;
  }

  /** The state of a live conversation, else null. */
  get state(): ConversationState | null {
    return this.#record.kind === "live" ? this.#record.state : null;
  }

  /** The number of the last event that was told of this conversation. */
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

  /** What must not come back; null if nobody was erased here. */
  get tombstone(): Tombstone | null {
    return this.#tombstone;
  }

  /** Where a live conversation is about to go, if anywhere. */
  get leaving(): MergeTarget | null {
    return this.#record.kind === "live" ? this.#record.leaving : null;
  }

  /** All or nothing, in storage and in memory. */
  transaction<Result>(work: () => Result): Result {
    const [record, tombstone] = [this.#record, this.#tombstone];
    const [isAhead, hasUntold] = [this.#isAhead, this.#hasUntold];
    try {
      return this.#storage.transactionSync(work);
    } catch (error) {
      this.#record = record;
      this.#tombstone = tombstone;
      this.#isAhead = isAhead;
      this.#hasUntold = hasUntold;
      throw error;
    }
  }

  /** Keeps a changed state under the next version, and what subscribers are told of the change. */
  save(state: ConversationState, now: number): ConversationState {
    const told = withChangeTold(this.state, state, now);
    const { events } = told;
    const isTooMany = events.length > EVENTS_IN_STATE_MAX;
    if (isTooMany) {
      this.#untold.keep(events);
      this.#hasUntold = true;
    }
    const saved = {
      ...told,
      events: isTooMany ? [] : events,
      found_by_more: told.found_by_more || otherAddresses(told).length > 0,
      version: state.version + 1,
      updated_at: now,
    };
    this.#write({ kind: "live", state: saved, leaving: this.leaving });
    return saved;
  }

  /** Whether subscribers are yet to be told of something. */
  hasEventsToTell(): boolean {
    return this.state !== null && (this.state.events.length > 0 || this.#hasUntold);
  }

  /** Takes events back into the state once those in it were told. */
  recallEvents(): void {
    const { state } = this;
    if (state === null || state.events.length > 0 || !this.#hasUntold) return;
    this.transaction(() => {
      const events = this.#untold.takeOldest();
      this.#hasUntold = !this.#untold.isEmpty;
      this.note({ ...state, events });
    });
  }

  /** Keeps a changed state that looks the same from outside: no new version, nothing for D1. */
  note(state: ConversationState): void {
    if (this.#record.kind === "live") this.#write({ ...this.#record, state });
  }

  /** The state of this conversation, or of a new one, which counts on where the last one ended. */
  begin(phoneNumberId: string, address: Address, now: number): ConversationState {
    if (this.state !== null) return this.state;
    const { sequence, version } = this;
    const begun = { ...newConversation(phoneNumberId, address, now, sequence), version };
    return this.#record.kind !== "erased" || begun.events.length > 0
      ? begun
      : withEvent(begun, "conversation.created", now);
  }

  /** Forgets the events that are in the queue now, in memory alone; a Worker of 0.1.0 names none. */
  settleEvents(sequences: readonly number[] = []): void {
    if (this.#record.kind !== "live") return;
    const { state } = this.#record;
    const events = state.events.filter(({ sequence }) => !sequences.includes(sequence));
    if (events.length === state.events.length) return;
    this.#record = { ...this.#record, state: { ...state, events } };
    this.#isAhead = true;
  }

  /** Writes down what was settled in memory, all of it at once. */
  writeSettled(): void {
    this.transaction(() => {
      this.inbox.writeSettled();
      this.outbox.writeRecorded();
      if (this.#isAhead) this.#write(this.#record);
    });
  }

  /** The same, and forgets what nobody can ask for any more. */
  tidyUp(now: number): void {
    this.writeSettled();
    this.inbox.prune(now);
    this.outbox.prune(now);
  }

  /** Notes that a live conversation is to go elsewhere, or, with null, that it stays. */
  leave(leaving: MergeTarget | null): void {
    if (this.#record.kind === "live") this.#write({ ...this.#record, leaving });
  }

  /** From now on everything is passed on. */
  move(to: string, departing: PendingHandover | null, since = 0): void {
    const { sequence, version } = this;
    const claimed = since === 0 ? {} : { since };
    this.#write({ kind: "moved", to, departing, ...claimed, sequence, version });
  }

  /** The destination has it all: only the way there stays. */
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

  /** Whether nothing was said here since, nothing waits, and D1 knows all there is. */
  isSilentSince(at: number): boolean {
    const { state } = this;
    if (state === null) return this.#record.kind !== "moved";
    const last = Math.max(state.last_message_at, state.last_customer_message_at ?? 0);
    const isAtRest =
      !this.hasEventsToTell() &&
      !this.inbox.hasUnsettled() &&
      !this.outbox.hasUnrecorded() &&
      this.outbox.dueAt() === null;
    return last < at && isAtRest && this.leaving === null;
  }

  /**
   * Forgets everything but that there was something, up to which version; once more changes nothing.
   *
   * @param elsewhere ids of messages that the person's other objects had in that second
   */
  erase(erasedAt: number, elsewhere: readonly string[]): Erased {
    const { sequence, version } = this;
    const known = this.#tombstone;
    const erased_at = Math.max(erasedAt, known?.erased_at ?? 0);
    const here = this.inbox.messageIdsFrom(secondErased(erased_at));
    const message_ids = [...new Set([...(known?.message_ids ?? []), ...here, ...elsewhere])].filter(
      (id) => id >= secondErased(erased_at),
    );
    this.transaction(() => {
      this.inbox.clear();
      this.outbox.clear();
      this.arrivals.clear();
      this.#untold.clear();
      this.#hasUntold = false;
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
        has_untold: this.#hasUntold || undefined,
      }),
    );
    this.#record = record;
    this.#isAhead = false;
  }
}
