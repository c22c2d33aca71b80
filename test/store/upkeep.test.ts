import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { listBusinessNumbers } from "../../src/store/business-numbers.ts";
import { createDatabase, type Database } from "../../src/store/d1.ts";
import { redirectConversation } from "../../src/store/conversations.ts";
import { eraseMessages } from "../../src/store/person.ts";
import { recordStatuses } from "../../src/store/statuses.ts";
import {
  dropPlaceholders,
  expireOrphanedStatuses,
  listOldMessages,
  listSilentConversations,
  listStaleClaims,
  listUnconfirmed,
} from "../../src/store/upkeep.ts";
import { foldNames } from "../../src/store/unfolded-names.ts";
import { recordedD1 } from "../support/recorded-d1.ts";
import {
  allRows,
  claimOutbound,
  conversationRow,
  messageIdAt,
  messageRow,
  projectRows,
  statusRow,
  unique,
} from "../support/store-rows.ts";

/** Older than the rows of any other test. */
const OLD = Date.UTC(2010, 0, 1);

const ROWS = 3000;
const HANDFUL = 20;
/** The tests of other files share this database, and have numbers of their own. */
const READ_PER_NUMBER = 40;

const steps: [string, (database: Database) => Promise<unknown>][] = [
  ["claims left behind", (database) => listStaleClaims(database, OLD + 1)],
  ["sends unconfirmed", (database) => listUnconfirmed(database, OLD + 1)],
  ["orphaned statuses", (database) => expireOrphanedStatuses(database, OLD + 1)],
  ["unspoken conversations", (database) => dropPlaceholders(database, OLD + 1)],
  // The first search of a conversation marks how old its messages are.
  ["old messages", (database) => listOldMessages(database, OLD, OLD)],
  ["silent conversations", (database) => listSilentConversations(database, OLD)],
  ["names to fold", (database) => foldNames(database)],
];

beforeAll(async () => {
  const conversations = Array.from({ length: ROWS }, () => conversationRow({ created_at: OLD }));
  const messages = conversations.map((row) =>
    messageRow(row, { created_at: OLD, direction: "outbound", state: "accepted" }),
  );
  await projectRows({ conversations, messages });
  const statuses = messages.map(({ wamid }) => statusRow(wamid, "read", { at: OLD }));
  await recordStatuses(createDatabase(env.DB), statuses);
  // Rows of another time, which no step is about.
  const later = { at: OLD + 1000 };
  await recordStatuses(
    createDatabase(env.DB),
    Array.from({ length: ROWS }, () => statusRow(unique("wamid."), "sent", later)),
  );
});

describe("upkeep, once a minute over all that ever was, reads only what is due", () => {
  it.each(steps)("looking for %s", async (_what, step) => {
    const { database, record } = recordedD1(env.DB);
    await step(createDatabase(database));
    const [statement] = record.statements;
    if (statement === undefined) throw new Error("nothing was asked");
    const plan = await allRows(`EXPLAIN QUERY PLAN ${statement.sql}`, ...statement.values);
    const details = plan.map(({ detail }) => String(detail)).join("\n");
    expect(details).not.toMatch(/SCAN (messages|message_statuses|conversations|placeholder)\s*$/m);
    const { meta } = await env.DB.prepare(statement.sql)
      .bind(...statement.values)
      .run();
    const numbers = await listBusinessNumbers(createDatabase(env.DB));
    expect(meta.rows_read).toBeLessThanOrEqual(HANDFUL + READ_PER_NUMBER * numbers.length);
  });
});

describe("old messages, though no index has their times", () => {
  const database = createDatabase(env.DB);
  /** Before those of all other tests. */
  const FIRST = Date.UTC(2001, 0, 1);
  const END = FIRST + 10;
  const erase = (ids: readonly string[]) => eraseMessages(database, ids, []);

  async function oldOnes(before = END): Promise<string[]> {
    const found = await listOldMessages(database, before, Date.now());
    return found.map(({ id }) => id);
  }

  async function written(conversation: ReturnType<typeof conversationRow>, ...times: number[]) {
    const messages = times.map((created_at) => messageRow(conversation, { created_at }));
    await projectRows({ conversations: [conversation], messages });
    return messages.map(({ id }) => id);
  }

  it("are not those that left later, at the time that their caller named", async () => {
    const conversation = conversationRow();
    await projectRows({ conversations: [conversation] });
    const { id: conversation_id } = conversation;
    const claimed = async (send_at: number) => {
      const id = messageIdAt(FIRST);
      const created_at = FIRST;
      await claimOutbound({ id, conversation_id, created_at, state: "accepted", send_at });
      return id;
    };
    const [old, recent] = [await claimed(FIRST + 1), await claimed(END + 1)];
    expect(await oldOnes()).toEqual([old]);
    expect(await oldOnes(END + 2)).toEqual([old, recent].toSorted());
    await erase([old, recent]);
  });

  it("are found once they are due, in new conversations and in searched ones", async () => {
    const conversation = conversationRow();
    const [old = "", later = ""] = await written(conversation, FIRST, FIRST + 20);
    expect(await oldOnes()).toEqual([old]);
    expect(await oldOnes()).toEqual([old]);
    await erase([old]);
    expect(await oldOnes()).toEqual([]);
    const [late = ""] = await written({ ...conversation, version: 2 }, FIRST + 1);
    // It came late: it goes with what follows it.
    expect(await oldOnes()).toEqual([]);
    expect(await oldOnes(FIRST + 30)).toEqual([late, later]);
    await erase([late, later]);
    expect(await oldOnes(FIRST + 30)).toEqual([]);
  });

  it("are found in the conversation that they were merged into", async () => {
    const [from, into] = [conversationRow(), conversationRow()];
    await written(into, FIRST + 20);
    expect(await oldOnes()).toEqual([]);
    const [old = ""] = await written(from, FIRST);
    await redirectConversation(database, from.id, into.id);
    expect(await oldOnes()).toEqual([old]);
    await erase([old]);
  });
});
