/**
 * The rows that lists read, however many there are. `npm run bench` runs these with 100,000
 * conversations and 1,000,000 messages.
 */
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { putContact } from "../../src/store/contacts.ts";
import {
  type ConversationFilter,
  type ConversationPosition,
  listConversations,
} from "../../src/store/conversations.ts";
import { createDatabase, type Database } from "../../src/store/d1.ts";
import { findMessage, listMessages, newestInbound } from "../../src/store/messages.ts";
import { NUMBER } from "../support/paloma.ts";
import { plansOf, rowsRead } from "../support/query-plans.ts";
import { allRows, NOON, unique } from "../support/store-rows.ts";

declare module "vitest" {
  interface TaskMeta {
    /** What one page of a list read, of how many rows. */
    listReads?: { list: string; conversations: number; messages: number; rowsRead: number };
  }
}

const CONVERSATIONS = env.BUDGET_CONVERSATIONS;
const MESSAGES = env.BUDGET_MESSAGES;

const SCALE = { conversations: CONVERSATIONS, messages: MESSAGES };

const PAGE = 50;
const ROWS_READ_PER_PAGE = 3 * PAGE;
const OWNERS = 5;
/** Behind what any test writes: the tests of other files share this database. */
const AFTER_ALL = Date.UTC(2100, 0, 1);

/** A million messages take a while. */
const SEED_TIMEOUT_MS = 300_000;

/** Rows in one statement, which D1 would run for seconds otherwise. */
const ROWS_AT_ONCE = 20_000;

const PREFIX = unique("budget-");
const OTHER = unique("number-");

/** One person has a handful of conversations, as if with several business numbers. */
const ONE_PERSONS = 5;
const ONE_PERSONS_EVERY = CONVERSATIONS / ONE_PERSONS;
const user = unique("MX.");
const phone = unique("52");
const verbatim = unique("verbatim ");

/** It has every tenth message; the others share the rest. */
const LONG_CONVERSATION = `${PREFIX}0`;
const LONG_EVERY = 10;

const wamid = unique("wamid.");

beforeAll(async () => {
  await seed(
    CONVERSATIONS,
    `INSERT INTO conversations (id, kind, phone_number_id, phone, user_id, owner, status,
       unread_count, last_message_at, version, created_at, updated_at)
     SELECT '${PREFIX}' || n, 'individual', iif(n % 2, '${OTHER}', '${NUMBER}'),
       CASE n % ${ONE_PERSONS_EVERY} WHEN 0 THEN '${phone}' WHEN 1 THEN '${verbatim}' ELSE '${PREFIX}' || n END,
       iif(n % ${ONE_PERSONS_EVERY} = 0, '${user}', NULL), 'client-' || (n % ${OWNERS}),
       CASE n % 3 WHEN 0 THEN 'pending' WHEN 1 THEN 'active' ELSE 'closed' END,
       n % 4 = 0, ${NOON} + n, 1, ${NOON}, ${NOON}`,
  );
  await seed(
    MESSAGES,
    `INSERT INTO messages (id, conversation_id, phone_number_id, direction, type, wamid, body,
       payload, state, created_at)
     SELECT printf('msg_%012x', ${NOON} + n) || lower(hex(randomblob(10))),
       '${PREFIX}' || iif(n % ${LONG_EVERY} = 0, 0, n % ${CONVERSATIONS}),
       '${NUMBER}', 'inbound', 'text', iif(n = 0, '${wamid}', '${wamid}' || n), 'Hola',
       '{"type":"text","text":{"body":"Hola"}}', 'delivered', ${NOON} + n`,
  );
}, SEED_TIMEOUT_MS);

/** Rows numbered 0, 1, 2 … as `n`. */
async function seed(rows: number, insert: string): Promise<void> {
  for (let from = 0; from < rows; from += ROWS_AT_ONCE) {
    const to = Math.min(from + ROWS_AT_ONCE, rows);
    await allRows(
      `WITH RECURSIVE numbers (n) AS (SELECT ${from} UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < ${to})
       ${insert} FROM numbers`,
    );
  }
}

