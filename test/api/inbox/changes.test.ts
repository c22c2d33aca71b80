/** What the log says of every change that the inbox shows. */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { upkeep } from "../../../src/jobs/cron.ts";
import { type Browser, openBrowser } from "../../support/inbox.ts";
import {
  type Answer,
  eventually,
  newCustomer,
  type Paloma,
  startPaloma,
} from "../../support/paloma.ts";
import { allRows } from "../../support/store-rows.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

let paloma: Paloma;
let page: Browser;
let seq: number;

beforeEach(async () => {
  paloma = startPaloma();
  page = openBrowser();
  await page.signIn();
  ({ seq } = (await page.ask("GET", "/inbox/api/me")).body);
});

/** What changed since the last look. */
async function changes(): Promise<Answer["body"]> {
  const { status, body } = await page.ask("GET", `/inbox/api/changes?after=${seq}`);
  expect(status).toBe(200);
  expect(body.from ?? seq).toBe(seq);
  seq = body.to ?? body.seq;
  return body;
}

/** A customer who writes; the answer has the conversation and the message as the log names them. */
async function writes(from = newCustomer(), body = "Hola"): Promise<Answer["body"]> {
  await paloma.simulator.customers.write({ from, content: { type: "text", body } });
  await paloma.simulator.flush();
  return changes();
}

describe("GET /inbox/api/changes", () => {
  it("has nothing where nothing happened, and says how far the log goes", async () => {
    expect(await changes()).toEqual({
      t: "changes",
      from: seq,
      to: seq,
      conversations: [],
      messages: [],
      gone: [],
      templates: false,
    });
    expect((await page.ask("GET", "/inbox/api/changes")).body).toEqual({ t: "reset", seq });
  });

  it("has a customer's text and its conversation, as the API shows them", async () => {
    const from = newCustomer();
    const { conversations, messages, to } = await writes(from);
    expect(messages).toHaveLength(1);
    expect(conversations).toHaveLength(1);
    const [{ id }] = conversations;
    const [list, thread] = await Promise.all([
      page.ask("GET", "/inbox/api/conversations?include=last_message&limit=1"),
      page.ask("GET", `/inbox/api/conversations/${id}/messages`),
    ]);
    expect(conversations).toEqual(list.body.data);
    expect(messages).toEqual(thread.body.data);
    expect(to).toBeGreaterThan(0);
  });

  it("has one row for a body of many customers", async () => {
    const { simulator } = paloma;
    const customers = Array.from({ length: 20 }, newCustomer);
    for (const from of customers) await writes(from);
    simulator.webhooks.hold();
    for (const from of customers) {
      await simulator.customers.write({ from, content: { type: "text", body: "otra" } });
    }
    simulator.webhooks.release({ batching: "one_body" });
    await simulator.flush();
    const before = seq;
    const { conversations, messages } = await changes();
    expect({ conversations: conversations.length, messages: messages.length }).toEqual({
      conversations: 20,
      messages: 20,
    });
    expect(seq - before).toBe(1);
  });

  it("has an answer, its statuses, and the conversation that shows it as its last message", async () => {
    const from = newCustomer();
    const { conversations: begun } = await writes(from);
    const sent = await page.ask("POST", "/inbox/api/messages", {
      conversation_id: begun[0].id,
      text: { body: "¿En qué le ayudo?" },
    });
    expect(sent.status).toBe(201);
    const { messages, conversations } = await changes();
    expect(messages).toMatchObject([{ id: sent.body.id, status: "accepted" }]);
    expect(conversations).toMatchObject([{ last_message: { id: sent.body.id } }]);
    await paloma.simulator.flush();
    const told = await eventually(changes, ({ messages: some }) => some?.length > 0);
    expect(told.messages[0].id).toBe(sent.body.id);
    expect(told.conversations).toMatchObject([
      { id: begun[0].id, last_message: { id: sent.body.id, status: told.messages[0].status } },
    ]);
  });

  it("has the target of a reaction", async () => {
    const from = newCustomer();
    const { messages } = await writes(from);
    await writes(from, "y otra");
    await paloma.simulator.customers.write({
      from,
      content: { type: "reaction", messageId: messages[0].wamid, emoji: "🐾" },
    });
    await paloma.simulator.flush();
    const reacted = await changes();
    const target = reacted.messages.find(({ id }: { id: string }) => id === messages[0].id);
    expect(target?.reactions).toMatchObject([{ emoji: "🐾" }]);
  });

  it("has what staff change: read, status, subject, owner and name", async () => {
    const from = newCustomer();
    const { conversations } = await writes(from);
    const [{ id, contact }] = conversations;
    await page.ask("POST", `/inbox/api/conversations/${id}/read`, {});
    expect((await changes()).conversations).toMatchObject([{ id, unread_count: 0 }]);
    await page.ask("PATCH", `/inbox/api/conversations/${id}`, { status: "closed" });
    expect((await changes()).conversations).toMatchObject([{ id, status: "closed" }]);
    await page.ask("PATCH", `/inbox/api/conversations/${id}`, { subject: "Luna", owner: "7" });
    expect((await changes()).conversations).toMatchObject([{ id, subject: "Luna", owner: "7" }]);
    await page.ask("PUT", `/inbox/api/contacts/${encodeURIComponent(contact.phone)}`, {
      name: "Ana Ñúñez",
    });
    expect((await changes()).conversations).toMatchObject([{ id, contact: { name: "Ana Ñúñez" } }]);
  });

  it("names whom an erasure took, and their messages", async () => {
    const from = newCustomer();
    const { conversations, messages } = await writes(from);
    const [{ id, contact }] = conversations;
    await page.ask("DELETE", `/inbox/api/contacts/${encodeURIComponent(contact.phone)}`);
    const erased = await changes();
    expect(new Set(erased.gone)).toEqual(new Set([id, messages[0].id]));
    expect(erased.gone).toHaveLength(2);
    expect(erased).toMatchObject({ conversations: [], messages: [] });
  });

  it("has templates that Meta reports, and those of a sync", async () => {
    await page.ask("POST", "/inbox/api/templates/sync");
    expect(await changes()).toMatchObject({ templates: true, conversations: [] });
    await paloma.webhook({
      object: "whatsapp_business_account",
      entry: [
        {
          id: "102290129340398",
          time: 1,
          changes: [
            {
              field: "message_template_status_update",
              value: {
                event: "PAUSED",
                message_template_id: 1,
                message_template_name: "order_ready",
                message_template_language: "es_MX",
              },
            },
          ],
        },
      ],
    });
    expect(await changes()).toMatchObject({ templates: true, conversations: [] });
  });

  it("has a file once it is stored", async () => {
    const from = newCustomer();
    await paloma.simulator.customers.write({
      from,
      content: { type: "image", mimeType: "image/jpeg" },
    });
    await paloma.simulator.flush();
    const stored = await eventually(changes, ({ messages }) =>
      messages?.some(({ attachments }: Answer["body"]) => attachments[0]?.stored === true),
    );
    expect(stored.messages).toHaveLength(1);
  });

  it.each(["-1", "1.5", "x", "", "1e3", "99999999999999999999"])(
    "refuses %s as a place in the log",
    async (after) => {
      const { status, body } = await page.ask("GET", `/inbox/api/changes?after=${after}`);
      expect({ status, code: body.code, at: body.errors?.[0]?.pointer }).toEqual({
        status: 422,
        code: "invalid_request",
        at: "/after",
      });
    },
  );

  it("resets who comes from a log that was longer", async () => {
    const { body } = await page.ask("GET", `/inbox/api/changes?after=${seq + 1}`);
    expect(body).toEqual({ t: "reset", seq });
  });
});

