/**
 * The outbox of a conversation object: every message to send until D1 has its outcome. A message that leaves
 * at once stays in the object's one row (`recent-sends.ts`); one that must wait goes into a table.
 */
import { tailOf } from "../../lib/ids.ts";
import type {
  OutgoingMessage,
  SendProgress,
  SendReport,
  SendToShow,
} from "../../message/outgoing-message.ts";
import type { ObjectSql } from "../tables/object-tables.ts";
import { OutboxRecords } from "../tables/outbox-records.ts";
import { OutboxRows } from "../tables/outbox-rows.ts";
import { OutboxTable } from "../tables/outbox-table.ts";
import {
  lacksRow,
  newSend,
  progressOf,
  type RecentSend,
  type RecentSends,
  rowOf,
  type SendKey,
} from "./recent-sends.ts";

export class Outbox {
  /** The table as such. */
  readonly rows: Pick<OutboxRows, "wake" | "forget">;
  /** The messages that wait. */
  readonly waiting: Pick<OutboxTable, "head" | "unwillingToWait" | "expired" | "replace" | "dueAt">;
  /** Which outcomes D1 has of the table, and how its rows leave. */
  readonly records: Pick<
    OutboxRecords,
    "writeRecorded" | "rowsAfter" | "takeRows" | "prune" | "pruneDueAt"
  >;
  /** The idempotency keys of messages that left at once. */
  readonly keys: Pick<RecentSends, "wake" | "claimed" | "isClaimed" | "unclaimed" | "holderOf">;
  readonly #table: OutboxTable;
  readonly #records: OutboxRecords;
  readonly #recent: RecentSends;

  constructor(sql: ObjectSql, recent: RecentSends) {
    const rows = new OutboxRows(sql);
    this.rows = rows;
    this.#table = this.waiting = new OutboxTable(rows);
    this.#records = this.records = new OutboxRecords(rows);
    this.#recent = this.keys = recent;
  }

  /** Stores a message to send when its time comes; a known one changes nothing. */
  take(message: OutgoingMessage, now: number): void {
    if (this.#recent.find(message.id) === null) this.#insert(newSend(message, null, now));
  }

  /**
   * Stores a message that leaves at once.
   *
   * @param key its idempotency key, which may still be another message's
   */
  takeAtOnce(message: OutgoingMessage, key: SendKey | null, now: number): void {
    this.#recent.add(newSend(message, key, now));
  }

  /** Whether a message, and what becomes of it, is in the object's one row. */
  isInRow(messageId: string): boolean {
    return this.#recent.find(messageId) !== null;
  }

  /** Whether a message stands before a new one that is ready now. */
  isBusy(now: number): boolean {
    return this.#recent.all.some(({ stage }) => stage !== "done") || this.#table.isBusy(now);
  }

  /** A message that must wait after all. */
  letWait(messageId: string): void {
    this.#moveIntoTable(({ message_id }) => message_id === messageId);
  }

  /**
   * Stores ended messages that D1 lacks where those wait that do, for the alarm to bring: the one row must
   * not grow while D1 does not answer.
   */
  keepUnrecorded(): void {
    this.#moveIntoTable((send) => send.stage === "done" && lacksRow(send));
  }

  /** Everything into the table: the conversation moves. */
  moveIntoTable(): void {
    this.#moveIntoTable(() => true);
  }

  /** The id of a message at its place; null if the object does not know it. */
  placeOf(messageId: string): string | null {
    const recent = this.#recent.find(messageId)?.message_id;
    return recent ?? this.#table.placesOf([messageId]).get(tailOf(messageId)) ?? null;
  }

  /** Those messages that the object does not know, each once; a long table is read once for all. */
  unknown<Message extends { id: string }>(messages: readonly Message[]): Message[] {
    const others = new Map(messages.map((message) => [tailOf(message.id), message]));
    const places = this.#table.placesOf([...others.values()].map(({ id }) => id));
    return [...others.values()].filter(
      ({ id }) => !places.has(tailOf(id)) && this.#recent.find(id) === null,
    );
  }

  /** The greatest id below `limit`; "" = none. */
  newestBelow(limit: string): string {
    const recent = this.#recent.all.map(({ message_id }) => message_id).filter((id) => id < limit);
    return [...recent, this.#table.newestBelow(limit)].toSorted().at(-1) ?? "";
  }

  /** The progress of a message; null if the object does not know it. */
  progress(messageId: string): SendToShow | null {
    const recent = this.#recent.find(messageId);
    return recent === null ? this.#table.progress(messageId) : progressOf(recent);
  }

  /** The progress of a message's fallback, at least until D1 has it; null if there is none. */
  fallbackProgress(messageId: string): SendToShow | null {
    return this.#table.fallbackProgress(messageId);
  }

  /** Marks a message before the call to Meta, so that a restart finds it. */
  call(messageId: string): void {
    const recent = this.#recent.find(messageId);
    if (recent === null) return this.#table.call(messageId);
    // The row says so since the object took it.
    return this.#recent.note(messageId, {
      stage: "calling",
      report: { state: "calling", error: null },
      attempts: recent.attempts + 1,
      revision: recent.revision + 1,
      recorded: false,
    });
  }

