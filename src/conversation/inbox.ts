/** The inbox of a conversation object: who was here, and what is not in D1 yet. */
import type { TakenMessage } from "./conversation-event.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

/** Meta redelivers for up to 7 days; a wamid is known for longer than that. */
const REMEMBERED_MS = 8 * DAY_MS;

/** Messages brought into D1 at once, which bounds an alarm's memory and one statement's size. */
const BATCH_MESSAGES = 100;

/** A message that was here, without its payload. */
export type SeenMessage = {
  wamid: string;
  message_id: string;
  counts_as_unread: number;
  received_at: number;
};

export class Inbox {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Takes a message and its payload; false if its wamid was here before. */
  take(message: TakenMessage, countsAsUnread: boolean): boolean {
    return (
      this.#sql
        .exec(
          `INSERT INTO inbox (wamid, message_id, counts_as_unread, received_at, payload)
         VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING 1`,
          message.wamid,
          message.id,
          countsAsUnread ? 1 : 0,
          message.received_at,
          JSON.stringify(message),
        )
        .toArray().length > 0
    );
  }

  /** Those of the wamids that are not in D1 yet, as first taken. */
  unsettledOf(wamids: readonly string[]): TakenMessage[] {
    return this.#messages(
      `SELECT payload FROM inbox
       WHERE wamid IN (SELECT value FROM json_each(?)) AND payload IS NOT NULL`,
      JSON.stringify(wamids),
    );
  }

  /** The oldest that are not in D1 yet, a batch of them. */
  unsettled(): TakenMessage[] {
    return this.#messages(
      "SELECT payload FROM inbox WHERE payload IS NOT NULL ORDER BY received_at LIMIT ?",
      BATCH_MESSAGES,
    );
  }

  hasUnsettled(): boolean {
    return (
      this.#sql.exec("SELECT 1 FROM inbox WHERE payload IS NOT NULL LIMIT 1").toArray().length > 0
    );
  }

  /** Forgets the payloads of what is in D1 now. */
  settle(wamids: readonly string[]): void {
    this.#sql.exec(
      `UPDATE inbox SET payload = NULL
       WHERE wamid IN (SELECT value FROM json_each(?)) AND payload IS NOT NULL`,
      JSON.stringify(wamids),
    );
  }

  /** How many unread messages come after this one. */
  unreadAfter(messageId: string): number {
    return this.#sql
      .exec<{ n: number }>(
        "SELECT count(*) AS n FROM inbox WHERE counts_as_unread = 1 AND message_id > ?",
        messageId,
      )
      .one().n;
  }

  /** The id of the newest message here, if any. */
  newestMessageId(): string | null {
    return this.#sql.exec<{ id: string | null }>("SELECT max(message_id) AS id FROM inbox").one()
      .id;
  }

  /** Forgets wamids that Meta can't deliver again, but for the unread, which a read mark counts. */
  prune(now: number, readUpTo: string): void {
    this.#sql.exec(
      `DELETE FROM inbox WHERE received_at <= ? AND payload IS NULL
         AND (counts_as_unread = 0 OR message_id <= ?)`,
      now - REMEMBERED_MS,
      readUpTo,
    );
  }

  /** When the next wamid may be forgotten; null when none is kept. */
  pruneDueAt(readUpTo: string): number | null {
    const oldest = this.#sql
      .exec<{ at: number | null }>(
        `SELECT min(received_at) AS at FROM inbox
         WHERE payload IS NULL AND (counts_as_unread = 0 OR message_id <= ?)`,
        readUpTo,
      )
      .one().at;
    return oldest === null ? null : oldest + REMEMBERED_MS;
  }

  /** All that was here and is in D1. */
  seen(): SeenMessage[] {
    return this.#sql
      .exec<SeenMessage>(
        "SELECT wamid, message_id, counts_as_unread, received_at FROM inbox WHERE payload IS NULL",
      )
      .toArray();
  }

  /** Takes over what another object has seen; what is read in either place is read. */
  takeSeen(seen: readonly SeenMessage[]): void {
    this.#sql.exec(
      `INSERT INTO inbox (wamid, message_id, counts_as_unread, received_at)
       SELECT value ->> 'wamid', value ->> 'message_id', value ->> 'counts_as_unread',
         value ->> 'received_at'
       FROM json_each(?) WHERE true
       ON CONFLICT DO UPDATE SET
         counts_as_unread = min(counts_as_unread, excluded.counts_as_unread)`,
      JSON.stringify(seen),
    );
  }

  /** What is read stays read, wherever another read mark may stand. */
  keepRead(readUpTo: string): void {
    this.#sql.exec("UPDATE inbox SET counts_as_unread = 0 WHERE message_id <= ?", readUpTo);
  }

  clear(): void {
    this.#sql.exec("DELETE FROM inbox");
  }

  #messages(query: string, ...bindings: (string | number)[]): TakenMessage[] {
    return this.#sql
      .exec<{ payload: string }>(query, ...bindings)
      .toArray()
      .map(({ payload }) => JSON.parse(payload));
  }
}
