import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { createDatabase, type Database } from "../../src/store/d1.ts";
import { recordStatuses } from "../../src/store/statuses.ts";
import {
  dropPlaceholders,
  expireOrphanedStatuses,
  listStaleClaims,
  listUnconfirmed,
} from "../../src/store/upkeep.ts";
import { recordedD1 } from "../support/recorded-d1.ts";
import {
  allRows,
  conversationRow,
  messageRow,
  projectRows,
  statusRow,
  unique,
} from "../support/store-rows.ts";

/** Older than the rows of any other test. */
const OLD = Date.UTC(2010, 0, 1);

const ROWS = 3000;
const HANDFUL = 20;

const steps: [string, (database: Database) => Promise<unknown>][] = [
  ["claims left behind", (database) => listStaleClaims(database, OLD + 1)],
  ["sends unconfirmed", (database) => listUnconfirmed(database, OLD + 1)],
  ["orphaned statuses", (database) => expireOrphanedStatuses(database, OLD + 1)],
  ["unspoken conversations", (database) => dropPlaceholders(database, OLD + 1)],
];

beforeAll(async () => {
  const conversations = Array.from({ length: ROWS }, () => conversationRow({ created_at: OLD }));
  const messages = conversations.map((row) => messageRow(row, { created_at: OLD }));
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
    expect(meta.rows_read).toBeLessThanOrEqual(HANDFUL);
  });
});
