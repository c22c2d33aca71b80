import {
  createExecutionContext,
  runInDurableObject,
  waitOnExecutionContext,
} from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { app } from "../../src/app.ts";
import { conversationName } from "../../src/customer/address.ts";
import { putContact } from "../../src/store/contacts.ts";
import {
  listConversations,
  type ConversationFilter,
  type ConversationPosition,
} from "../../src/store/conversations.ts";
import { readArrivals } from "../../src/store/arrivals.ts";
import { readBacklog } from "../../src/store/backlog.ts";
import { createDatabase, type Database } from "../../src/store/database.ts";
import { findMessage, listMessages, newestInbound } from "../../src/store/messages.ts";
import { project } from "../../src/store/projection.ts";
import { recordStatuses } from "../../src/store/statuses.ts";
import { APP_SECRET, newCustomer, NUMBER, sign, startPaloma } from "../support/paloma.ts";
import { recordedD1, type D1Record } from "../support/recorded-d1.ts";
import {
  acceptedSend,
  allRows,
  conversationRow,
  messageRow,
  NOON,
  oneRow,
  projectRows,
  statusRow,
  unique,
} from "../support/store-rows.ts";

const ROWS_PER_INBOUND_TEXT = 14;
const CONVERSATIONS = 5000;
const PAGE = 50;
const ROWS_READ_PER_PAGE = 3 * PAGE;
const OWNERS = 5;

describe("the budget of an inbound text", () => {
  /** A body such as Meta's with one text of a customer whose phone and BSUID are known. */
  function body(from: string, userId: string) {
    return {
      object: "whatsapp_business_account",
      entry: [
        {
          id: "1",
          changes: [
            {
              field: "messages",
              value: {
                metadata: { phone_number_id: NUMBER },
                contacts: [{ wa_id: from, user_id: userId, profile: { name: "Ana" } }],
                messages: [
                  {
                    id: unique("wamid."),
                    from,
                    from_user_id: userId,
                    timestamp: String(Math.floor(Date.now() / 1000)),
                    type: "text",
                    text: { body: "¿Hay lugar el lunes?" },
                  },
                ],
              },
            },
          ],
        },
      ],
    };
  }

  /** Delivers the body to the Worker with a recorder in D1's place, all after-work included. */
  async function deliver(said: unknown): Promise<D1Record> {
    const bytes = new TextEncoder().encode(JSON.stringify(said));
    const { database, record } = recordedD1(env.DB);
    const context = createExecutionContext();
    const response = await app.fetch(
      new Request("https://paloma.test/webhook", {
        method: "POST",
        headers: { "x-hub-signature-256": await sign(bytes, APP_SECRET) },
        body: bytes,
      }),
      { ...env, DB: database },
      context,
    );
    await waitOnExecutionContext(context);
    expect(response.status).toBe(200);
    return record;
  }

  /** Adds up what the conversation's object writes into its own storage. */
  async function recordObject(phone: string): Promise<() => number> {
    const name = conversationName(NUMBER, { kind: "phone", phone });
    const stub = env.CONVERSATION.get(env.CONVERSATION.idFromName(name));
    const cursors: SqlStorageCursor<Record<string, SqlStorageValue>>[] = [];
    let alarms = 0;
    await runInDurableObject(stub, (_object, { storage }) => {
      const exec = storage.sql.exec.bind(storage.sql);
      Object.defineProperty(storage.sql, "exec", {
        value: (query: string, ...values: unknown[]) => {
          const cursor = exec(query, ...values);
          cursors.push(cursor);
          return cursor;
        },
      });
      const setAlarm = storage.setAlarm.bind(storage);
      Object.defineProperty(storage, "setAlarm", {
        value: (at: number) => {
          alarms += 1;
          return setAlarm(at);
        },
      });
    });
    return () => cursors.reduce((sum, cursor) => sum + cursor.rowsWritten, alarms);
  }

  test.each([
    ["with phone, BSUID and owner", true],
    ["without an owner", false],
  ])("of a known customer %s: one D1 round trip and at most 14 rows", async (_who, owned) => {
    startPaloma();
    const from = newCustomer();
    const userId = unique("MX.");
    await deliver(body(from, userId));
    const phone = `52${from.slice(3)}`;
    if (owned) {
      const contact = {
        address: phone,
        name: "Ana",
        owner: unique("client-"),
        changed_by: "clinic",
      };
      await putContact(createDatabase(env.DB), contact, NOON);
    }
    const writtenInObject = await recordObject(phone);
    const record = await deliver(body(from, userId));
    const stored = await oneRow("SELECT unread_count FROM conversations WHERE phone = ?", phone);
    expect(stored).toEqual({ unread_count: 2 });
    expect(record.roundTrips).toBe(1);
    expect(writtenInObject()).toBeGreaterThan(0);
    expect(record.rowsWritten + writtenInObject()).toBeLessThanOrEqual(ROWS_PER_INBOUND_TEXT);
  });
});

