/**
 * What D1's one thread does for each kind of event: the store's own statements, run by SQLite in
 * this process, on tables that have some length.
 */
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import { createDatabase, type Database } from "../../src/store/d1.ts";
import { type MessageStatus, STATUS_BODY_VERSION } from "../../src/store/message-status.ts";
import { project } from "../../src/store/projection.ts";
import { recordStatuses } from "../../src/store/statuses.ts";
import { BUSINESS_NUMBER } from "../clinic.ts";
import { readMigrations } from "../hosts/build-worker.ts";
import type { Pace } from "../pace.ts";
import { spreadOf } from "../statistics.ts";
import type { SqlResult } from "./measurement.ts";

const RUNS = 100;
const BATCH = 100;
const ROWS_AT_ONCE = 1000;
const MESSAGES_A_CONVERSATION = 10;
const START = Date.UTC(2026, 0, 1);

export async function measureSql({ sqlMessages: messages }: Pace): Promise<SqlResult> {
  const conversations = messages / MESSAGES_A_CONVERSATION;
  const folder = mkdtempSync(join(tmpdir(), "paloma-sql-"));
  const file = join(folder, "d1.sqlite");
  const sqlite = new DatabaseSync(file);
  try {
    // What D1 does to make a write durable is not its thread's work.
    sqlite.exec("PRAGMA synchronous = OFF; PRAGMA journal_mode = WAL");
    for (const statement of readMigrations()) sqlite.exec(statement);
    const database = createDatabase(d1Of(sqlite));
    const world = new World(conversations);
    for (let done = 0; done < messages; done += ROWS_AT_ONCE) {
      await world.receive(database, ROWS_AT_ONCE);
    }
    sqlite.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    const bytesPerMessage = statSync(file).size / messages;
    return {
      conversations,
      messages,
      bytesPerMessage,
      textMs: await timeRuns(() => world.receive(database, 1)),
      hundredTextsMs: await timeRuns(() => world.receive(database, BATCH)),
      hundredStatusesMs: await timeRuns((run) => world.report(database, run * BATCH, BATCH)),
    };
  } finally {
    sqlite.close();
    rmSync(folder, { recursive: true });
  }
}

async function timeRuns(work: (run: number) => Promise<void>) {
  const times: number[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    const start = performance.now();
    await work(run);
    times.push(performance.now() - start);
  }
  return spreadOf(times);
}

/** The messages with a status are echoes: only outbound messages have an index of wamids. */
function isEcho(number: number): boolean {
  return number < RUNS * BATCH;
}

/** Messages of conversations in turn, each a little later than the last. */
class World {
  readonly #conversations: number;
  #received = 0;

  constructor(conversations: number) {
    this.#conversations = conversations;
  }

  async receive(database: Database, count: number): Promise<void> {
    const numbers = Array.from({ length: count }, () => this.#received++);
    await project(database, {
      conversations: numbers.map((number) => {
        const of = number % this.#conversations;
        return {
          id: conversationId(of),
          kind: "individual",
          phone_number_id: BUSINESS_NUMBER,
          phone: `52${String(of).padStart(10, "9")}`,
          wa_id: `521${String(of).padStart(10, "9")}`,
          user_id: `MX.${of}`,
          parent_user_id: null,
          username: null,
          group_id: null,
          profile_name: "Ana Ñúñez",
          status: "pending",
          unread_count: 1 + Math.floor(number / this.#conversations),
          read_up_to: null,
          last_message_at: START + number,
          last_customer_message_at: START + number,
          version: 1 + number,
          created_at: START,
          updated_at: START + number,
        };
      }),
      messages: numbers.map((number) => {
        const body = "Hola, ¿tienen lugar el lunes para la vacuna de Luna?";
        return {
          id: `msg_${(START + number).toString(16).padStart(12, "0")}${String(number).padStart(20, "0")}`,
          conversation_id: conversationId(number % this.#conversations),
          phone_number_id: BUSINESS_NUMBER,
          direction: isEcho(number) ? "outbound" : "inbound",
          type: "text",
          wamid: wamidOf(number),
          body,
          payload: JSON.stringify({
            from: "5219982220001",
            id: wamidOf(number),
            timestamp: "1767225600",
            type: "text",
            text: { body },
          }),
          participant: null,
          target_wamid: null,
          state: isEcho(number) ? "accepted" : "delivered",
          created_at: START + number,
          received_at: START + number,
          media: null,
        };
      }),
      sends: [],
    });
  }

  /** Statuses of messages that are there, the first ones. */
  async report(database: Database, first: number, count: number): Promise<void> {
    const statuses = Array.from({ length: count }, (_, place): MessageStatus => {
      const wamid = wamidOf(first + place);
      return {
        version: STATUS_BODY_VERSION,
        phone_number_id: BUSINESS_NUMBER,
        wamid,
        status: "delivered",
        participant: "",
        at: START,
        received_at: START,
        message_id: null,
        payload: JSON.stringify({ id: wamid, status: "delivered", timestamp: "1767225600" }),
      };
    });
    await recordStatuses(database, statuses);
  }
}

function conversationId(number: number): string {
  return number.toString(16).padStart(64, "0");
}

function wamidOf(number: number): string {
  return `wamid.HBgNNTIxOTk4MjIyMDAwMRUCABIYFDNBMUY2${number}`;
}

/** As much of D1 as the store's batches use. */
function d1Of(sqlite: DatabaseSync): D1Database {
  type Bound = { text: string; values: SQLInputValue[] };
  const prepared = new Map<string, ReturnType<DatabaseSync["prepare"]>>();
  const run = ({ text, values }: Bound): void => {
    const known = prepared.get(text) ?? sqlite.prepare(text);
    prepared.set(text, known);
    known.run(...values);
  };
  const client = {
    prepare: (text: string) => ({
      bind: (...values: SQLInputValue[]): Bound => ({ text, values }),
    }),
    batch: (statements: readonly Bound[]) => {
      sqlite.exec("BEGIN");
      statements.forEach(run);
      sqlite.exec("COMMIT");
      return Promise.resolve([]);
    },
  };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- batches ask for nothing else
  return client as unknown as D1Database;
}
