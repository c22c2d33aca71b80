/** What D1 reads in order to write, wherever its tables are long. */
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { listBusinessNumbers } from "../../src/store/business-numbers.ts";
import { createDatabase, type Database } from "../../src/store/d1.ts";
import { readArrivals, readBacklog } from "../../src/store/health.ts";
import { project } from "../../src/store/projection.ts";
import { recordStatuses } from "../../src/store/statuses.ts";
import { plansOf, rowsRead } from "../support/query-plans.ts";
import {
  acceptedSend,
  allRows,
  conversationRow,
  messageRow,
  projectRows,
  statusRow,
  unique,
} from "../support/store-rows.ts";

describe("what is written finds its rows by index", () => {
  const WAITING = 2000;
  const MESSAGES = 2000;
  const HANDFUL = 60;
  /** 200 messages, twice to find them and three times to look through them, of 50 conversations. */
  const NEWEST_LOOKED_AT = 5 * 200 + 6 * 50 + HANDFUL;
  /** The tests of other files share this database, and have numbers of their own. */
  const READ_PER_NUMBER = 20;

  /** No table is read from end to end, however the statement names it. */
  const WHOLE_TABLE =
    /SCAN (messages|message_statuses|conversations|sent|own|earlier|other|by|m|s)\b/;

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
    // Each that waits is read by index and at its place.
    const waiting = await allRows(
      `SELECT id FROM dead_letters UNION ALL SELECT id FROM messages
       WHERE state IN ('pending', 'unconfirmed') OR state = 'queued' AND error IS NOT NULL`,
    );
    expect(await rowsRead(readBacklog)).toBeLessThanOrEqual(2 * waiting.length + HANDFUL);
    const arrivals = (database: Database) => readArrivals(database, Date.now());
    expect(await arrivals(createDatabase(env.DB))).toMatchObject({ newest: expect.any(Number) });
    const numbers = await listBusinessNumbers(createDatabase(env.DB));
    expect(await rowsRead(arrivals)).toBeLessThanOrEqual(
      NEWEST_LOOKED_AT + READ_PER_NUMBER * numbers.length,
    );
    expect((await plansOf(arrivals)).join("\n")).not.toMatch(WHOLE_TABLE);
  });
});
