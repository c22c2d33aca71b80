import type { ConversationEvent } from "../state/state.ts";
import { emptyTable } from "./object-tables.ts";

/** Created when first needed: most objects never need it, and a table costs a new object rows. */
const TABLE = `CREATE TABLE IF NOT EXISTS untold_events (
  first_sequence INTEGER PRIMARY KEY,
  events TEXT NOT NULL
) STRICT`;

/**
 * Events that wait for the event queue and are too many for the state, which is one row: that row must
 * not grow while the queue is down.
 */
export class WaitingEvents {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Throws if the table does not exist: ask only after `keep`. */
  get isEmpty(): boolean {
    return this.#sql.exec("SELECT 1 FROM untold_events LIMIT 1").toArray().length === 0;
  }

  keep(events: readonly ConversationEvent[]): void {
    const [first] = events;
    if (first === undefined) return;
    this.#sql.exec(TABLE);
    this.#sql.exec(
      `INSERT INTO untold_events (first_sequence, events) VALUES (?, ?)
       ON CONFLICT DO UPDATE SET events = excluded.events`,
      first.sequence,
      JSON.stringify(events),
    );
  }

  /** Removes and returns the oldest that were kept together. */
  takeOldest(): ConversationEvent[] {
    const [row] = this.#sql
      .exec<{ events: string }>(
        `DELETE FROM untold_events
         WHERE first_sequence = (SELECT min(first_sequence) FROM untold_events) RETURNING events`,
      )
      .toArray();
    return row === undefined ? [] : JSON.parse(row.events);
  }

  clear(): void {
    emptyTable(this.#sql, "untold_events");
  }
}
