/**
 * What goes from one object to another when a conversation moves: in one call where it is little, else
 * in parts before the last call, so that no call and no value grows with a history.
 *
 * Parts of conversations that are moving in here, as they came. Nothing of them counts, is sent or is
 * shown before the last call says that all of them are here: until then they may come again.
 */
import type { Address } from "../lib/address.ts";
import type { Inbox, SeenMessage } from "./inbox.ts";
import type { Outbox, OutboxRow } from "./outbox.ts";
import type { PendingHandover } from "./record.ts";
import type { ConversationState } from "./state.ts";

/** Made when it is first needed: most objects never are, and each table costs a new one its rows. */
const TABLE = `CREATE TABLE IF NOT EXISTS arrivals (
  move TEXT NOT NULL,
  number INTEGER NOT NULL,
  target TEXT NOT NULL,
  rows TEXT NOT NULL,
  PRIMARY KEY (move, number)
) STRICT, WITHOUT ROWID`;

/** Where the rows of a conversation stand. */
type Boxes = { inbox: Inbox; outbox: Outbox };

/** A list of rows of one table as JSON text, which fits into one value. */
type Part = { table: "inbox" | "outbox"; rows: string };

/** A part, and where it belongs. */
export type ArrivingPart = Part & {
  /** The version at which the conversation left, by which one move is told from another. */
  version: number;
  /** The number of the part, from 0. */
  number: number;
  /** When the conversation last changed, in milliseconds. */
  updated_at: number;
  /** Whether the conversation comes back to the BSUID that it once left. */
  comes_home: boolean;
};

export class Arrivals {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** @param move the object that it comes from, and the version: what came by the same again counts */
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

  /** Takes the first `count` parts out, one at a time; false if they are not all here. */
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
    this.#sql.exec("DROP TABLE IF EXISTS arrivals");
  }
}

/** A whole conversation on its way from one object to another, or what is left beside its parts. */
export type ConversationSnapshot = {
  state: ConversationState;
  home: Address | null;
  seen: readonly SeenMessage[];
  outbox: readonly OutboxRow[];
  /** How many parts went before; left out = none. */
  parts?: number;
};

/** Everything of a departing conversation; null where that is too much for one call. */
export function wholeOf(
  { inbox, outbox }: Boxes,
  { state, home }: PendingHandover,
): ConversationSnapshot | null {
  const whole = { state, home, seen: inbox.seenAfter(""), outbox: outbox.rowsAfter("") };
  const [lastSeen, lastRow] = [whole.seen.at(-1), whole.outbox.at(-1)];
  const isAll =
    (lastSeen === undefined || inbox.seenAfter(lastSeen.wamid).length === 0) &&
    (lastRow === undefined || outbox.rowsAfter(lastRow.message_id).length === 0);
  return isAll ? whole : null;
}

/** The rows of a departing conversation in parts: the same each time, since a moved object changes no more. */
export function* partsOf({ inbox, outbox }: Boxes): Generator<Part> {
  for (let after = ""; ;) {
    const seen = inbox.seenAfter(after);
    const last = seen.at(-1);
    if (last === undefined) break;
    yield { table: "inbox", rows: JSON.stringify(seen) };
    after = last.wamid;
  }
  for (let after = ""; ;) {
    const rows = outbox.rowsAfter(after);
    const last = rows.at(-1);
    if (last === undefined) break;
    yield { table: "outbox", rows: JSON.stringify(rows) };
    after = last.message_id;
  }
}

/** Takes a part over. */
export function takePart({ inbox, outbox }: Boxes, { table, rows }: Part): void {
  if (table === "inbox") inbox.takeSeen(rows);
  else outbox.takeRows(rows);
}
