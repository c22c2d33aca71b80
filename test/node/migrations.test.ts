/**
 * The migration that rebuilds `messages`: every row stays, and where it breaks off, everything is as
 * before. `npm run interrupt-migration` kills it in wrangler, with many rows of an earlier version.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

const FOLDER = "migrations";
const REBUILD = "0008_half_the_index_rows.sql";
const CONVERSATIONS = 20;
const MESSAGES = 500;

const files = readdirSync(FOLDER)
  .filter((name) => name.endsWith(".sql"))
  .toSorted();

const statementsOf = (file: string): string[] =>
  readFileSync(join(FOLDER, file), "utf8").split("--> statement-breakpoint");

let folder: string;
const open = (): DatabaseSync => new DatabaseSync(join(folder, "d1.sqlite"));

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "paloma-migrations-"));
  const database = open();
  for (const file of files.filter((name) => name < REBUILD)) {
    for (const statement of statementsOf(file)) database.exec(statement);
  }
  for (let place = 0; place < CONVERSATIONS; place += 1) fill(database, "conversations", place);
  for (let place = 0; place < MESSAGES; place += 1) fill(database, "messages", place);
  database.close();
});

afterEach(() => rmSync(folder, { recursive: true }));

/** A row with another value in every column; every third value is absent where it may be. */
function fill(database: DatabaseSync, table: string, place: number): void {
  const digits = place.toString(16).padStart(32, "0");
  const given: Record<string, unknown> = {
    id: table === "messages" ? `msg_${digits}` : `conversation-${place}`,
    conversation_id: `conversation-${place % CONVERSATIONS}`,
    direction: place % 2 === 0 ? "inbound" : "outbound",
    state: place % 7 === 0 ? "pending" : "delivered",
  };
  const columns = database.prepare("SELECT name, type, `notnull` FROM pragma_table_info(?)");
  const values = columns.all(table).map((column, at): [string, string | number | null] => {
    const name = String(column["name"]);
    const own = given[name];
    if (typeof own === "string") return [name, own];
    if (column["notnull"] === 0 && (place + at) % 3 === 0) return [name, null];
    return [name, column["type"] === "INTEGER" ? place * at : `${name} ${place} ñ🐾`];
  });
  const names = values.map(([name]) => `"${name}"`).join(", ");
  const marks = values.map(() => "?").join(", ");
  database
    .prepare(`INSERT INTO ${table} (${names}) VALUES (${marks})`)
    .run(...values.map(([, value]) => value));
}

type Stored = { schema: unknown[]; messages: unknown[]; conversations: unknown[] };

function stored(): Stored {
  const database = open();
  const all = (query: string) => database.prepare(query).all();
  const read = {
    schema: all("SELECT name, sql FROM sqlite_master ORDER BY name"),
    messages: all("SELECT * FROM messages ORDER BY id"),
    conversations: all("SELECT * FROM conversations ORDER BY id"),
  };
  database.close();
  return read;
}

describe("the migration that rebuilds messages", () => {
  test("keeps every column of every row", () => {
    const before = stored();
    const database = open();
    for (const statement of statementsOf(REBUILD)) database.exec(statement);
    database.close();
    const after = stored();
    expect(after.messages).toEqual(before.messages);
    expect(after.conversations).toEqual(
      before.conversations.map((row) => expect.objectContaining({ ...Object(row) })),
    );
    const oldest = open().prepare(
      "SELECT id, (SELECT min(m.id) FROM messages AS m WHERE m.conversation_id = c.id) AS oldest, messages_from FROM conversations AS c",
    );
    for (const row of oldest.all()) expect(row["messages_from"]).toBe(row["oldest"]);
  });

  test("where it breaks off, leaves everything as before, and can be repeated", () => {
    const before = stored();
    const statements = statementsOf(REBUILD);
    for (let done = 1; done <= statements.length; done += 1) {
      // D1 runs a migration as one transaction.
      const database = open();
      database.exec("BEGIN");
      for (const statement of statements.slice(0, done)) database.exec(statement);
      database.close();
      expect(stored()).toEqual(before);
    }
    const database = open();
    for (const statement of statements) database.exec(statement);
    database.close();
    expect(stored().messages).toEqual(before.messages);
  });

  test("refuses two messages with the same last digits, rather than lose one", () => {
    const database = open();
    database.exec(
      `INSERT INTO messages (id, conversation_id, phone_number_id, direction, type, body, payload, state, created_at)
       SELECT 'msg_e' || substr(id, 6), conversation_id, phone_number_id, direction, type, body, payload, state, created_at
       FROM messages LIMIT 1`,
    );
    const run = () => {
      for (const statement of statementsOf(REBUILD)) database.exec(statement);
    };
    database.exec("BEGIN");
    expect(run).toThrow("UNIQUE constraint failed");
    database.close();
  });
});

describe("going back to the version before", () => {
  test("its look-ups have their indexes again, and this version goes on", () => {
    const database = open();
    for (const statement of statementsOf(REBUILD)) database.exec(statement);
    database.exec(readFileSync(join(FOLDER, "back", REBUILD), "utf8"));
    const planOf = (query: string) =>
      database
        .prepare(`EXPLAIN QUERY PLAN ${query}`)
        .all()
        .map(({ detail }) => String(detail))
        .join();
    expect(planOf("SELECT * FROM messages WHERE id = 'a'")).toContain("INDEX messages_by_id");
    expect(planOf("SELECT * FROM messages WHERE wamid = 'a' AND phone_number_id = 'b'")).toContain(
      "INDEX messages_by_wamid",
    );
    expect(
      planOf("SELECT * FROM conversations ORDER BY last_message_at DESC, id DESC LIMIT 9"),
    ).toContain("INDEX conversations_by_time");
    database.close();
  });
});
