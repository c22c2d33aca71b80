/** What a conversation object stores: its record (cached in memory), inbox and outbox, and its alarm. */
import type { Address } from "../../lib/address.ts";
import { withChangeEvent } from "../state/events.ts";
import { otherAddresses } from "../state/projection.ts";
import {
  type ConversationEvent,
  type ConversationState,
  newConversation,
  withEvent,
} from "../state/state.ts";
import { type Erased, secondErased, type Tombstone } from "../state/tombstone.ts";
import { Arrivals } from "../tables/arrivals.ts";
import { ObjectTables } from "../tables/object-tables.ts";
import { WaitingEvents } from "../tables/waiting-events.ts";
import { AlarmClock } from "./alarm.ts";
import { Inbox, type RowPart } from "./inbox.ts";
import { Outbox } from "./outbox.ts";
import { Places } from "./places.ts";
import { RecentSends } from "./recent-sends.ts";
import {
  type BesideRecord,
  type ConversationRecord,
  countersOf,
  type MergeTarget,
  type ObjectRow,
  type PendingHandover,
  readRow,
  rowText,
} from "./record.ts";

/** More waiting events than this leave the state, which is one row, for rows of their own. */
const EVENTS_IN_STATE_MAX = 100;

/** A receipt of messages begins the conversation, and changes what the API shows of it. */
const EVENTS_OF_RECEIPT_MAX = 2;

