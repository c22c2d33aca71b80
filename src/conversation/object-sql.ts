/**
 * The tables inside a conversation object (SQLite). Migrations run once each, in order; what an
 * object has behind it stands in `_migrations`, since `PRAGMA user_version` is refused.
 */
const MIGRATIONS: readonly string[] = [
  // `state`: one row, the ConversationState or where this conversation moved to, as JSON, with a
  // tombstone once somebody was erased here.
  // `inbox`: every inbound wamid for at least 8 days, and longer while unread; its payload until
  // it is in D1.
  // `outbox`: every message to send; its content until its outcome is in D1, its id for as
  // long as a repeated request may ask for it.
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
  // Which of them are unread is kept message by message: no one read mark can say it of two
  // conversations that became one.
  `ALTER TABLE inbox RENAME COLUMN counts_as_unread TO unread;
   UPDATE inbox SET unread = 0
   WHERE message_id <= (SELECT value ->> '$.state.read_up_to' FROM state);`,
  // The slot that the business number's object keeps for the message.
  "ALTER TABLE outbox ADD COLUMN slot_at INTEGER",
];

/** Nearly every time there is nothing to do, and an object wakes for nearly every message. */
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

/** The SQL of an object, whose INTEGER columns take whole numbers alone. */
export type ObjectSql = Pick<SqlStorage, "exec">;

/** Rounds a fraction of a time up, so that nothing is due before its time and no row is refused. */
export function wholeNumbers(sql: SqlStorage): ObjectSql {
  return {
    exec: (query, ...bindings) =>
      sql.exec(
        query,
        ...bindings.map((value: unknown) => (typeof value === "number" ? Math.ceil(value) : value)),
      ),
  };
}
