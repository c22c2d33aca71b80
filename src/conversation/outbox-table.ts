/**
 * The table of the outbox: the messages that wait, in order, until D1 has their outcome. `ready_at` orders
 * the messages and does not change while they wait; `due_at` is the next attempt.
 */
import { HOUR_MS } from "../lib/time.ts";
import type {
  OutgoingMessage,
  SendProgress,
  SendReport,
  SendToShow,
} from "../message/outgoing-message.ts";
import { firstToFit } from "../store/rows.ts";
import type { ObjectSql } from "./object-sql.ts";

/** An idempotency key lives 48 hours: the object must remember its message for longer than that. */
const REMEMBERED_MS = 72 * HOUR_MS;

/** Where the digits of an id begin that name the message at any place. */
const TAIL = 21;

/** The most messages read at once: callers repeat until none is left. */
const BATCH_MESSAGES = 100;

/** A row as one object sends it to another. */
export type OutboxRow = {
  message_id: string;
  stage: string;
  ready_at: number;
  due_at: number;
  attempts: number;
  message: string | null;
  report: string;
  revision: number;
  recorded: number;
  created_at: number;
  /** An object of 0.1.0 sends none. */
  slot_at?: number | null;
};

export type QueuedMessage = {
  message: OutgoingMessage;
  due_at: number;
  /** The slot that the business number's object reserves for it; null = none. */
  slot_at: number | null;
  attempts: number;
};

export class OutboxTable {
  readonly #sql: ObjectSql;
  /** The revisions that D1 has, by message id, until `writeRecorded` stores them. */
  readonly #recorded = new Map<string, number>();
  /** Whether the table has no row, as in most objects; null = to be read. */
  #isEmpty: boolean | null = null;

  constructor(sql: ObjectSql) {
    this.#sql = sql;
  }

  knowEmpty(): void {
    this.#isEmpty = true;
  }

  /** After a failed transaction: what is in memory may be wrong. */
  forget(): void {
    this.#isEmpty = null;
  }

