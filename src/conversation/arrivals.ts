/**
 * Parts of conversations that are moving in here, as they came. Nothing of them counts, is sent or is
 * shown before the last call says that all of them are here: until then they may come again.
 */

/** Made when it is first needed: most objects never are, and each table costs a new one its rows. */
const TABLE = `CREATE TABLE IF NOT EXISTS arrivals (
  move TEXT NOT NULL,
  number INTEGER NOT NULL,
  target TEXT NOT NULL,
  rows TEXT NOT NULL,
  PRIMARY KEY (move, number)
) STRICT, WITHOUT ROWID`;

/** A list of rows of one table as JSON text, which fits into one value. */
export type Part = { table: "inbox" | "outbox"; rows: string };

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
