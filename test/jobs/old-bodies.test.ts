/**
 * What version 0.1.0 put into queues, objects and D1, word for word, and the code of today: over a
 * deploy both versions run, and what waits was written by the older one.
 */
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { consumeQueue } from "../../src/jobs/queues.ts";
import type { InboundMessage } from "../../src/message/inbound-message.ts";
import type { OutgoingMessage } from "../../src/message/outgoing-message.ts";
import { createDatabase } from "../../src/store/d1.ts";
import { keepDeadLetters, listDeadLetters } from "../../src/store/dead-letters.ts";
import { conversationAt } from "../support/conversation-object.ts";
import { messageBatch } from "../support/message-batch.ts";
import { eventually, newCustomer, NUMBER, type Paloma, startPaloma } from "../support/paloma.ts";
import { messageIdAt, unique } from "../support/store-rows.ts";

let paloma: Paloma;

beforeEach(() => {
  paloma = startPaloma();
});

/** As the webhook of 0.1.0 queued it. */
function oldStatus(wamid: string, at: number): unknown {
  return JSON.parse(`{
    "version": 1,
    "phone_number_id": "${NUMBER}",
    "wamid": "${wamid}",
    "status": "delivered",
    "participant": "",
    "at": ${at},
    "received_at": ${at},
    "message_id": null,
    "payload": "{\\"id\\":\\"${wamid}\\",\\"status\\":\\"delivered\\"}"
  }`);
}

/** As the Worker of 0.1.0 handed it to an object, and as that kept it. */
function oldInbound(from: string, at: number): InboundMessage {
  return JSON.parse(`{
    "id": "${messageIdAt(at)}",
    "wamid": "${unique("wamid.")}",
    "phone_number_id": "${NUMBER}",
    "direction": "inbound",
    "type": "text",
    "at": ${at},
    "received_at": ${at},
    "address": {"kind": "phone", "phone": "52${from.slice(3)}"},
    "person": {
      "wa_id": "${from}", "user_id": null, "parent_user_id": null, "username": null, "name": "Ana"
    },
    "changed_to": [],
    "target_wamid": null,
    "payload": "{\\"type\\":\\"text\\",\\"text\\":{\\"body\\":\\"hola\\"}}"
  }`);
}

/** As a claim of 0.1.0 holds it, and an outbox. */
function oldOutgoing(at: number): OutgoingMessage {
  const expiresAt = at + 24 * 60 * 60 * 1000;
  return JSON.parse(`{
    "id": "${messageIdAt(at)}",
    "phone_number_id": "${NUMBER}",
    "type": "text",
    "content": "{\\"body\\":\\"¡Hola!\\"}",
    "reply_to": null,
    "dial": null,
    "ready_at": ${at},
    "expires_at": ${expiresAt},
    "window": "meta",
    "wait": true
  }`);
}

/** The tables of an object as 0.1.0 made them. */
const OLD_TABLES = `
  CREATE TABLE _migrations (number INTEGER PRIMARY KEY);
  INSERT INTO _migrations (number) VALUES (0);
  CREATE TABLE state (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    value TEXT NOT NULL
  ) STRICT;
  CREATE TABLE inbox (
    wamid TEXT PRIMARY KEY,
    message_id TEXT NOT NULL,
    counts_as_unread INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    payload TEXT
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE outbox (
    message_id TEXT PRIMARY KEY,
    stage TEXT NOT NULL,
    ready_at INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    message TEXT,
    report TEXT NOT NULL,
    revision INTEGER NOT NULL,
    recorded INTEGER NOT NULL,
    created_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;`;

/** An object as if 0.1.0 had made it, whatever today's code has made already. */
function startAnew(sql: SqlStorage): void {
  const tables = sql.exec<{ name: string }>(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\'",
  );
  for (const { name } of tables.toArray()) sql.exec(`DROP TABLE ${name}`);
  sql.exec(OLD_TABLES);
}

/** Opens the session window at Meta, without a word of it to us. */
async function openWindow(from: string): Promise<void> {
  await paloma.simulator.customers.write({ from, content: { type: "text", body: "hola" } });
}

const addressOf = (from: string) => ({ kind: "phone", phone: `52${from.slice(3)}` }) as const;

/** Meta's clock has whole seconds. */
const now = () => Math.floor(Date.now() / 1000) * 1000;