/** What SQLite plans for every statement that the work sends to D1. */
async function plansOf(work: (database: Database) => Promise<unknown>): Promise<string[]> {
  const { database, record } = recordedD1(env.DB);
  await work(createDatabase(database));
  const plans = await Promise.all(
    record.statements.map(({ sql, values }) => allRows(`EXPLAIN QUERY PLAN ${sql}`, ...values)),
  );
  return plans.flat().map(({ detail }) => String(detail));
}

/** The rows that the work's statements read. */
async function rowsRead(work: (database: Database) => Promise<unknown>): Promise<number> {
  const { database, record } = recordedD1(env.DB);
  await work(createDatabase(database));
  const results = await env.DB.batch(
    record.statements.map(({ sql, values }) => env.DB.prepare(sql).bind(...values)),
  );
  return results.reduce((sum, { meta }) => sum + meta.rows_read, 0);
}

describe("lists at 5,000 conversations", () => {
  const PREFIX = unique("budget-");
  const OTHER = unique("number-");
  const user = unique("MX.");
  const phone = unique("52");
  const verbatim = unique("verbatim ");

  beforeAll(async () => {
    const statuses = ["pending", "active", "closed"] as const;
    const rows = Array.from({ length: CONVERSATIONS }, (_, number) =>
      conversationRow({
        id: `${PREFIX}${number}`,
        phone_number_id: number % 2 === 0 ? NUMBER : OTHER,
        status: statuses[number % 3] ?? "pending",
        unread_count: number % 4 === 0 ? 1 : 0,
        last_message_at: NOON + number,
        ...(number % 1000 === 0 ? { phone, user_id: user } : {}),
        ...(number % 1000 === 1 ? { phone: verbatim } : {}),
      }),
    );
    await projectRows({ conversations: rows });
    await env.DB.prepare(
      `UPDATE conversations SET owner = 'client-' || (last_message_at % ${OWNERS}) WHERE id LIKE ?`,
    )
      .bind(`${PREFIX}%`)
      .run();
  });

  const filters: [string, ConversationFilter, string][] = [
    ["all", { by: "all" }, "conversations_by_time"],
    ["status", { by: "status", status: "closed" }, "conversations_by_status"],
    ["unread", { by: "unread" }, "conversations_unread"],
    ["owner", { by: "owner", owner: "client-3" }, "conversations_by_owner"],
    ["phone", { by: "phone", phone }, "conversations_by_phone"],
    ["user", { by: "user", user_id: user }, "conversations_by_user"],
    [
      "phone_number_id",
      { by: "phone_number_id", phone_number_id: OTHER },
      "conversations_by_number",
    ],
  ];

  const after: ConversationPosition = {
    last_message_at: NOON + CONVERSATIONS / 2,
    id: `${PREFIX}${CONVERSATIONS / 2}`,
  };

  const pages = filters.flatMap(([name, filter, index]) => [
    { name, filter, index, after: null },
    { name: `${name} behind a cursor`, filter, index, after },
  ]);

  test.each(pages)("by $name uses $index and sorts nothing", async ({ filter, index, ...page }) => {
    const plan = await plansOf((database) =>
      listConversations(database, { filter, after: page.after, limit: PAGE }),
    );
    expect(plan).toHaveLength(1);
    expect(plan[0]).toContain(`conversations USING INDEX ${index}`);
    // The first page of everything is the index from its end; all else is a search in it.
    const scans = page.after === null && (filter.by === "all" || filter.by === "unread");
    expect(plan[0]).toMatch(scans ? /^SCAN/ : /^SEARCH/);
  });

  test.each(pages)("by $name reads at most 3 rows for each shown", async ({ filter, ...page }) => {
    const list = (database: Database) =>
      listConversations(database, { filter, after: page.after, limit: PAGE });
    expect((await list(createDatabase(env.DB))).length).toBeGreaterThan(0);
    expect(await rowsRead(list)).toBeLessThanOrEqual(ROWS_READ_PER_PAGE);
  });

  test("by an identity that is neither phone nor BSUID reads that person's rows alone", async () => {
    const filter: ConversationFilter = { by: "verbatim", identity: verbatim };
    const list = (database: Database) =>
      listConversations(database, { filter, after: null, limit: PAGE });
    expect(await list(createDatabase(env.DB))).toHaveLength(5);
    const plan = await plansOf(list);
    expect(plan.filter((step) => step.startsWith("SEARCH"))).toHaveLength(2);
    expect(plan.filter((step) => step.startsWith("SCAN"))).toHaveLength(0);
    expect(await rowsRead(list)).toBeLessThanOrEqual(ROWS_READ_PER_PAGE);
  });

  test("giving a contact's owner to its conversations reads those alone", async () => {
    const contact = { address: phone, name: "Ana", owner: "client-3", changed_by: "clinic" };
    const plan = await plansOf((database) => putContact(database, contact, NOON));
    expect(plan.filter((step) => step.startsWith("SCAN"))).toHaveLength(0);
    expect(plan.join()).toContain("conversations_by_phone");
    expect(plan.join()).toContain("conversations_by_user");
  });
});