  #hasRows(): boolean {
    this.#isEmpty ??= this.#sql.exec("SELECT 1 FROM outbox LIMIT 1").toArray().length === 0;
    return !this.#isEmpty;
  }

  /** Stores a row as it is; a known one changes nothing. */
  put(row: OutboxRow): void {
    this.takeRows(JSON.stringify([row]));
  }

  /** Whether a message stands before a new one that is ready now. */
  isBusy(now: number): boolean {
    if (!this.#hasRows()) return false;
    const query =
      "SELECT 1 FROM outbox WHERE stage = 'calling' OR stage = 'waiting' AND ready_at <= ? LIMIT 1";
    return this.#sql.exec(query, now).toArray().length > 0;
  }

  /** The id of a message at its place; null if it is not here. */
  placeOf(messageId: string): string | null {
    if (!this.#hasRows()) return null;
    const query = `SELECT message_id AS id FROM outbox
      WHERE message_id = ?1 OR substr(message_id, ?2) = substr(?1, ?2)`;
    return this.#sql.exec<{ id: string }>(query, messageId, TAIL).toArray()[0]?.id ?? null;
  }

  /** Stores a message to send; a known one changes nothing. */
  take(message: OutgoingMessage, now: number): void {
    const report: SendReport = {
      state: message.ready_at > now ? "scheduled" : "queued",
      error: null,
    };
    this.#isEmpty = false;
    this.#sql.exec(
      `INSERT INTO outbox (message_id, stage, ready_at, due_at, attempts, message, report,
         revision, recorded, created_at)
       VALUES (?, 'waiting', ?, ?, 0, ?, ?, 1, 0, ?) ON CONFLICT DO NOTHING`,
      message.id,
      message.ready_at,
      message.ready_at,
      JSON.stringify(message),
      JSON.stringify(report),
      now,
    );
  }

  /** The first of the ready messages; the others wait behind it. */
  head(now: number): QueuedMessage | null {
    const row = this.#sql
      .exec<{ message: string; due_at: number; slot_at: number | null; attempts: number }>(
        `SELECT message, due_at, slot_at, attempts FROM outbox
         WHERE stage = 'waiting' AND ready_at <= ? ORDER BY ready_at, message_id LIMIT 1`,
        now,
      )
      .toArray()[0];
    return row === undefined ? null : { ...row, message: JSON.parse(row.message) };
  }

  /** A batch of ready messages whose caller wants a refusal rather than a wait. */
  unwillingToWait(now: number): OutgoingMessage[] {
    return this.#messages(
      "WHERE stage = 'waiting' AND ready_at <= ? AND message ->> 'wait' = 0 LIMIT ?",
      now,
      BATCH_MESSAGES,
    );
  }

  /** A batch of messages whose `expires_at` passed. */
  expired(now: number): OutgoingMessage[] {
    return this.#messages(
      "WHERE stage = 'waiting' AND message ->> 'expires_at' <= ? LIMIT ?",
      now,
      BATCH_MESSAGES,
    );
  }

  /** The greatest id below `limit`, if any. */
  newestBelow(limit: string): string | null {
    if (!this.#hasRows()) return null;
    const query = "SELECT max(message_id) AS id FROM outbox WHERE message_id < ?";
    return this.#sql.exec<{ id: string | null }>(query, limit).one().id;
  }

  /** The progress of a message; null if the object does not know it. */
  progress(messageId: string): SendToShow | null {
    return this.#progress("WHERE message_id = ?", messageId)[0] ?? null;
  }

  /** The progress of a message's fallback, at least until D1 has it; null if there is none. */
  fallbackProgress(messageId: string): SendToShow | null {
    return this.#progress("WHERE message ->> 'fallback_of' = ?", messageId)[0] ?? null;
  }

  /** Marks a message before the call to Meta, so that a restart finds it. */
  call(messageId: string): void {
    const report: SendReport = { state: "calling", error: null };
    this.#sql.exec(
      `UPDATE outbox SET stage = 'calling', report = ?, revision = revision + 1, recorded = 0,
         attempts = attempts + 1 WHERE message_id = ?`,
      JSON.stringify(report),
      messageId,
    );
  }

  /** Lets a message wait at its place until `dueAt`, with a reserved slot if it has one. */
  postpone(
    messageId: string,
    dueAt: number,
    report: SendReport,
    slotAt: number | null = null,
  ): void {
    this.#change(messageId, "waiting", report);
    this.#sql.exec(
      "UPDATE outbox SET due_at = ?, slot_at = ? WHERE message_id = ?",
      dueAt,
      slotAt,
      messageId,
    );
  }

  /** Moves a message back in the order until `dueAt`: the others need not wait that long. */
  defer(messageId: string, dueAt: number, report: SendReport): void {
    this.postpone(messageId, dueAt, report);
    this.#sql.exec("UPDATE outbox SET ready_at = ? WHERE message_id = ?", dueAt, messageId);
  }

  /** Whether a message still waits: not sent, not canceled. */
  isWaiting(messageId: string): boolean {
    const query = "SELECT 1 FROM outbox WHERE message_id = ? AND stage = 'waiting'";
    return this.#sql.exec(query, messageId).toArray().length > 0;
  }

  /** Whether the message or its fallback still waits. */
  isOpen(messageId: string): boolean {
    const query = `SELECT 1 FROM outbox
      WHERE stage = 'waiting' AND (message_id = ?1 OR message ->> 'fallback_of' = ?1)`;
    return this.#sql.exec(query, messageId).toArray().length > 0;
  }

  /** Replaces the content of a message. */
  replace(message: OutgoingMessage): void {
    this.#sql.exec(
      "UPDATE outbox SET message = ? WHERE message_id = ?",
      JSON.stringify(message),
      message.id,
    );
  }

  /** Ends a message with its last report. */
  finish(messageId: string, report: SendReport): void {
    this.#change(messageId, "done", report);
  }

  /** Removes a message without a trace. */
  drop(messageId: string): void {
    this.#sql.exec("DELETE FROM outbox WHERE message_id = ?", messageId);
  }

  /** Cancels a message if it still waits. */
  cancel(messageId: string, report: SendReport): void {
    this.#sql.exec(
      `UPDATE outbox SET stage = 'done', report = ?, revision = revision + 1, recorded = 0
       WHERE message_id = ? AND stage = 'waiting'`,
      JSON.stringify(report),
      messageId,
    );
  }

  /** Messages whose call to Meta was cut off: Meta may or may not have them. */
  interrupted(): OutgoingMessage[] {
    if (!this.#hasRows()) return [];
    return this.#messages("WHERE stage = 'calling'");
  }

  /** A batch of progress that D1 does not have yet. */
  unrecorded(): SendToShow[] {
    if (!this.#hasRows()) return [];
    this.writeRecorded();
    return this.#progress("WHERE recorded = 0 AND stage <> 'calling' LIMIT ?", BATCH_MESSAGES);
  }

  /** Ids of messages that Meta may have received, themselves or as their fallback. */
  left(): string[] {
    return this.#sql
      .exec<{ id: string }>(
        `WITH gone AS (
           SELECT message_id, message ->> 'fallback_of' AS fallback_of FROM outbox
           WHERE stage = 'calling' OR report ->> 'state' IN ('accepted', 'unconfirmed'))
         SELECT message_id AS id FROM gone
         UNION SELECT fallback_of FROM gone WHERE fallback_of IS NOT NULL`,
      )
      .toArray()
      .map(({ id }) => id);
  }

  hasUnrecorded(): boolean {
    if (!this.#hasRows()) return false;
    this.writeRecorded();
    return this.#sql.exec("SELECT 1 FROM outbox WHERE recorded = 0 LIMIT 1").toArray().length > 0;
  }

  /** Notes in memory only what D1 has now, as the inbox does. */
  record(progresses: readonly SendProgress[]): void {
    for (const { message_id, revision } of progresses) {
      this.#recorded.set(message_id, Math.max(revision, this.#recorded.get(message_id) ?? 0));
    }
  }

  /** Removes the content of ended messages that D1 has, unless they changed since. */
  writeRecorded(): void {
    for (const [messageId, revision] of this.#recorded) {
      this.#sql.exec(
        `UPDATE outbox SET recorded = 1, message = CASE stage WHEN 'done' THEN NULL ELSE message END
         WHERE message_id = ? AND revision = ?`,
        messageId,
        revision,
      );
    }
    this.#recorded.clear();
  }

  /** When the next message is due; null if none waits. */
  dueAt(): number | null {
    if (!this.#hasRows()) return null;
    // The first in order decides, since it holds back all behind it; but those behind it must still
    // expire in time.
    const waiting = this.#sql
      .exec<{ at: number }>(
        `SELECT min(max(ready_at, due_at), (
           SELECT min(message ->> 'expires_at') FROM outbox WHERE stage = 'waiting')) AS at
         FROM outbox WHERE stage = 'waiting' ORDER BY ready_at, message_id LIMIT 1`,
      )
      .toArray()[0];
    return waiting?.at ?? null;
  }

  /** The rows ordered by id, after this one: as many as fit into one value. */
  rowsAfter(messageId: string): OutboxRow[] {
    this.writeRecorded();
    return firstToFit(
      this.#sql.exec<OutboxRow>(
        `SELECT message_id, stage, ready_at, due_at, attempts, message, report, revision, recorded,
           created_at, slot_at FROM outbox WHERE message_id > ? ORDER BY message_id`,
        messageId,
      ),
    );
  }

  /**
   * Takes over the rows of another object; a known message stays as it is.
   *
   * @param rows JSON text, a list of OutboxRow that fits into one value
   */
  takeRows(rows: string): void {
    this.#isEmpty = null;
    this.#sql.exec(
      `INSERT INTO outbox (message_id, stage, ready_at, due_at, attempts, message, report,
         revision, recorded, created_at, slot_at)
       SELECT value ->> 'message_id', value ->> 'stage', value ->> 'ready_at', value ->> 'due_at',
         value ->> 'attempts', value ->> 'message', value ->> 'report', value ->> 'revision',
         value ->> 'recorded', value ->> 'created_at', value ->> 'slot_at'
       FROM json_each(?) WHERE true ON CONFLICT DO NOTHING`,
      rows,
    );
  }

  clear(): void {
    this.#recorded.clear();
    this.#isEmpty = null;
    this.#sql.exec("DELETE FROM outbox");
  }

  prune(now: number): void {
    this.writeRecorded();
    this.#isEmpty = null;
    this.#sql.exec(
      "DELETE FROM outbox WHERE message IS NULL AND created_at <= ?",
      now - REMEMBERED_MS,
    );
  }

  pruneDueAt(): number | null {
    if (!this.#hasRows()) return null;
    this.writeRecorded();
    const oldest = this.#sql
      .exec<{ at: number | null }>("SELECT min(created_at) AS at FROM outbox WHERE message IS NULL")
      .one().at;
    return oldest === null ? null : oldest + REMEMBERED_MS;
  }

  /** An unchanged report keeps its revision: D1 needs only what is new. */
  #change(messageId: string, stage: "waiting" | "done", report: SendReport): void {
    this.#sql.exec(
      `UPDATE outbox SET stage = ?1, report = ?2, revision = revision + (report <> ?2),
         recorded = iif(report <> ?2, 0, recorded)
       WHERE message_id = ?3`,
      stage,
      JSON.stringify(report),
      messageId,
    );
  }

  #messages(condition: string, ...bindings: number[]): OutgoingMessage[] {
    const rows = this.#sql.exec<{ message: string }>(
      `SELECT message FROM outbox ${condition}`,
      ...bindings,
    );
    return rows.toArray().map(({ message }) => JSON.parse(message));
  }

  #progress(condition: string, ...bindings: (string | number)[]): SendToShow[] {
    return this.#sql
      .exec<{ message_id: string; revision: number; report: string; message: string | null }>(
        `SELECT message_id, revision, report, message FROM outbox ${condition}`,
        ...bindings,
      )
      .toArray()
      .map(({ report, message, ...progress }) => ({
        ...progress,
        report: JSON.parse(report),
        message: JSON.parse(message ?? "null"),
      }));
  }
}