describe("the log", () => {
  it("loses what is older than 3 days, but never its newest row", async () => {
    await writes();
    await writes();
    await upkeep(env, Date.now() + 3 * DAY_MS - 60_000);
    expect((await allRows("SELECT count(*) AS n FROM changes"))[0]).not.toEqual({ n: 1 });
    await upkeep(env, Date.now() + 3 * DAY_MS + 60_000);
    expect(await allRows("SELECT seq FROM changes")).toEqual([{ seq }]);
    const after = seq - 2;
    expect((await page.ask("GET", `/inbox/api/changes?after=${after}`)).body).toEqual({
      t: "reset",
      seq,
    });
    const before = seq;
    const { conversations } = await writes();
    expect(conversations).toHaveLength(1);
    expect(seq).toBeGreaterThan(before);
  });

  it("resets who was open before the inbox was turned off and on again", async () => {
    await writes();
    const before = { INBOX: env.INBOX };
    Object.assign(env, { INBOX: "off" });
    await upkeep(env, Date.now());
    await upkeep(env, Date.now());
    Object.assign(env, before);
    expect(await changes()).toEqual({ t: "reset", seq });
    expect((await writes()).conversations).toHaveLength(1);
  });

  it.each([{ INBOX: "off" }, { INBOX_SIGN_IN: "off" }])("has no row with %o", async (off) => {
    const before = { INBOX: env.INBOX, INBOX_SIGN_IN: env.INBOX_SIGN_IN };
    const rows = await allRows("SELECT count(*) AS n FROM changes");
    Object.assign(env, off);
    try {
      await paloma.simulator.customers.write({
        from: newCustomer(),
        content: { type: "text", body: "Hola" },
      });
      await paloma.simulator.flush();
    } finally {
      Object.assign(env, before);
    }
    expect(await allRows("SELECT count(*) AS n FROM changes")).toEqual(rows);
    const without = openBrowser({ ...off });
    for (const path of ["/inbox", "/inbox/api/changes", "/inbox/feed", "/inbox/api/me"]) {
      expect((await without.ask("GET", path)).status).toBe(404);
    }
  });
});
