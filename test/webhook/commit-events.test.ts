import {
  createExecutionContext,
  runDurableObjectAlarm,
  waitOnExecutionContext,
} from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { app } from "../../src/app.ts";
import type { JsonObject } from "../../src/lib/json.ts";
import { createDatabase } from "../../src/store/d1.ts";
import { listDeadLetters } from "../../src/store/dead-letters.ts";
import { commitEvents } from "../../src/webhook/commit.ts";
import { splitEvents } from "../../src/webhook/parse.ts";
import { conversationAt } from "../support/conversation-object.ts";
import {
  APP_SECRET,
  eventually,
  newCustomer,
  type Paloma,
  sign,
  startPaloma,
} from "../support/paloma.ts";
import { allRows, unique } from "../support/store-rows.ts";
import { timed } from "../support/timed.ts";
import { hang } from "../support/under-way.ts";
import {
  messagesChange,
  messageStatus,
  newWamid,
  textMessage,
  webhookBody,
} from "../support/webhook-bodies.ts";

/** Meta wants its answer by then; ours has 1.5 s for D1. */
const LONGEST_ANSWER_MS = 2000;

let paloma: Paloma;

beforeEach(() => {
  vi.spyOn(console, "info").mockImplementation(() => undefined);
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  paloma = startPaloma();
});

/** A D1 that takes every statement and never answers. */
function hangingD1(): D1Database {
  const statement = (inner: D1PreparedStatement): D1PreparedStatement =>
    new Proxy(inner, {
      get(target, name) {
        if (name === "bind") return (...values: unknown[]) => statement(target.bind(...values));
        return hang;
      },
    });
  return new Proxy(env.DB, {
    get: (target, name) =>
      name === "prepare" ? (sql: string) => statement(target.prepare(sql)) : hang,
  });
}

/** The Worker's answer with some of its environment replaced, and how long it took. */
async function post(body: JsonObject, changes: object) {
  const bytes = new TextEncoder().encode(JSON.stringify(body));
  const request = new Request("https://paloma.test/webhook", {
    method: "POST",
    headers: { "x-hub-signature-256": await sign(bytes, APP_SECRET) },
    body: bytes,
  });
  const context = createExecutionContext();
  const answering = Promise.resolve(app.fetch(request, { ...env, ...changes }, context));
  const { result, took: milliseconds } = await timed(answering);
  return { status: result.status, milliseconds, context };
}

describe("a D1 that hangs (I2)", () => {
  it("holds messages and statuses no longer than 2 s, answers 200 and loses none", async () => {
    const ana = newCustomer();
    const message = textMessage(ana, "Hola");
    const wamid = newWamid();
    const body = webhookBody(
      messagesChange({ messages: [message], statuses: [messageStatus(wamid, "sent")] }),
    );
    const { status, milliseconds } = await post(body, { DB: hangingD1() });
    expect(status).toBe(200);
    expect(milliseconds).toBeLessThan(LONGEST_ANSWER_MS);
    // The object's own D1 is well: its alarm writes what the Worker could not.
    await runDurableObjectAlarm(conversationAt({ kind: "phone", phone: `52${ana.slice(3)}` }));
    const { body: stored } = await paloma.api("GET", `/v1/messages/${message.id}`);
    expect(stored).toMatchObject({ wamid: message.id, body: "Hola" });
    await eventually(
      () => allRows("SELECT status FROM message_statuses WHERE wamid = ?", wamid),
      (rows) => rows.length === 1,
    );
  });

  it("answers statuses alone at once", async () => {
    const body = webhookBody(messagesChange({ statuses: [messageStatus(newWamid(), "sent")] }));
    const { status, milliseconds } = await post(body, { DB: hangingD1() });
    expect(status).toBe(200);
    expect(milliseconds).toBeLessThan(LONGEST_ANSWER_MS / 2);
  });

  it.each<[string, () => JsonObject]>([
    ["another field", () => webhookBody({ field: unique("field_"), value: { a: 1 } })],
    [
      "a template's status",
      () =>
        webhookBody({
          field: "message_template_status_update",
          value: {
            message_template_name: unique("t_"),
            message_template_language: "es_MX",
            event: "APPROVED",
          },
        }),
    ],
    [
      "a message without an id",
      () => webhookBody(messagesChange({ messages: [{ from: newCustomer(), type: "text" }] })),
    ],
  ])("answers 500 to %s within 2 s, so that Meta delivers it again", async (_what, make) => {
    const { status, milliseconds } = await post(make(), { DB: hangingD1() });
    expect(status).toBe(500);
    expect(milliseconds).toBeLessThan(LONGEST_ANSWER_MS);
  });

  it("answers 500 where a message stands beside another field, and takes the message once", async () => {
    const ana = newCustomer();
    const body = webhookBody(messagesChange({ messages: [textMessage(ana, "Hola")] }), {
      field: unique("field_"),
      value: {},
    });
    expect((await post(body, { DB: hangingD1() })).status).toBe(500);
    const { status, context } = await post(body, {});
    expect(status).toBe(200);
    await waitOnExecutionContext(context);
    const { body: list } = await paloma.api("GET", `/v1/conversations?contact=${ana}`);
    expect(list.data).toMatchObject([{ unread_count: 1 }]);
  });
});

