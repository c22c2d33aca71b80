/**
 * The messages of the outbox's table that wait, in order, and what becomes of them. `ready_at` orders the
 * messages and does not change while they wait; `due_at` is the next attempt.
 */
import { tailOf } from "../../lib/ids.ts";
import type { OutgoingMessage, SendReport, SendToShow } from "../../message/outgoing-message.ts";
import { jsonChunks } from "../../store/rows.ts";
import { type OutboxRows, TAIL } from "./outbox-rows.ts";

/** The most messages read at once: callers repeat until none is left. */
const BATCH_MESSAGES = 100;

export type QueuedMessage = {
  message: OutgoingMessage;
  due_at: number;
  /** The slot that the business number's object reserves for it; null = none. */
  slot_at: number | null;
  attempts: number;
};

export class OutboxTable {
  readonly #rows: OutboxRows;

  constructor(rows: OutboxRows) {
    this.#rows = rows;
  }

  /** Whether a message stands before a new one that is ready now. */
  isBusy(now: number): boolean {
    const query =
      "SELECT 1 FROM outbox WHERE stage = 'calling' OR stage = 'waiting' AND ready_at <= ? LIMIT 1";
    return this.#rows.selectWork(query, now).length > 0;
  }

  /** The ids of messages at their places, by the tails of the ids that their callers know. */
  placesOf(messageIds: readonly string[]): Map<string, string> {
    const query = `SELECT message_id AS id FROM outbox
      WHERE substr(message_id, ${TAIL}) IN (SELECT substr(value, ${TAIL}) FROM json_each(?))`;
    const found = jsonChunks(messageIds).flatMap((ids) =>
      this.#rows.select<{ id: string }>(query, ids),
    );
    return new Map(found.map(({ id }) => [tailOf(id), id]));
  }

  /** The first of the ready messages; the others wait behind it. */
  head(now: number): QueuedMessage | null {
    const [row] = this.#rows.selectWork<Omit<QueuedMessage, "message"> & { message: string }>(
      `SELECT message, due_at, slot_at, attempts FROM outbox
       WHERE stage = 'waiting' AND ready_at <= ? ORDER BY ready_at, message_id LIMIT 1`,
      now,
    );
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

  /** The greatest id below `limit`; "" = none. */
  newestBelow(limit: string): string {
    const query = "SELECT max(message_id) AS id FROM outbox WHERE message_id < ?";
    return this.#rows.select<{ id: string | null }>(query, limit)[0]?.id ?? "";
  }

  /** The progress of a message; null if the object does not know it. */
  progress(messageId: string): SendToShow | null {
    return this.#rows.progress("WHERE message_id = ?", messageId)[0] ?? null;
  }

  /** The progress of a message's fallback, at least until D1 has it; null if there is none. */
  fallbackProgress(messageId: string): SendToShow | null {
    if (!this.#rows.hasWork) return null;
    return this.#rows.progress("WHERE message ->> 'fallback_of' = ?", messageId)[0] ?? null;
  }

  /** Marks a message before the call to Meta, so that a restart finds it. */
  call(messageId: string): void {
    const report: SendReport = { state: "calling", error: null };
    this.#rows.change(
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
    this.#rows.change(
      "UPDATE outbox SET due_at = ?, slot_at = ? WHERE message_id = ?",
      dueAt,
      slotAt,
      messageId,
    );
  }

  /** Moves a message back in the order until `dueAt`: the others need not wait that long. */
  defer(messageId: string, dueAt: number, report: SendReport): void {
    this.postpone(messageId, dueAt, report);
    this.#rows.change("UPDATE outbox SET ready_at = ? WHERE message_id = ?", dueAt, messageId);
  }

  /** Whether a message still waits: not sent, not canceled. */
  isWaiting(messageId: string): boolean {
    const query = "SELECT 1 FROM outbox WHERE message_id = ? AND stage = 'waiting'";
    return this.#rows.selectWork(query, messageId).length > 0;
  }

  /** Whether the message or its fallback still waits. */
  isOpen(messageId: string): boolean {
    // The plus keeps SQLite from reading all that wait.
    const query = `SELECT 1 FROM outbox
      WHERE +stage = 'waiting' AND (message_id = ?1 OR message ->> 'fallback_of' = ?1)`;
    return this.#rows.selectWork(query, messageId).length > 0;
  }

  /** Replaces the content of a message. */
  replace(message: OutgoingMessage): void {
    this.#rows.change(
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
    this.#rows.change("DELETE FROM outbox WHERE message_id = ?", messageId);
  }

  /** Cancels a message if it still waits. */
  cancel(messageId: string, report: SendReport): void {
    this.#rows.change(
      `UPDATE outbox SET stage = 'done', report = ?, revision = revision + 1, recorded = 0
       WHERE message_id = ? AND stage = 'waiting'`,
      JSON.stringify(report),
      messageId,
    );
  }

  /** Messages whose call to Meta was cut off: Meta may or may not have them. */
  interrupted(): OutgoingMessage[] {
    return this.#messages("WHERE stage = 'calling'");
  }

  /** Ids of messages that Meta may have received, themselves or as their fallback. */
  left(): string[] {
    const query = `
      WITH gone AS (
        SELECT message_id, message ->> 'fallback_of' AS fallback_of FROM outbox
        WHERE stage = 'calling' OR report ->> 'state' IN ('accepted', 'unconfirmed'))
      SELECT message_id AS id FROM gone
      UNION SELECT fallback_of FROM gone WHERE fallback_of IS NOT NULL`;
    return this.#rows.select<{ id: string }>(query).map(({ id }) => id);
  }

  /** When the next message is due; null if none waits. */
  dueAt(): number | null {
    // The first in order decides, since it holds back all behind it; but those behind it must still
    // expire in time.
    const query = `
      SELECT min(max(ready_at, due_at), (
        SELECT message ->> 'expires_at' AS at FROM outbox
        WHERE stage = 'waiting' ORDER BY at LIMIT 1)) AS at
      FROM outbox WHERE stage = 'waiting' ORDER BY ready_at, message_id LIMIT 1`;
    return this.#rows.selectWork<{ at: number }>(query)[0]?.at ?? null;
  }

  /** An unchanged report keeps its revision: D1 needs only what is new. */
  #change(messageId: string, stage: "waiting" | "done", report: SendReport): void {
    this.#rows.change(
      `UPDATE outbox SET stage = ?1, report = ?2, revision = revision + (report <> ?2),
         recorded = iif(report <> ?2, 0, recorded)
       WHERE message_id = ?3`,
      stage,
      JSON.stringify(report),
      messageId,
    );
  }

  #messages(condition: string, ...bindings: number[]): OutgoingMessage[] {
    const query = `SELECT message FROM outbox ${condition}`;
    return this.#rows
      .selectWork<{ message: string }>(query, ...bindings)
      .map(({ message }) => JSON.parse(message));
  }
}
