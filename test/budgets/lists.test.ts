/**
 * The rows that lists read, however many there are. `npm run bench` runs these with 100,000
 * conversations and 1,000,000 messages.
 */
import { env } from "cloudflare:workers";
import { tailOfWamid } from "../../src/lib/ids.ts";
import { beforeAll, describe, expect, test } from "vitest";
import { COUNT_MAX, countConversations } from "../../src/store/conversation-counts.ts";
import { putContact } from "../../src/store/contacts.ts";
import {
  type ConversationFilter,
  type ConversationPosition,
  listConversations,
} from "../../src/store/conversation-lists.ts";
import { findMessage } from "../../src/store/find-message.ts";
import { listBusinessNumbers } from "../../src/store/business-numbers.ts";
import { createDatabase, type Database } from "../../src/store/d1.ts";
import { lastMessages } from "../../src/store/last-messages.ts";
import { listWaiting } from "../../src/store/waiting-list.ts";
import { listMessages, listNewerMessages, newestInbound } from "../../src/store/messages.ts";
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

/** For each business number: the next of each of its 12 runs, and its name, looked for twice. */
const ROWS_READ_PER_NUMBER = 16;
const OWNERS = 5;
/** Half of the conversations are somebody's. */
const STAFF = 13;
/** All of these are pending. */
const WAITING_EVERY = 6;
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
  const tail = `0000${await tailOfWamid(NUMBER, wamid)}`;
  await seed(
    CONVERSATIONS,
    `INSERT INTO conversations (id, kind, phone_number_id, phone, user_id, owner, assignee,
       waiting_since, status, unread_count, last_message_at, version, created_at, updated_at,
       profile_folded)
     SELECT '${PREFIX}' || n, 'individual', iif(n % 2, '${OTHER}', '${NUMBER}'),
       CASE n % ${ONE_PERSONS_EVERY} WHEN 0 THEN '${phone}' WHEN 1 THEN '${verbatim}' ELSE '${PREFIX}' || n END,
       iif(n % ${ONE_PERSONS_EVERY} = 0, '${user}', NULL), 'client-' || (n % ${OWNERS}),
       iif(n % ${STAFF} < ${STAFF} / 2, 'staff-' || (n % ${STAFF}), NULL),
       iif(n % ${WAITING_EVERY} = 0, ${NOON} - n, NULL),
       CASE n % 3 WHEN 0 THEN 'pending' WHEN 1 THEN 'active' ELSE 'closed' END,
       n % 4 = 0, ${NOON} + n, 1, ${NOON}, ${NOON}, ''`,
  );
  await seed(
    MESSAGES,
    `INSERT INTO messages (id, conversation_id, phone_number_id, direction, type, wamid, body,
       payload, state, created_at)
     SELECT printf('msg_%012x', ${NOON} + n) || iif(n = 0, '${tail}', lower(hex(randomblob(10)))),
       '${PREFIX}' || iif(n % ${LONG_EVERY} = 0, 0, n % ${CONVERSATIONS}),
       '${NUMBER}', 'inbound', 'text', iif(n = 0, '${wamid}', '${wamid}' || n), 'Hola',
       '{"type":"text","text":{"body":"Hola"}}', 'delivered', ${NOON} + n`,
  );
}, SEED_TIMEOUT_MS);