describe(`lists at ${CONVERSATIONS} conversations`, () => {
  const closed: ConversationFilter = { by: "status", status: "closed" };
  const owned: ConversationFilter = { by: "owner", owner: "client-3" };
  const ofNumber: ConversationFilter = { by: "phone_number_id", phone_number_id: OTHER };

  const single: [string, ConversationFilter[], string][] = [
    ["all", [], "conversations_by_time"],
    ["status", [closed], "conversations_by_status"],
    ["unread", [{ by: "unread" }], "conversations_unread"],
    ["owner", [owned], "conversations_by_owner"],
    ["phone_number_id", [ofNumber], "conversations_by_number"],
  ];

  /** The narrowest comes by its index, whatever the order they are asked in. */
  const combined: [string, ConversationFilter[], string][] = [
    ["status and owner", [closed, owned], "conversations_by_owner"],
    ["unread and owner", [{ by: "unread" }, owned], "conversations_by_owner"],
    ["status and unread", [closed, { by: "unread" }], "conversations_unread"],
    ["phone_number_id and status", [ofNumber, closed], "conversations_by_status"],
    ["phone_number_id and unread", [ofNumber, { by: "unread" }], "conversations_unread"],
    ["all four", [ofNumber, closed, { by: "unread" }, owned], "conversations_by_owner"],
  ];

  const after: ConversationPosition = {
    last_message_at: NOON + CONVERSATIONS / 2,
    id: `${PREFIX}${CONVERSATIONS / 2}`,
  };

  const pagesOf = (lists: typeof single) =>
    lists.flatMap(([name, filters, index]) => [
      { name, filters, index, after: null },
      { name: `${name} behind a cursor`, filters, index, after },
    ]);

  const pages = pagesOf(single);

  test.each([
    ["phone", [{ by: "phone", phone }]],
    ["user", [{ by: "user", user_id: user }]],
    ["phone, unread", [{ by: "phone", phone }, { by: "unread" }]],
  ] satisfies [string, ConversationFilter[]][])(
    "by %s finds one person's handful by each kind of address",
    async (_name, filters) => {
      for (const position of [null, after]) {
        const list = (database: Database) =>
          listConversations(database, { filters, after: position, limit: PAGE });
        const plan = await plansOf(list);
        expect(plan[0]).toBe("SEARCH conversations USING PRIMARY KEY (id=?)");
        expect(plan.filter((step) => step.startsWith("SCAN"))).toEqual([]);
        for (const index of [
          "COVERING INDEX conversations_by_phone",
          "COVERING INDEX conversations_by_user",
          "conversation_addresses USING PRIMARY KEY",
        ]) {
          expect(plan.join()).toContain(index);
        }
        expect(await rowsRead(list)).toBeLessThanOrEqual(ROWS_READ_PER_PAGE);
      }
    },
  );

  test.each([...pages, ...pagesOf(combined)])("by $name uses $index", async (page) => {
    const { filters, index } = page;
    const plan = await plansOf((database) =>
      listConversations(database, { filters, after: page.after, limit: PAGE }),
    );
    expect(plan[0]).toContain(`conversations USING INDEX ${index}`);
    expect(plan.slice(1)).toEqual([]);
    // The first page of everything is the index from its end; all else is a search in it.
    const scans = page.after === null && /_by_time|_unread/.test(index);
    expect(plan[0]).toMatch(scans ? /^SCAN/ : /^SEARCH/);
  });

  test.for(pages)("by $name reads at most 3 rows for each shown", async (page, { task }) => {
    const { name, ...position } = page;
    const list = (database: Database) => listConversations(database, { ...position, limit: PAGE });
    expect((await list(createDatabase(env.DB))).length).toBeGreaterThan(0);
    const read = await rowsRead(list);
    task.meta.listReads = { list: `conversations by ${name}`, rowsRead: read, ...SCALE };
    expect(read).toBeLessThanOrEqual(ROWS_READ_PER_PAGE);
  });

  test("by four filters reads the narrowest one's rows until the page is full", async () => {
    const filters = combined.at(-1)?.[1] ?? [];
    const list = (database: Database) =>
      listConversations(database, { filters, after: null, limit: PAGE });
    expect((await list(createDatabase(env.DB))).length).toBe(0);
    expect(await rowsRead(list)).toBeLessThanOrEqual(CONVERSATIONS / OWNERS + 1);
  });

  test("what was written to meanwhile is found among the newest alone", async () => {
    const written = (database: Database) =>
      listConversations(database, {
        filters: [closed],
        after: null,
        written: { at: AFTER_ALL, among: "recent" },
        limit: PAGE,
      });
    expect(await rowsRead(written)).toBeLessThanOrEqual(1);
    expect((await plansOf(written)).join()).toContain("SEARCH conversations USING INDEX");
  });

  test("by an identity that is neither phone nor BSUID reads that person's rows alone", async () => {
    const filters: ConversationFilter[] = [{ by: "verbatim", identity: verbatim }];
    const list = (database: Database) =>
      listConversations(database, { filters, after: null, limit: PAGE });
    expect(await list(createDatabase(env.DB))).toHaveLength(ONE_PERSONS);
    const plan = await plansOf(list);
    expect(plan[0]).toBe("SEARCH conversations USING PRIMARY KEY (id=?)");
    expect(plan.filter((step) => step.startsWith("SCAN"))).toHaveLength(0);
    expect(await rowsRead(list)).toBeLessThanOrEqual(ROWS_READ_PER_PAGE);
  });

  test("giving a contact's owner to its conversations reads those alone", async () => {
    const contact = { address: phone, name: "Ana", owner: "client-3", changed_by: "clinic" };
    const plan = await plansOf((database) => putContact(database, contact, NOON));
    // Apart from the one address that was asked about.
    const scans = plan.filter((step) => step.startsWith("SCAN"));
    expect(scans.filter((step) => step !== "SCAN CONSTANT ROW")).toEqual([]);
    expect(plan.join()).toContain("conversations_by_phone");
    expect(plan.join()).toContain("conversations_by_user");
  });
});

describe(`messages, ${MESSAGES} of them`, () => {
  test("a page reads at most 3 rows for each message shown", async ({ task }) => {
    const first = (database: Database) =>
      listMessages(database, LONG_CONVERSATION, { after: null, limit: PAGE });
    const shown = await first(createDatabase(env.DB));
    expect(shown).toHaveLength(PAGE);
    const next = (database: Database) =>
      listMessages(database, LONG_CONVERSATION, { after: shown.at(-1)?.id ?? "", limit: PAGE });
    for (const page of [first, next]) {
      const read = await rowsRead(page);
      task.meta.listReads = { list: "messages of a conversation", rowsRead: read, ...SCALE };
      expect(read).toBeLessThanOrEqual(ROWS_READ_PER_PAGE);
      expect((await plansOf(page)).join()).not.toMatch(/TEMP B-TREE|SCAN/);
    }
  });

  test("one by wamid and the newest inbound read a handful of rows", async () => {
    const byWamid = (database: Database) => findMessage(database, wamid);
    expect(await byWamid(createDatabase(env.DB))).toMatchObject({ wamid });
    expect(await rowsRead(byWamid)).toBeLessThanOrEqual(3);
    const newest = (database: Database) => newestInbound(database, LONG_CONVERSATION, null);
    expect(await rowsRead(newest)).toBeLessThanOrEqual(3);
  });
});
