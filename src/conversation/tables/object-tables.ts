/**
 * The tables inside a conversation object (SQLite). An object gets them at its first write, so that a call
 * to an object to which nothing happened costs nothing; the tables of older objects are migrated.
 */

/** The migrations of 0.1.0 and later; each ran once, in order, and `_migrations` counts them. */
const MIGRATIONS: readonly string[] = [
  `CREATE TABLE state (
     id INTEGER PRIMARY KEY CHECK (id = 1),
     value TEXT NOT NULL
   ) STRICT;
   CREATE TABLE inbox (
     wamid TEXT PRIMARY KEY,
     message_id TEXT NOT NULL,
     counts_as_unread INTEGER NOT NULL,
     received_at INTEGER NOT NULL,
     payload TEXT
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE outbox (
     message_id TEXT PRIMARY KEY,
     stage TEXT NOT NULL,
     ready_at INTEGER NOT NULL,
     due_at INTEGER NOT NULL,
     attempts INTEGER NOT NULL,
     message TEXT,
     report TEXT NOT NULL,
     revision INTEGER NOT NULL,
     recorded INTEGER NOT NULL,
     created_at INTEGER NOT NULL
   ) STRICT, WITHOUT ROWID;`,
  // Each message says whether it is unread: one read mark can't say it for two merged conversations.
  `ALTER TABLE inbox RENAME COLUMN counts_as_unread TO unread;
   UPDATE inbox SET unread = 0
   WHERE message_id <= (SELECT value ->> '$.state.read_up_to' FROM state);`,
  // The slot that the business number's object reserves for the message.
  "ALTER TABLE outbox ADD COLUMN slot_at INTEGER",
];

/**
 * The same tables for a new object:
 * - `state`: one row of JSON, the record of record.ts and what stands beside it.
 * - `inbox`: messages with their payloads that wait for D1, because it did not take them in time.
 * - `outbox`: messages to send that wait; their content until D1 has their outcome.
 * - `_migrations`: a view, which costs fewer rows than a table. An object of an older version, after a
 *   roll-back, counts in it the migrations that it need not run.
 */
const TABLES = `
  CREATE TABLE state (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    value TEXT NOT NULL
  ) STRICT;
  CREATE TABLE inbox (
    wamid TEXT PRIMARY KEY,
    message_id TEXT NOT NULL,
    unread INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    payload TEXT
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE outbox (
    message_id TEXT PRIMARY KEY,
    stage TEXT NOT NULL,
    ready_at INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    message TEXT,
    report TEXT NOT NULL,
    revision INTEGER NOT NULL,
    recorded INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    slot_at INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE VIEW _migrations (number) AS VALUES ${MIGRATIONS.map((_sql, n) => `(${n})`).join(", ")};`;

/** An object's SQL: its INTEGER columns (STRICT tables) take only whole numbers. */
export type ObjectSql = Pick<SqlStorage, "exec">;

/** Whether a table exists that an object gets when it first needs it. */
export function hasTable(sql: ObjectSql, name: string): boolean {
  return sql.exec("SELECT 1 FROM sqlite_schema WHERE name = ?", name).toArray().length > 0;
}

/** Empties such a table. A cursor that was not read to its end would lock it against DROP. */
export function emptyTable(sql: ObjectSql, name: string): void {
  if (hasTable(sql, name)) sql.exec(`DELETE FROM ${name}`);
}

/** What an object has when it wakes. */
type Stored = { row: string | null; has_inbox: number; has_outbox: number };

/** An object's tables, which `sql` makes when it is first used. */
export class ObjectTables {
  readonly #storage: DurableObjectStorage;
  #exist: boolean;
  #isOnlyRead = false;
  readonly sql: ObjectSql = {
    exec: (query, ...bindings) => {
      if (this.#isOnlyRead && !query.startsWith("SELECT")) {
        throw new Error("this work may not write into a table");
      }
      this.#make();
      return this.#storage.sql.exec(
        query,
        // Rounded up, so that nothing is due before its time.
        ...bindings.map((value: unknown) => (typeof value === "number" ? Math.ceil(value) : value)),
      );
    },
  };

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
    const kind = storage.sql
      .exec<{ type: string }>("SELECT type FROM sqlite_schema WHERE name = '_migrations'")
      .toArray()[0]?.type;
    this.#exist = kind !== undefined;
    if (kind === "table") migrate(storage);
  }

  get exist(): boolean {
    return this.#exist;
  }

  /** The one row, and whether its tables have any, all read at once: most objects have only the row. */
  stored(): Stored {
    if (!this.#exist) return { row: null, has_inbox: 0, has_outbox: 0 };
    return this.#storage.sql
      .exec<Stored>(
        `SELECT (SELECT value FROM state) AS row, EXISTS (SELECT 1 FROM inbox) AS has_inbox,
           EXISTS (SELECT 1 FROM outbox) AS has_outbox`,
      )
      .one();
  }

  /** Runs a work that must not write: outside of a transaction it would stay half done. */
  whileReading<Result>(work: () => Result): Result {
    this.#isOnlyRead = true;
    try {
      return work();
    } finally {
      this.#isOnlyRead = false;
    }
  }

  /** A failed transaction may have taken them away again. */
  forget(): void {
    this.#exist = hasTable(this.#storage.sql, "_migrations");
  }

  #make(): void {
    if (this.#exist) return;
    this.#storage.transactionSync(() => this.#storage.sql.exec(TABLES));
    this.#exist = true;
  }
}

function migrate(storage: DurableObjectStorage): void {
  const { sql } = storage;
  const done = sql.exec<{ n: number }>("SELECT count(*) AS n FROM _migrations").one().n;
  if (done === MIGRATIONS.length) return;
  storage.transactionSync(() => {
    for (const [number, statements] of MIGRATIONS.entries()) {
      if (number < done) continue;
      sql.exec(statements);
      sql.exec("INSERT INTO _migrations (number) VALUES (?)", number);
    }
  });
}