async function messagesOf(from: string) {
  const { body } = await paloma.api("GET", `/v1/conversations?contact=${from}`);
  const [conversation] = body.data;
  return conversation === undefined
    ? []
    : (await paloma.api("GET", `/v1/conversations/${conversation.id}/messages`)).body.data;
}

describe("what version 0.1.0 left behind", () => {
  it("in the status queue is applied", async () => {
    const from = newCustomer();
    await paloma.simulator.customers.write({ from, content: { type: "text", body: "hola" } });
    await paloma.simulator.flush();
    const sent = await paloma.api("POST", "/v1/messages", { to: from, text: { body: "¡Hola!" } });
    const body = oldStatus(sent.body.wamid, now());
    const { batch, acked } = messageBatch("paloma-status", [{ body }]);
    await consumeQueue(batch, env);
    expect(acked()).toEqual(["0"]);
    const { body: message } = await paloma.api("GET", `/v1/messages/${sent.body.id}`);
    expect(message).toMatchObject({ status: "delivered" });
  });

  it("in a dead letter is replayed", async () => {
    const wamid = unique("wamid.");
    const payload = JSON.stringify(oldStatus(wamid, now()));
    const database = createDatabase(env.DB);
    await keepDeadLetters(database, [{ source: "queue", reason: unique("old"), payload }], now());
    const letters = await listDeadLetters(database, { after: null, limit: 50 });
    const id = letters.find((letter) => letter.payload === payload)?.id;
    const replayed = await paloma.api("POST", `/v1/dead-letters/${id}/replay`);
    expect(replayed.status).toBe(200);
  });

  it("in a call from the older Worker is received, and sent", async () => {
    const from = newCustomer();
    await openWindow(from);
    const stub = conversationAt(addressOf(from));
    const message = oldInbound(from, now());
    const [received] = await stub.receive([message]);
    expect(received).toMatchObject({ fresh: [message.wamid], conversation: { unread_count: 1 } });
    const outgoing = oldOutgoing(now());
    const sent = await conversationAt(addressOf(from)).send(outgoing, null);
    expect(sent?.progress.report).toMatchObject({ state: "accepted" });
  });

  it("inside an object is brought into D1 and sent", async () => {
    const from = newCustomer();
    await openWindow(from);
    const at = now();
    const message = oldInbound(from, at);
    const outgoing = oldOutgoing(at);
    const state = JSON.stringify({
      kind: "live",
      state: JSON.parse(`{
        "phone_number_id": "${NUMBER}",
        "address": {"kind": "phone", "phone": "52${from.slice(3)}"},
        "person": {
          "wa_id": null, "user_id": null, "parent_user_id": null, "username": null, "name": null
        },
        "status": "pending", "unread_count": 1, "read_up_to": "",
        "last_message_at": ${at}, "last_customer_message_at": ${at},
        "pair_rate_at": 0, "links": [], "absorbed": [], "version": 1,
        "created_at": ${at}, "updated_at": ${at}
      }`),
      leaving: null,
    });
    const stub = conversationAt(addressOf(from));
    await runInDurableObject(stub, (_object, { storage }) => {
      startAnew(storage.sql);
      storage.sql.exec("INSERT INTO state (id, value) VALUES (1, ?)", state);
      storage.sql.exec(
        `INSERT INTO inbox (wamid, message_id, counts_as_unread, received_at, payload)
         VALUES (?, ?, 1, ?, ?)`,
        message.wamid,
        message.id,
        at,
        JSON.stringify(message),
      );
      storage.sql.exec(
        `INSERT INTO outbox (message_id, stage, ready_at, due_at, attempts, message, report,
           revision, recorded, created_at)
         VALUES (?, 'waiting', ?, ?, 0, ?, '{"state":"queued","error":null}', 1, 0, ?)`,
        outgoing.id,
        at,
        at,
        JSON.stringify(outgoing),
        at,
      );
    });
    await evictDurableObject(stub);
    // Waking it is enough: its alarm is set anew.
    await conversationAt(addressOf(from)).cancel("msg_nobody");
    const messages = await eventually(
      () => messagesOf(from),
      (list) => list.length > 0 && paloma.simulator.sent.length > 0,
    );
    expect(messages).toMatchObject([{ id: message.id, body: "hola", direction: "inbound" }]);
    expect(paloma.simulator.sent.map(({ body }) => body["biz_opaque_callback_data"])).toEqual([
      outgoing.id,
    ]);
  });
});
