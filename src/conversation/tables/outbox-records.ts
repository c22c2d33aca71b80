/** Which outcomes D1 has of the outbox's table, and how the rows leave: after some days, or for another object. */
import { HOUR_MS } from "../../lib/time.ts";
import type { SendProgress, SendToShow } from "../../message/outgoing-message.ts";
import { firstToFit } from "../../store/rows.ts";
import type { OutboxRow, OutboxRows } from "./outbox-rows.ts";

/** An idempotency key lives 48 hours: the object must remember its message for longer than that. */
const REMEMBERED_MS = 72 * HOUR_MS;

/** The most messages read at once: callers repeat until none is left. */
const BATCH_MESSAGES = 100;

export class OutboxRecords {
  readonly #rows: OutboxRows;
  /** The revisions that D1 has, by message id, until `writeRecorded` stores them. */
  readonly #recorded = new Map<string, number>();

  constructor(rows: OutboxRows) {
    this.#rows = rows;
  }

  /** A batch of progress that D1 does not have yet. */
  unrecorded(): SendToShow[] {
    this.writeRecorded();
    return this.#rows.hasWork
      ? this.#rows.progress("WHERE recorded = 0 AND stage <> 'calling' LIMIT ?", BATCH_MESSAGES)
      : [];
  }

  hasUnrecorded(): boolean {
    this.writeRecorded();
    const query = "SELECT 1 FROM outbox WHERE recorded = 0 LIMIT 1";
    return this.#rows.selectWork(query).length > 0;
  }

  /** Notes in memory only what D1 has now, as the inbox does. */
  record({ message_id, revision }: SendProgress): void {
    this.#recorded.set(message_id, Math.max(revision, this.#recorded.get(message_id) ?? 0));
  }

  /** Removes the content of ended messages that D1 has, unless they changed since. */
  writeRecorded(): void {
    for (const [messageId, revision] of this.#recorded) {
      this.#rows.change(
        `UPDATE outbox SET recorded = 1, message = CASE stage WHEN 'done' THEN NULL ELSE message END
         WHERE message_id = ? AND revision = ?`,
        messageId,
        revision,
      );
    }
    this.#recorded.clear();
  }

  /** The rows ordered by id, after this one: as many as fit into one value. */
  rowsAfter(messageId: string): OutboxRow[] {
    this.writeRecorded();
    return firstToFit(
      this.#rows.each<OutboxRow>(
        `SELECT message_id, stage, ready_at, due_at, attempts, message, report, revision, recorded,
           created_at, slot_at FROM outbox WHERE message_id > ? ORDER BY message_id`,
        messageId,
      ),
    );
  }

  /**
   * Takes rows, also those of another object; a known message stays as it is.
   *
   * @param rows JSON text, a list of OutboxRow that fits into one value
   */
  takeRows(rows: string): void {
    this.#rows.insert(
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
    this.#rows.change("DELETE FROM outbox");
  }

  prune(now: number): void {
    this.writeRecorded();
    this.#rows.change(
      "DELETE FROM outbox WHERE message IS NULL AND created_at <= ?",
      now - REMEMBERED_MS,
    );
  }

  pruneDueAt(): number | null {
    this.writeRecorded();
    const query = "SELECT min(created_at) AS at FROM outbox WHERE message IS NULL";
    const oldest = this.#rows.select<{ at: number | null }>(query)[0]?.at ?? null;
    return oldest === null ? null : oldest + REMEMBERED_MS;
  }
}
