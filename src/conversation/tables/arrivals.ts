import { emptyTable } from "./object-tables.ts";

/** Created when first needed: most objects never need it, and a table costs a new object rows. */
const TABLE = `CREATE TABLE IF NOT EXISTS arrivals (
  move TEXT NOT NULL,
  number INTEGER NOT NULL,
  target TEXT NOT NULL,
  rows TEXT NOT NULL,
  PRIMARY KEY (move, number)
) STRICT, WITHOUT ROWID`;

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
