/**
 * Messages with their payloads that D1 did not take in time: the alarm brings them. They stand in the table
 * and the form that an object of an older version brings, too.
 */
import { firstToFit, jsonChunks } from "../../store/rows.ts";
import type { SeenMessage } from "../state/seen.ts";
import type { TakenMessage } from "../state/state.ts";
import type { ObjectTables } from "./object-tables.ts";

/** The most messages read at once: callers repeat until none is left. */
const BATCH_MESSAGES = 100;

export class WaitingMessages {
  readonly #tables: ObjectTables;
  /** Null = to be read. */
  #isEmpty: boolean | null = null;

  constructor(tables: ObjectTables) {
    this.#tables = tables;
  }

  get isEmpty(): boolean {
    if (!this.#tables.exist) return true;
    this.#isEmpty ??=
      this.#tables.sql.exec("SELECT 1 FROM inbox WHERE payload IS NOT NULL LIMIT 1").toArray()
        .length === 0;
    return this.#isEmpty;
  }

  knowEmpty(): void {
    this.#isEmpty = true;
  }

  keep(message: TakenMessage, unread: number): void {
    this.#isEmpty = false;
    this.#tables.sql.exec(
      `INSERT INTO inbox (wamid, message_id, unread, received_at, payload)
       VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
      message.wamid,
      message.id,
      unread,
      message.received_at,
      JSON.stringify(message),
    );
  }

  /** A batch of the oldest. */
  some(): TakenMessage[] {
    if (this.isEmpty) return [];
    const oldest = this.#tables.sql.exec<{ payload: string }>(
      "SELECT payload FROM inbox WHERE payload IS NOT NULL ORDER BY received_at LIMIT ?",
      BATCH_MESSAGES,
    );
    return firstToFit(oldest).map(({ payload }) => JSON.parse(payload));
  }

  /** Forgets messages that D1 has. */
  drop(wamids: readonly string[]): void {
    if (this.isEmpty) return;
    for (const chunk of jsonChunks(wamids)) {
      this.#tables.sql.exec(
        "DELETE FROM inbox WHERE wamid IN (SELECT value FROM json_each(?))",
        chunk,
      );
    }
    this.#isEmpty = null;
  }

  /**
   * Moves out what an object of an older version left here: all wamids that it took, not only those that
   * wait. Returns lists in the order of their ids, each of which fits into one value.
   *
   * @param knows whether the object remembers a message by its id
   */
  takeOlder(knows: (messageId: string) => boolean): SeenMessage[] {
    if (!this.#tables.exist) return [];
    const rows = this.#tables.sql
      .exec<Omit<SeenMessage, "is_due"> & { waits: number }>(
        `SELECT wamid, message_id, unread, received_at, payload IS NOT NULL AS waits
         FROM inbox ORDER BY message_id`,
      )
      .toArray();
    const older = rows.filter(({ message_id, waits }) => waits === 0 || !knows(message_id));
    if (older.length > 0) this.#tables.sql.exec("DELETE FROM inbox WHERE payload IS NULL");
    return older;
  }

  /** After a failed transaction: what is in memory may be wrong. */
  forget(): void {
    this.#isEmpty = null;
  }

  clear(): void {
    if (this.#tables.exist) this.#tables.sql.exec("DELETE FROM inbox");
    this.#isEmpty = null;
  }
}