export class ConversationStorage {
  readonly clock: AlarmClock;
  readonly inbox: Inbox;
  readonly outbox: Outbox;
  readonly places: Places;
  readonly arrivals: Arrivals;
  readonly #waitingEvents: WaitingEvents;
  readonly #storage: DurableObjectStorage;
  readonly #tables: ObjectTables;
  #row: ObjectRow;
  /** Whether the row in memory lacks what the stored one still has: what was settled. */
  #isAhead = false;
  /** Whether the stored row has events that are queued, and waking would queue them again. */
  #hasQueuedEvents = false;
  /** Whether an alarm was pending when the stored row was written: once it is gone, the row's events are queued. */
  #isUnderAlarm = false;
  /** Events of the stored row that count as queued unless it was its alarm that woke the object. */
  #asleep: readonly ConversationEvent[] = [];
  /** Whether the transaction must write the row before it ends. */
  #isDirty = false;
  #transactions = 0;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
    this.clock = new AlarmClock(storage);
    this.#tables = new ObjectTables(storage);
    this.inbox = new Inbox(this.#tables, this.#part("seen"));
    this.outbox = new Outbox(this.#tables.sql, new RecentSends(this.#part("sends")));
    this.places = new Places(this.inbox, this.outbox);
    this.arrivals = new Arrivals(storage.sql);
    this.#waitingEvents = new WaitingEvents(storage.sql);
    const { row, has_inbox, has_outbox } = this.#tables.stored();
    ({ row: this.#row, isUnderAlarm: this.#isUnderAlarm } = readRow(row));
    this.outbox.rows.wake(has_outbox === 1);
    if (has_inbox === 0) this.inbox.knowNoneWaits();
    else if (row !== null) this.transaction(() => this.inbox.takeOlder(Date.now()));
  }

  /** After waking, and again at the first alarm: without an alarm all that was stored under one is brought. */
  wake(hasAlarm: boolean): void {
    this.outbox.keys.wake(hasAlarm);
    const events = this.state?.events ?? [];
    if (!this.#isUnderAlarm || hasAlarm === (this.#asleep.length === 0)) return;
    this.#noteEvents(hasAlarm ? [...this.#asleep, ...events] : []);
    this.#asleep = hasAlarm ? [] : events;
  }

  get record(): ConversationRecord {
    return this.#row.record;
  }

  /** The state of a live conversation, else null. */
  get state(): ConversationState | null {
    const { record } = this.#row;
    return record.kind === "live" ? record.state : null;
  }

  /** The last version of this conversation that D1 may have seen from here. */
  get version(): number {
    return countersOf(this.record).version;
  }

  /** What must not come back after an erasure; null if no person was erased here. */
  get tombstone(): Tombstone | null {
    return this.#row.beside.tombstone;
  }

  /** The move that a live conversation is about to start, if any. */
  get leaving(): MergeTarget | null {
    return this.record.kind === "live" ? this.record.leaving : null;
  }

  /** All or nothing, in storage and in memory; the row is written once, at the end. */
  transaction<Result>(work: () => Result): Result {
    return this.#allOrNothing(() => this.#storage.transactionSync(() => this.#writing(work)));
  }

  /** The same for a work that changes only the row: one statement is a transaction by itself. */
  inRow<Result>(work: () => Result): Result {
    return this.#allOrNothing(() => this.#writing(() => this.#tables.whileReading(work)));
  }

  /** Whether a work that takes so many messages changes only the row. */
  fitInRow(messages: number): boolean {
    const events = this.state?.events.length ?? 0;
    return (
      this.#tables.exist &&
      this.inbox.hasRoomFor(messages) &&
      events + EVENTS_OF_RECEIPT_MAX <= EVENTS_IN_STATE_MAX
    );
  }

  #writing<Result>(work: () => Result): Result {
    const result = work();
    if (this.#isDirty && this.#transactions === 1) this.#writeRow();
    return result;
  }

  #allOrNothing<Result>(attempt: () => Result): Result {
    const [row, isAhead, isDirty] = [this.#row, this.#isAhead, this.#isDirty];
    const stored = [this.#hasQueuedEvents, this.#isUnderAlarm] as const;
    const { setFor } = this.clock;
    this.#transactions += 1;
    try {
      return attempt();
    } catch (error) {
      this.#row = row;
      this.#isAhead = isAhead;
      this.#isDirty = isDirty;
      [this.#hasQueuedEvents, this.#isUnderAlarm] = stored;
      this.clock.undo(setFor);
      this.#tables.forget();
      this.inbox.forgetPages();
      this.outbox.rows.forget();
      throw error;
    } finally {
      this.#transactions -= 1;
    }
  }

  /** Stores a changed state under the next version, with the event of the change. */
  save(state: ConversationState, now: number): ConversationState {
    const changed = withChangeEvent(this.state, state, now);
    const { events } = changed;
    const isTooMany = events.length > EVENTS_IN_STATE_MAX;
    if (isTooMany) {
      this.#waitingEvents.keep(events);
      this.#putBeside({ has_untold: true });
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
    return this.state !== null && (this.state.events.length > 0 || this.#row.beside.has_untold);
  }

  /** Moves waiting events back into the state once its own are queued. */
  recallEvents(): void {
    const { state } = this;
    if (state === null || state.events.length > 0 || !this.#row.beside.has_untold) return;
    this.transaction(() => {
      const events = this.#waitingEvents.takeOldest();
      this.#putBeside({ has_untold: !this.#waitingEvents.isEmpty });
      this.note({ ...state, events });
    });
  }

  /** Stores a changed state that the API shows the same: no new version, nothing for D1. */
  note(state: ConversationState): void {
    if (this.record.kind === "live") this.#write({ ...this.record, state });
  }

  /** Undoes a change of the record, unless more was changed since: then only the pair rate. */
  takeBack(before: ConversationRecord, after: ConversationRecord, pairRateAt: number): void {
    if (this.record === after) this.#write(before);
    else if (this.state !== null) this.note({ ...this.state, pair_rate_at: pairRateAt });
  }

  /** The state, or that of a new conversation, whose numbers continue after the last one's. */
  begin(phoneNumberId: string, address: Address, now: number): ConversationState {
    if (this.state !== null) return this.state;
    const { sequence, version } = countersOf(this.record);
    const begun = { ...newConversation(phoneNumberId, address, now, sequence), version };
    return this.record.kind !== "erased" || begun.events.length > 0
      ? begun
      : withEvent(begun, "conversation.created", now);
  }

  /** Forgets queued events in memory only; a Worker of 0.1.0 names none. */
  settleEvents(sequences: readonly number[] = []): void {
    if (this.record.kind !== "live") return;
    const { state } = this.record;
    const events = state.events.filter(({ sequence }) => !sequences.includes(sequence));
    if (events.length === state.events.length) return;
    this.#noteEvents(events);
    this.#hasQueuedEvents = !this.#isUnderAlarm;
  }

  #noteEvents(events: readonly ConversationEvent[]): void {
    if (this.record.kind !== "live") return;
    const state = { ...this.record.state, events };
    this.#row = { ...this.#row, record: { ...this.record, state } };
    this.#isAhead = true;
  }

  /** Stores that events are queued, where no alarm would tell. What else D1 has goes with the next write of the row. */
  writeQueuedEvents(): void {
    if (this.#hasQueuedEvents) this.writeSettled();
  }

  /** Stores everything that was settled in memory, in one transaction. */
  writeSettled(): void {
    if (this.record.kind === "empty") return;
    this.transaction(() => {
      this.outbox.records.writeRecorded();
      if (this.#isAhead) this.#isDirty = true;
    });
  }

  /** The same, then forgets messages to send that no caller can name any more. */
  tidyUp(now: number): void {
    this.writeSettled();
    if (this.record.kind !== "empty") this.outbox.records.prune(now);
  }

  /** Ends a conversation that only a forgotten message began; its versions go on counting. */
  endUnspoken(): void {
    const { state } = this;
    if (state === null || state.links.length > 0 || state.last_customer_message_at !== null) return;
    if (this.places.newestOf(state) !== "") return;
    const { sequence, events, version } = state;
    this.#write({ kind: "erased", sequence: sequence - events.length, version });
  }

  /** Plans the move of a live conversation; null cancels it. */
  leave(leaving: MergeTarget | null): void {
    if (this.record.kind === "live") this.#write({ ...this.record, leaving });
  }

  /** Ends the conversation here: the object redirects to another from now on. */
  move(to: string, departing: PendingHandover | null, since = 0): void {
    const { sequence, version } = countersOf(this.record);
    const claimed = since === 0 ? {} : { since };
    this.outbox.moveIntoTable();
    this.#write({ kind: "moved", to, departing, ...claimed, sequence, version });
  }

  /** The target has everything: the object keeps only the redirect. */
  forget(): void {
    const record = this.record;
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
    if (state === null) return this.record.kind !== "moved";
    const last = Math.max(state.last_message_at, state.last_customer_message_at ?? 0);
    const isAtRest =
      !this.hasEventsToQueue() &&
      !this.inbox.hasUnsettled() &&
      !this.outbox.hasUnrecorded() &&
      this.outbox.waiting.dueAt() === null;
    return last < at && isAtRest && this.leaving === null;
  }

  /**
   * Forgets everything except the counters and a tombstone; a repeat changes nothing.
   *
   * @param heldByOthers ids of messages that the person's other objects had in that second
   */
  erase(erasedAt: number, heldByOthers: readonly string[]): Erased {
    const { sequence, version } = countersOf(this.record);
    const known = this.tombstone;
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
      this.#putBeside({ has_untold: false, tombstone: { erased_at, message_ids } });
      this.#write({ kind: "erased", sequence, version });
    });
    this.inbox.releaseHeld();
    return { version, message_ids, erased_at };
  }

  #part<Name extends keyof BesideRecord>(name: Name): RowPart<BesideRecord[Name]> {
    return {
      get: () => this.#row.beside[name],
      set: (value) => this.#putBeside({ [name]: value }),
      note: (value) => {
        if (value === this.#row.beside[name]) return;
        this.#row = { ...this.#row, beside: { ...this.#row.beside, [name]: value } };
        this.#isAhead = true;
      },
    };
  }

  #putBeside(changed: Partial<BesideRecord>): void {
    this.#put({ ...this.#row, beside: { ...this.#row.beside, ...changed } });
  }

  #write(record: ConversationRecord): void {
    this.#put({ ...this.#row, record });
  }

  #put(row: ObjectRow): void {
    this.#row = row;
    this.#isDirty = true;
    if (this.#transactions === 0) this.transaction(() => undefined);
  }

  #writeRow(): void {
    this.#tables.sql.exec(
      "INSERT INTO state (id, value) VALUES (1, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
      rowText(this.#row, this.clock.isSet),
    );
    this.#isUnderAlarm = this.clock.isSet;
    this.#asleep = [];
    this.#isDirty = false;
    this.#isAhead = false;
    this.#hasQueuedEvents = false;
  }
}