describe("a status queue that refuses (I2)", () => {
  function refusingQueue(): Queue {
    return new Proxy(env.STATUS_QUEUE, {
      get: () => () => Promise.reject(new Error("Queue sendBatch failed: Too Many Requests")),
    });
  }

  it("makes 500 of a body with a status, and of none without", async () => {
    const STATUS_QUEUE = refusingQueue();
    const status = messagesChange({ statuses: [messageStatus(newWamid(), "sent")] });
    const message = messagesChange({ messages: [textMessage(newCustomer(), "Hola")] });
    expect((await post(webhookBody(status), { STATUS_QUEUE })).status).toBe(500);
    expect((await post(webhookBody(message, status), { STATUS_QUEUE })).status).toBe(500);
    expect((await post(webhookBody(message), { STATUS_QUEUE })).status).toBe(200);
  });
});

describe("commitEvents", () => {
  it("keeps a status that no queue message holds where an operator sees it (I10)", async () => {
    const wamid = newWamid();
    const long = messageStatus(wamid, "failed", { errors: [{ title: "x".repeat(130_000) }] });
    const short = messageStatus(newWamid(), "sent");
    const body = webhookBody(messagesChange({ statuses: [long, short] }));
    const text = JSON.stringify(body);
    await commitEvents(env, splitEvents(text, JSON.parse(text), Date.now()));
    const [letter] = await listDeadLetters(createDatabase(env.DB), { after: null, limit: 1 });
    expect(letter).toMatchObject({ source: "status", reason: "larger than a queue message" });
    // And can be applied from there.
    const replayed = await paloma.api("POST", `/v1/dead-letters/${letter?.id}/replay`, undefined, {
      token: "operator",
    });
    expect(replayed.status).toBe(200);
    expect(await allRows("SELECT status FROM message_statuses WHERE wamid = ?", wamid)).toEqual([
      { status: "failed" },
    ]);
  });

  it("asks neither D1 nor the queue for a body that has nothing for them", async () => {
    const nobody = new Proxy(env.DB, {
      get: () => () => {
        throw new Error("D1 was asked");
      },
    });
    const queue = new Proxy(env.STATUS_QUEUE, {
      get: () => () => {
        throw new Error("the queue was asked");
      },
    });
    const text = JSON.stringify(
      webhookBody(messagesChange({ messages: [textMessage(newCustomer(), "Hola")] })),
    );
    const events = splitEvents(text, JSON.parse(text), Date.now());
    const receptions = await commitEvents({ ...env, DB: nobody, STATUS_QUEUE: queue }, events);
    expect(receptions).toHaveLength(1);
  });
});
