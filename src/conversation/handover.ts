/**
 * What one object sends to another when a conversation moves: one call if the conversation is small,
 * otherwise parts before the last call, so that no call and no stored value grows with the history.
 */
import type { Address } from "../lib/address.ts";
import type { Inbox } from "./inbox.ts";
import type { Outbox } from "./outbox.ts";
import type { OutboxRow } from "./outbox-rows.ts";
import { emptyTable } from "./object-sql.ts";
import type { PendingHandover } from "./record.ts";
import type { SeenMessage } from "./seen.ts";
import type { ConversationState } from "./state.ts";

/** Created when first needed: most objects never need it, and a table costs a new object rows. */
const TABLE = `CREATE TABLE IF NOT EXISTS arrivals (
  move TEXT NOT NULL,
  number INTEGER NOT NULL,
  target TEXT NOT NULL,
  rows TEXT NOT NULL,
  PRIMARY KEY (move, number)
) STRICT, WITHOUT ROWID`;

/** The tables with the rows of a conversation. */
type Boxes = { inbox: Inbox; outbox: Outbox };

/** A list of rows of one table, as JSON text that fits into one SQLite value. */
export type Part = { table: "inbox" | "outbox"; rows: string };

/** A part, with its place in the move. */
export type ArrivingPart = Part & {
  /** The version at which the conversation left: it distinguishes moves. */
  version: number;
  /** The number of the part, from 0. */
  number: number;
  /** When the conversation last changed, in milliseconds. */
  updated_at: number;
  /** Whether the conversation comes back to the BSUID's object that it left before. */
  comes_home: boolean;
};

/**
 * Parts of conversations that move in, as they came. They may come again, and have no effect until the last
 * call says that all of them are here.
 */
export class Arrivals {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** @param move the source object and the version; a part that comes again replaces the earlier one */
  keep(move: string, { number, table, rows }: Pick<ArrivingPart, "number" | keyof Part>): void {
    this.#sql.exec(TABLE);
    this.#sql.exec(
      `INSERT INTO arrivals (move, number, target, rows) VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET target = excluded.target, rows = excluded.rows`,
      move,
      number,
      table,
      rows,
    );
  }

  /** Removes the first `count` parts and passes each to `take`; false if one is missing. */
  takeOut(move: string, count: number, take: (part: Part) => void): boolean {
    if (count === 0) return true;
    this.#sql.exec(TABLE);
    for (let number = 0; number < count; number += 1) {
      const [part] = this.#sql
        .exec<Part>(
          'SELECT target AS "table", rows FROM arrivals WHERE move = ? AND number = ?',
          move,
          number,
        )
        .toArray();
      if (part === undefined) return false;
      take(part);
    }
    this.#sql.exec("DELETE FROM arrivals WHERE move = ?", move);
    return true;
  }

  clear(): void {
    emptyTable(this.#sql, "arrivals");
  }
}

/** A whole conversation that moves, or what remains of it beside its parts. */
export type ConversationSnapshot = {
  state: ConversationState;
  home: Address | null;
  seen: readonly SeenMessage[];
  outbox: readonly OutboxRow[];
  /** The number of parts sent before; absent = none. */
  parts?: number;
};

/** Everything of a conversation that leaves; null if that is too much for one call. */
export function wholeOf(
  { inbox, outbox }: Boxes,
  { state, home }: PendingHandover,
): ConversationSnapshot | null {
  const [seen = [], ...more] = inbox.seen(state.read_up_to, state.updated_at);
  const rows = outbox.records.rowsAfter("");
  const last = rows.at(-1);
  const isAll =
    more.length === 0 &&
    (last === undefined || outbox.records.rowsAfter(last.message_id).length === 0);
  return isAll ? { state, home, seen, outbox: rows } : null;
}

/** The rows of a conversation that leaves, in parts: the same each time, since a moved object is frozen. */
export function* partsOf(
  { inbox, outbox }: Boxes,
  { read_up_to, updated_at }: ConversationState,
): Generator<Part> {
  for (const seen of inbox.seen(read_up_to, updated_at)) {
    yield { table: "inbox", rows: JSON.stringify(seen) };
  }
  for (let after = ""; ;) {
    const rows = outbox.records.rowsAfter(after);
    const last = rows.at(-1);
    if (last === undefined) break;
    yield { table: "outbox", rows: JSON.stringify(rows) };
    after = last.message_id;
  }
}

/** Stores the rows of a part; returns its seen messages, which are taken all at once. */
export function takePart(outbox: Outbox, { table, rows }: Part): SeenMessage[] {
  if (table === "inbox") return JSON.parse(rows);
  outbox.records.takeRows(rows);
  return [];
}
