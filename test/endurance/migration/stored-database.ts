import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** What a stored D1 contains, to compare it before and after a migration. */
export type StoredDatabase = {
  /** Every table and index as SQLite has it. */
  schema: string;
  /** The migrations that wrangler recorded. */
  applied: readonly string[];
  /** Rows and a digest of all columns, by table; without columns that a later migration added. */
  tables: Readonly<Record<string, { rows: number; digest: string }>>;
};

/** The tables and their columns whose content must stay. */
export type Columns = Readonly<Record<string, readonly string[]>>;

/** Where wrangler stores the database. */
const D1_FOLDER = "v3/d1/miniflare-D1DatabaseObject";

/** The bookkeeping of wrangler and workerd. */
const IS_OURS = ["d1", "_cf", "sqlite"]
  .map((prefix) => `substr(name, 1, ${prefix.length + 1}) <> '${prefix}_'`)
  .join(" AND ");

export function columnsOf(folder: string): Columns {
  return withDatabase(folder, (database) => {
    const tables = database.prepare(
      `SELECT name FROM sqlite_master WHERE type = 'table' AND ${IS_OURS} ORDER BY name`,
    );
    return Object.fromEntries(
      tables.all().map(({ name }) => {
        const columns = database.prepare("SELECT name FROM pragma_table_info(?) ORDER BY name");
        return [String(name), columns.all(String(name)).map((column) => String(column["name"]))];
      }),
    );
  });
}

/** Reads all of it, after the recovery that SQLite makes of what was interrupted. */
export function readDatabase(folder: string, columns: Columns): StoredDatabase {
  return withDatabase(folder, (database) => {
    const [integrity] = database.prepare("PRAGMA integrity_check").all();
    assert.deepEqual({ ...integrity }, { integrity_check: "ok" });
    const schema = database
      .prepare(`SELECT name, sql FROM sqlite_master WHERE ${IS_OURS} ORDER BY name`)
      .all();
    const tables = Object.entries(columns).map(([table, names]) => {
      const listed = names.map((name) => `"${name}"`).join(", ");
      const rows = database.prepare(`SELECT ${listed} FROM "${table}" ORDER BY ${listed}`);
      const hash = createHash("sha256");
      let count = 0;
      for (const row of rows.iterate()) {
        hash.update(JSON.stringify(Object.values(row)));
        count += 1;
      }
      return [table, { rows: count, digest: hash.digest("hex") }] as const;
    });
    return {
      schema: JSON.stringify(schema),
      applied: appliedOf(database),
      tables: Object.fromEntries(tables),
    };
  });
}

/**
 * Whether a migration that is being applied is about to be committed, or was: its record, which comes last,
 * stands in SQLite's log. Opening the database would disturb the one who writes.
 */
export function isInLog(folder: string, migration: string): boolean {
  const log = `${fileOf(folder)}-wal`;
  return existsSync(log) && readFileSync(log).includes(migration);
}

function appliedOf(database: DatabaseSync): string[] {
  const names = database.prepare("SELECT name FROM d1_migrations ORDER BY id").all();
  return names.map(({ name }) => String(name));
}

/**
 * Copies conversations, messages and statuses until there are so many messages, each time as another
 * person's: an earlier version takes a while to write them one by one.
 */
export function multiplyRows(folder: string, messages: number): void {
  withDatabase(folder, (database) => {
    const [counted] = database.prepare("SELECT count(*) AS n FROM messages").all();
    const copies = Math.ceil(messages / Number(counted?.["n"])) - 1;
    database.exec("BEGIN");
    database.exec("CREATE TEMP TABLE numbers (n INTEGER)");
    for (let copy = 1; copy <= copies; copy += 1) {
      database.exec(`INSERT INTO numbers VALUES (${copy})`);
    }
    for (const [table, changed] of Object.entries(COPIED)) {
      const columns = database.prepare("SELECT name FROM pragma_table_info(?)").all(table);
      const values = columns.map(({ name }) => changed[String(name)] ?? `"${String(name)}"`);
      database.exec(`INSERT INTO ${table} SELECT ${values.join(", ")} FROM ${table}, numbers`);
    }
    database.exec("DROP TABLE numbers; COMMIT");
  });
}

/**
 * Gives the earlier version the indexes that it looks up by.
 *
 * @param migrations the folder of this version's migrations
 */
export function prepareRollBack(folder: string, migrations: string): void {
  withDatabase(folder, (database) => database.exec(statementsOfRollBack(migrations)));
}

/** Drops them again, for this version, and has open pages load anew what the earlier one did not log. */
export function endRollBack(folder: string, migrations: string): void {
  const names = statementsOfRollBack(migrations).matchAll(/CREATE INDEX IF NOT EXISTS (`\w+`)/g);
  withDatabase(folder, (database) => {
    for (const [, name] of names) database.exec(`DROP INDEX ${name}`);
    database.exec(`INSERT INTO changes (changed, at) VALUES ('{"gap":true}', unixepoch() * 1000)`);
  });
}

function statementsOfRollBack(migrations: string): string {
  const back = join(migrations, "back");
  return readdirSync(back)
    .map((name) => readFileSync(join(back, name), "utf8"))
    .join("\n");
}

/** An object's id with other digits at its beginning: by those a walk through pages knows what it has shown. */
function otherConversation(id: string): string {
  return `printf('%06x', n) || substr(${id}, 7)`;
}

/** The columns that differ in a copy. */
const COPIED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  conversations: {
    id: otherConversation("id"),
    phone: "phone || '-' || n",
    user_id: "user_id || '-' || n",
  },
  messages: {
    id: "substr(id, 1, 20) || lower(hex(randomblob(8)))",
    conversation_id: otherConversation("conversation_id"),
    wamid: "wamid || '-' || n",
    target_wamid: "target_wamid || '-' || n",
    idempotency_key: "idempotency_key || '-' || n",
  },
  message_statuses: { wamid: "wamid || '-' || n", message_id: "NULL" },
};

/** The bytes of its pages. */
export function sizeOf(folder: string): number {
  return withDatabase(folder, (database) => {
    const [pages] = database
      .prepare(
        `SELECT (page_count - freelist_count) * page_size AS bytes
         FROM pragma_page_count, pragma_freelist_count, pragma_page_size`,
      )
      .all();
    return Number(pages?.["bytes"]);
  });
}

function withDatabase<Result>(folder: string, work: (database: DatabaseSync) => Result): Result {
  const database = new DatabaseSync(fileOf(folder));
  try {
    return work(database);
  } finally {
    database.close();
  }
}

function fileOf(folder: string): string {
  const inD1 = join(folder, D1_FOLDER);
  const file = readdirSync(inD1).find(
    (name) => name.endsWith(".sqlite") && name !== "metadata.sqlite",
  );
  assert.ok(file, `There is no database in ${inD1}.`);
  return join(inD1, file);
}