const waitingOf = ({ waiting_since }: { waiting_since: number | null }) => waiting_since ?? 0;

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
    ["all", [], "conversations_in_lists"],
    ["status", [closed], "conversations_in_lists"],
    ["unread", [{ by: "unread" }], "conversations_in_lists"],
    ["owner", [owned], "conversations_by_owner"],
    ["phone_number_id", [ofNumber], "conversations_in_lists"],
  ];

  /** An owner comes by its index, whatever the order they are asked in. */
  const combined: [string, ConversationFilter[], string][] = [
    ["status and owner", [closed, owned], "conversations_by_owner"],
    ["unread and owner", [{ by: "unread" }, owned], "conversations_by_owner"],
    ["status and unread", [closed, { by: "unread" }], "conversations_in_lists"],
    ["phone_number_id and status", [ofNumber, closed], "conversations_in_lists"],
    ["phone_number_id and unread", [ofNumber, { by: "unread" }], "conversations_in_lists"],
    [
      "phone_number_id, status and unread",
      [ofNumber, closed, { by: "unread" }],
      "conversations_in_lists",
    ],
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

  /** The tests of other files share this database, and have numbers of their own. */
  const readForNumbers = async () =>
    ROWS_READ_PER_NUMBER * (await listBusinessNumbers(createDatabase(env.DB))).length;

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
    expect(plan.join("\n")).not.toMatch(/TEMP B-TREE|SCAN (conversations|c)\b/);
    // Each run is read in order, from the newest row or the cursor on.
    const runs = plan.filter((step) => step.startsWith("SEARCH conversations USING INDEX"));
    const run =
      index === "conversations_in_lists"
        ? `${index} (phone_number_id=? AND status=? AND <expr>=? AND <expr>=? AND last_message_at>? AND (last_message_at,id)<(?,?))`
        : `${index} (owner=?${page.after === null ? "" : " AND (last_message_at,id)<(?,?)"})`;
    expect(new Set(runs)).toEqual(new Set([`SEARCH conversations USING INDEX ${run}`]));
  });

  test.for(pages)(
    "by $name reads each shown row once, and one more of each run",
    async (page, { task }) => {
      const { name, ...position } = page;
      const list = (database: Database) =>
        listConversations(database, { ...position, limit: PAGE });
      expect((await list(createDatabase(env.DB))).length).toBeGreaterThan(0);
      const read = await rowsRead(list);
      task.meta.listReads = { list: `conversations by ${name}`, rowsRead: read, ...SCALE };
      expect(read).toBeLessThanOrEqual(PAGE + 1 + (await readForNumbers()));
    },
  );

  const mine: ConversationFilter[] = [{ by: "open" }, { by: "assignee", assignee: "staff-2" }];
  const unassigned: ConversationFilter[] = [{ by: "open" }, { by: "assignee", assignee: null }];

  const views: [string, ConversationFilter[], string][] = [
    ["open", [{ by: "open" }], "conversations_in_lists"],
    ["open, unread", [{ by: "open" }, { by: "unread" }], "conversations_in_lists"],
    ["mine", mine, "conversations_by_assignee"],
    ["mine, unread", [...mine, { by: "unread" }], "conversations_by_assignee"],
    ["mine, of a number", [...mine, ofNumber], "conversations_by_assignee"],
    ["unassigned", unassigned, "conversations_in_lists"],
    ["unassigned, unread", [...unassigned, { by: "unread" }], "conversations_in_lists"],
  ];

  test.for(pagesOf(views))("the view $name uses its index", async (page, { task }) => {
    const list = (database: Database) => listConversations(database, { ...page, limit: PAGE });
    expect((await list(createDatabase(env.DB))).length).toBeGreaterThan(0);
    const plan = await plansOf(list);
    expect(plan.join("\n")).not.toMatch(/TEMP B-TREE|SCAN (conversations|c)\b/);
    const runs = plan.filter((step) => step.startsWith("SEARCH conversations USING INDEX"));
    const run =
      page.index === "conversations_by_assignee"
        ? "assignee=? AND phone_number_id=? AND status=? AND <expr>=?"
        : "phone_number_id=? AND status=? AND <expr>=? AND <expr>=?";
    expect(new Set(runs)).toEqual(
      new Set([
        `SEARCH conversations USING INDEX ${page.index} (${run} AND last_message_at>? AND (last_message_at,id)<(?,?))`,
      ]),
    );
    const read = await rowsRead(list);
    task.meta.listReads = { list: `conversations, view ${page.name}`, rowsRead: read, ...SCALE };
    expect(read).toBeLessThanOrEqual(PAGE + 1 + (await readForNumbers()));
  });

  test.for([
    ["waiting", []],
    ["waiting, of a number", [{ by: "phone_number_id", phone_number_id: NUMBER }]],
    ["waiting, unread", [{ by: "unread" }]],
  ] satisfies [string, ConversationFilter[]][])(
    "the view %s uses its index, longest first",
    async ([name, filters], { task }) => {
      for (const position of [null, { waiting_since: NOON - CONVERSATIONS / 2, id: "" }]) {
        const list = (database: Database) =>
          listWaiting(database, { filters, after: position, limit: PAGE });
        const rows = await list(createDatabase(env.DB));
        expect(rows).toHaveLength(PAGE);
        expect(rows).toEqual(rows.toSorted((one, other) => waitingOf(one) - waitingOf(other)));
        const plan = await plansOf(list);
        expect(plan.join("\n")).not.toMatch(/TEMP B-TREE|SCAN (conversations|c)\b/);
        expect(plan.join("\n")).toContain("SEARCH conversations USING INDEX conversations_waiting");
        const read = await rowsRead(list);
        task.meta.listReads = { list: `conversations, view ${name}`, rowsRead: read, ...SCALE };
        // Of those that wait, half are unread, and all are of one number.
        expect(read).toBeLessThanOrEqual(name === "waiting, unread" ? 2 * PAGE + 1 : PAGE + 1);
      }
    },
  );

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
    expect(await rowsRead(written)).toBeLessThanOrEqual(1 + (await readForNumbers()));
    expect((await plansOf(written)).join()).toContain(
      "USING INDEX conversations_in_lists (phone_number_id=? AND status=? AND <expr>=? AND <expr>=? AND last_message_at>?",
    );
  });

  test("the last message of each costs a handful of rows, and no scan", async () => {
    const ids = Array.from({ length: PAGE }, (_id, place) => `${PREFIX}${2 * place + 1}`);
    const last = (database: Database) => lastMessages(database, ids);
    expect((await last(createDatabase(env.DB))).size).toBe(PAGE);
    expect(await rowsRead(last)).toBeLessThanOrEqual(4 * PAGE);
    const scans = (await plansOf(last)).filter((step) => /SCAN (?!asked)|TEMP B-TREE/.test(step));
    expect(scans).toEqual([]);
  });

  test("counts read no further than a badge shows", async () => {
    const count = (database: Database) => countConversations(database, "staff-2");
    expect(await count(createDatabase(env.DB))).toEqual({
      pending: COUNT_MAX,
      active: COUNT_MAX,
      closed: COUNT_MAX,
      waiting: COUNT_MAX,
      mine: COUNT_MAX,
      unread: COUNT_MAX,
    });
    expect(await rowsRead(count)).toBeLessThanOrEqual(7 * COUNT_MAX + (await readForNumbers()));
    const plan = (await plansOf(count)).join("\n");
    for (const index of ["in_lists", "waiting", "by_assignee"]) {
      expect(plan).toContain(`USING COVERING INDEX conversations_${index}`);
    }
    expect(plan).not.toMatch(/TEMP B-TREE|SCAN conversations/);
  });

  test("a search reads each conversation once, and sorts those that it finds", async () => {
    const search = (text: string) => (database: Database) =>
      listConversations(database, {
        filters: [{ by: "search", terms: [{ text, digits: [text] }] }],
        after: null,
        limit: PAGE,
      });
    const all = (await allRows("SELECT 1 FROM conversations")).length;
    for (const text of ["nobody has this name", PREFIX]) {
      expect(await rowsRead(search(text))).toBeLessThanOrEqual(2 * all);
    }
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
    const newer = (database: Database) =>
      listNewerMessages(database, LONG_CONVERSATION, {
        after: shown.at(-1)?.id ?? "",
        limit: PAGE,
      });
    for (const page of [first, next, newer]) {
      const read = await rowsRead(page);
      task.meta.listReads = { list: "messages of a conversation", rowsRead: read, ...SCALE };
      expect(read).toBeLessThanOrEqual(ROWS_READ_PER_PAGE);
      expect((await plansOf(page)).join()).not.toMatch(/TEMP B-TREE|SCAN/);
    }
  });

  test("one by wamid and the newest inbound read a handful of rows", async () => {
    const byWamid = (database: Database) => findMessage(database, wamid);
    expect(await byWamid(createDatabase(env.DB))).toMatchObject({ wamid });
    const numbers = await listBusinessNumbers(createDatabase(env.DB));
    expect(await rowsRead(byWamid)).toBeLessThanOrEqual(14 + 3 * numbers.length);
    expect((await plansOf(byWamid)).join("\n")).not.toMatch(/SCAN (messages|m)\b/);
    const newest = (database: Database) => newestInbound(database, LONG_CONVERSATION, null);
    expect(await rowsRead(newest)).toBeLessThanOrEqual(3);
  });
});