describe("messages of a long conversation", () => {
  const MESSAGES = 1000;
  const conversation = conversationRow();
  const wamid = unique("wamid.");

  beforeAll(async () => {
    const messages = Array.from({ length: MESSAGES }, (_, number) =>
      messageRow(conversation, {
        created_at: NOON + number,
        ...(number === 0 ? { wamid } : {}),
      }),
    );
    await projectRows({ conversations: [conversation], messages });
  });

  test("a page reads at most 3 rows for each message shown", async () => {
    const first = (database: Database) =>
      listMessages(database, conversation.id, { after: null, limit: PAGE });
    const shown = await first(createDatabase(env.DB));
    const next = (database: Database) =>
      listMessages(database, conversation.id, { after: shown.at(-1)?.id ?? "", limit: PAGE });
    for (const page of [first, next]) {
      expect(await rowsRead(page)).toBeLessThanOrEqual(ROWS_READ_PER_PAGE);
      expect((await plansOf(page)).join()).not.toMatch(/TEMP B-TREE|SCAN/);
    }
  });

  test("one by wamid and the newest inbound read a handful of rows", async () => {
    const byWamid = (database: Database) => findMessage(database, wamid);
    expect(await byWamid(createDatabase(env.DB))).toMatchObject({ wamid });
    expect(await rowsRead(byWamid)).toBeLessThanOrEqual(3);
    const newest = (database: Database) => newestInbound(database, conversation.id, null);
    expect(await rowsRead(newest)).toBeLessThanOrEqual(3);
  });
});

describe("what is written finds its rows by index", () => {
  const WAITING = 2000;
  const MESSAGES = 2000;
  const HANDFUL = 60;
  /** 200 messages, once to read them and three times to look through them. */
  const NEWEST_LOOKED_AT = 4 * 200 + HANDFUL;

  /** No table is read from end to end, however the statement names it. */
  const WHOLE_TABLE = /SCAN (messages|message_statuses|conversations|sent|other|by|m|s)\b/;

  const conversation = conversationRow();
  const echo = messageRow(conversation, { direction: "outbound", state: "accepted" });

  beforeAll(async () => {
    const messages = Array.from({ length: MESSAGES }, () => messageRow(conversation));
    await projectRows({ conversations: [conversation], messages: [echo, ...messages] });
    await recordStatuses(
      createDatabase(env.DB),
      Array.from({ length: WAITING }, () => statusRow(unique("wamid."), "sent")),
    );
  });

  const writes: [string, (database: Database) => Promise<unknown>][] = [
    ["a status", (database) => recordStatuses(database, [statusRow(echo.wamid, "delivered")])],
    [
      "an inbound text",
      (database) =>
        project(database, {
          conversations: [{ ...conversation, version: 2 }],
          messages: [messageRow(conversation)],
          sends: [],
        }),
    ],
    [
      "a reaction",
      (database) =>
        project(database, {
          conversations: [],
          messages: [messageRow(conversation, { type: "reaction", target_wamid: echo.wamid })],
          sends: [],
        }),
    ],
    [
      "an echo",
      (database) =>
        project(database, {
          conversations: [],
          messages: [messageRow(conversation, { direction: "outbound", state: "accepted" })],
          sends: [],
        }),
    ],
    [
      "what became of a send",
      (database) =>
        project(database, {
          conversations: [],
          messages: [],
          sends: [acceptedSend(conversation, { id: echo.id, wamid: echo.wamid })],
        }),
    ],
  ];

  test.each(writes)("for %s", async (_what, write) => {
    expect((await plansOf(write)).join("\n")).not.toMatch(WHOLE_TABLE);
    expect(await rowsRead(write)).toBeLessThanOrEqual(HANDFUL);
  });

  test("what the doctor looks at: no more than the newest messages", async () => {
    expect((await plansOf(readBacklog)).join("\n")).not.toMatch(/SCAN messages$/m);
    expect(await rowsRead(readBacklog)).toBeLessThanOrEqual(HANDFUL);
    const arrivals = (database: Database) => readArrivals(database, Date.now());
    expect(await arrivals(createDatabase(env.DB))).toMatchObject({ newest: expect.any(Number) });
    expect(await rowsRead(arrivals)).toBeLessThanOrEqual(NEWEST_LOOKED_AT);
  });
});
