/**
 * Events of a conversation that wait for the event queue and are too many for its state, which is one
 * row: a queue that is down for long must not make that grow.
 */
import type { ConversationEvent } from "./conversation-event.ts";

/** Made when it is first needed: most objects never are, and each table costs a new one its rows. */
const TABLE = `CREATE TABLE IF NOT EXISTS untold_events (
  first_sequence INTEGER PRIMARY KEY,
  events TEXT NOT NULL
) STRICT`;

export class UntoldEvents {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Only asked where some were kept before. */
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

  /** The oldest that were kept together, which are here no more. */
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
    this.#sql.exec("DROP TABLE IF EXISTS untold_events");
  }
}
