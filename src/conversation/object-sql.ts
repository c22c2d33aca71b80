/**
 * The tables inside a conversation object (SQLite). Each migration runs once, in order; `_migrations`
 * counts those that ran, since the platform refuses `PRAGMA user_version`.
 */
const MIGRATIONS: readonly string[] = [
  // `state`: one row of JSON, the record of record.ts, with a tombstone after an erasure.
  // `inbox`: every inbound wamid for at least 8 days, and longer while unread; its payload until
  // D1 has it.
  // `outbox`: every message to send; its content until D1 has its outcome, its id as long as a
  // repeated request may ask for it.
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

/** One read if nothing is new: an object wakes for nearly every message. */
export function migrate(storage: DurableObjectStorage): void {
  const { sql } = storage;
  sql.exec("CREATE TABLE IF NOT EXISTS _migrations (number INTEGER PRIMARY KEY)");
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

/** An object's SQL: its INTEGER columns (STRICT tables) take only whole numbers. */
export type ObjectSql = Pick<SqlStorage, "exec">;

/** Rounds fractions up, so that nothing is due before its time and SQLite refuses no row. */
export function wholeNumbers(sql: SqlStorage): ObjectSql {
  return {
    exec: (query, ...bindings) =>
      sql.exec(
        query,
        ...bindings.map((value: unknown) => (typeof value === "number" ? Math.ceil(value) : value)),
      ),
  };
}