  /** Lets a message wait at its place until `dueAt`, with a reserved slot if it has one. */
  postpone(
    messageId: string,
    dueAt: number,
    report: SendReport,
    slotAt: number | null = null,
  ): void {
    this.letWait(messageId);
    this.#table.postpone(messageId, dueAt, report, slotAt);
  }

  /** Moves a message back in the order until `dueAt`: the others need not wait that long. */
  defer(messageId: string, dueAt: number, report: SendReport): void {
    this.letWait(messageId);
    this.#table.defer(messageId, dueAt, report);
  }

  /** Whether a message still waits: not sent, not canceled. */
  isWaiting(messageId: string): boolean {
    const recent = this.#recent.find(messageId);
    return recent === null ? this.#table.isWaiting(messageId) : recent.stage === "waiting";
  }

  /** Whether Meta is being called for the message. */
  isCalling(messageId: string): boolean {
    return this.progress(messageId)?.report.state === "calling";
  }

  /** Whether the message or its fallback still waits. */
  isOpen(messageId: string): boolean {
    return this.#recent.find(messageId)?.stage === "waiting" || this.#table.isOpen(messageId);
  }

  /** Ends a message with its last report. */
  finish(messageId: string, report: SendReport): void {
    const recent = this.#recent.find(messageId);
    if (recent === null) return this.#table.finish(messageId, report);
    const revision = recent.revision + 1;
    return this.#recent.change(messageId, { stage: "done", report, revision, recorded: false });
  }

  /** Removes a message without a trace. */
  drop(messageId: string): void {
    if (this.#recent.find(messageId) === null) this.#table.drop(messageId);
    else this.#recent.remove(messageId);
  }

  /** Cancels a message if it still waits. */
  cancel(messageId: string, report: SendReport): void {
    if (this.#recent.find(messageId)?.stage === "waiting") this.finish(messageId, report);
    this.#table.cancel(messageId, report);
  }

  /** Messages whose call to Meta was cut off: Meta may or may not have them. */
  interrupted(): OutgoingMessage[] {
    const recent = this.#recent.all.flatMap(({ stage, message }) =>
      stage === "calling" && message !== null ? [message] : [],
    );
    return [...recent, ...this.#table.interrupted()];
  }

  /** A batch of progress that D1 does not have yet. */
  unrecorded(): SendToShow[] {
    return [...this.#recent.all.filter(lacksRow).map(progressOf), ...this.#records.unrecorded()];
  }

  hasUnrecorded(): boolean {
    return this.#recent.all.some(({ recorded }) => !recorded) || this.#records.hasUnrecorded();
  }

  /** Ids of messages that Meta may have received, themselves or as their fallback. */
  left(): string[] {
    const recent = this.#recent.all.filter(
      ({ stage, report }) =>
        stage === "calling" || report.state === "accepted" || report.state === "unconfirmed",
    );
    return [...recent.map(({ message_id }) => message_id), ...this.#table.left()];
  }

  /** Notes in memory only what D1 has now, as the inbox does. */
  record(progresses: readonly SendProgress[]): void {
    for (const progress of progresses) {
      const { message_id, revision } = progress;
      const recent = this.#recent.find(message_id);
      if (recent === null) this.#records.record(progress);
      if (recent?.revision !== revision) continue;
      const content = recent.stage === "done" ? { message: null } : {};
      this.#recent.note(message_id, { recorded: true, ...content });
    }
  }

  clear(): void {
    this.#recent.clear();
    this.#records.clear();
  }

  #moveIntoTable(which: (send: RecentSend) => boolean): void {
    for (const send of this.#recent.all.filter(which)) {
      this.#insert(send);
      this.#recent.remove(send.message_id);
    }
  }

  #insert(send: RecentSend): void {
    this.#records.takeRows(JSON.stringify([rowOf(send)]));
  }
}
