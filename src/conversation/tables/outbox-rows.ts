/**
 * The rows of the outbox's table. Most objects have none, and most others have only messages that ended long
 * ago: that is kept in memory, so that nobody looks for rows that are not there.
 */
import type { SendToShow } from "../../message/outgoing-message.ts";
import type { ObjectSql } from "./object-tables.ts";

/** Where the digits of an id begin that name the message at any place. */
export const TAIL = 21;

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

/** All at rest: each message has ended, and D1 has its outcome. */
type Content = "nothing" | "all at rest" | "work";

type Value = string | number | null;

type SelectedRow = Record<string, SqlStorageValue>;

/** A row that is written costs as much as a thousand that are read: a shorter table has no index. */
const LONG_ROWS = 250;

/**
 * The indexes of a long table, without which each send and each alarm would read all of it. In the order of
 * the queries: what stands first, what expires, who would rather not wait, what D1 lacks, what is forgotten;
 * then messages by the digits that name them at any place, and by the message that they replace.
 */
const INDEXES = `
  CREATE INDEX IF NOT EXISTS outbox_open ON outbox (stage, ready_at)
    WHERE stage = 'waiting' OR stage = 'calling';
  CREATE INDEX IF NOT EXISTS outbox_expiring ON outbox (stage, message ->> 'expires_at')
    WHERE stage = 'waiting';
  CREATE INDEX IF NOT EXISTS outbox_unwilling ON outbox (message ->> 'wait', stage, ready_at)
    WHERE stage = 'waiting' AND message ->> 'wait' = 0;
  CREATE INDEX IF NOT EXISTS outbox_unrecorded ON outbox (stage) WHERE recorded = 0;
  CREATE INDEX IF NOT EXISTS outbox_ended ON outbox (created_at) WHERE message IS NULL;
  CREATE INDEX IF NOT EXISTS outbox_tails ON outbox (substr(message_id, ${TAIL}));
  CREATE INDEX IF NOT EXISTS outbox_fallbacks ON outbox (message ->> 'fallback_of')
    WHERE message ->> 'fallback_of' IS NOT NULL;`;

export class OutboxRows {
  readonly #sql: ObjectSql;
  /** Null = to be read. */
  #content: Content | null = null;
  #isIndexed = false;

  constructor(sql: ObjectSql) {
    this.#sql = sql;
  }

  /** Whether there may be messages that have not ended, or whose outcome D1 may lack. */
  get hasWork(): boolean {
    return this.#read() === "work";
  }

  /** Reads row after row: a long table need not fit into memory. */
  each<Row extends SelectedRow>(query: string, ...bindings: Value[]): Iterable<Row> {
    return this.#read() === "nothing" ? [] : this.#sql.exec<Row>(query, ...bindings);
  }

  select<Row extends SelectedRow>(query: string, ...bindings: Value[]): Row[] {
    return [...this.each<Row>(query, ...bindings)];
  }

  /** Selects rows of messages that have not ended, or whose outcome D1 may lack. */
  selectWork<Row extends SelectedRow>(query: string, ...bindings: Value[]): Row[] {
    return this.hasWork ? this.select<Row>(query, ...bindings) : [];
  }

  insert(query: string, ...bindings: Value[]): void {
    this.#content = null;
    this.#sql.exec(query, ...bindings);
    this.#indexIfLong();
  }

  /** Changes or deletes rows. What the table has then is read when it is asked for: many changes may follow. */
  change(query: string, ...bindings: Value[]): void {
    if (this.#content === "nothing") return;
    this.#content = null;
    this.#sql.exec(query, ...bindings);
  }

  /** The progress of messages, of which the condition selects some. */
  progress(condition: string, ...bindings: Value[]): SendToShow[] {
    return this.select<{
      message_id: string;
      revision: number;
      report: string;
      message: string | null;
    }>(`SELECT message_id, revision, report, message FROM outbox ${condition}`, ...bindings).map(
      ({ report, message, ...progress }) => ({
        ...progress,
        report: JSON.parse(report),
        message: JSON.parse(message ?? "null"),
      }),
    );
  }

  /** After waking. A long table of an object of an older version has no index. */
  wake(hasRows: boolean): void {
    if (hasRows) this.#indexIfLong();
    else this.#content = "nothing";
  }

  /** After a failed transaction: what is in memory may be wrong. */
  forget(): void {
    this.#content = null;
    this.#isIndexed = false;
  }

  #indexIfLong(): void {
    if (this.#isIndexed) return;
    const last = this.#sql.exec("SELECT 1 FROM outbox LIMIT 1 OFFSET ?", LONG_ROWS - 1).toArray();
    if (last.length === 0) return;
    this.#sql.exec(INDEXES);
    this.#isIndexed = true;
  }

  #read(): Content {
    if (this.#content !== null) return this.#content;
    // Of a long table one row of either kind is read, not all of them.
    const [row] = this.#sql
      .exec<{ has_rows: number; has_work: number }>(
        `SELECT EXISTS (SELECT 1 FROM outbox) AS has_rows,
           EXISTS (SELECT 1 FROM outbox 
             WHERE stage = 'waiting' OR stage = 'calling' OR recorded = 0) AS has_work`,
      )
      .toArray();
    const content = row?.has_work === 1 ? "work" : row?.has_rows === 1 ? "all at rest" : "nothing";
    this.#content = content;
    return content;
  }
}
