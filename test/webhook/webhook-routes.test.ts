import {
  createExecutionContext,
  runDurableObjectAlarm,
  waitOnExecutionContext,
} from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { app } from "../../src/app.ts";
import type { JsonObject } from "../../src/lib/json.ts";
import { phoneOf } from "../../src/lib/phone.ts";
import { conversationAt, withoutD1 } from "../support/conversation-object.ts";
import { faultyD1 } from "../support/faulty-d1.ts";
import {
  type Answer,
  APP_SECRET,
  eventually,
  newCustomer,
  NUMBER,
  OTHER_NUMBER,
  type Paloma,
  sign,
  startPaloma,
} from "../support/paloma.ts";
import { timed } from "../support/timed.ts";
import {
  contactOf,
  messagesChange,
  messageStatus,
  metadataOf,
  newWamid,
  textMessage,
  unixSeconds,
  webhookBody,
} from "../support/webhook-bodies.ts";

const WEBHOOK = "https://paloma.test/webhook";
const BODY_LIMIT_BYTES = 4 * 1024 * 1024;
const MINUTE_MS = 60_000;
const RETIRED_SECRET = "retired-next-week-secret";

let paloma: Paloma;

beforeEach(() => {
  paloma = startPaloma();
  vi.spyOn(console, "info").mockReturnValue();
});

describe("GET /webhook", () => {
  const ask = (query: Record<string, string>) =>
    exports.default.fetch(`${WEBHOOK}?${new URLSearchParams(query).toString()}`);

  it("gives the challenge back as text that no browser takes for HTML", async () => {
    for (const challenge of ["1158201444", "<script>alert(1)</script>", "a\r\nX-Evil: 1"]) {
      const response = await ask({
        "hub.mode": "subscribe",
        "hub.verify_token": "test-verify-token",
        "hub.challenge": challenge,
      });
      expect(response.status).toBe(200);
      expect(await response.text()).toBe(challenge);
      expect(response.headers.get("content-type")).toBe("text/plain; charset=utf-8");
      expect(response.headers.get("x-content-type-options")).toBe("nosniff");
      expect(response.headers.has("x-evil")).toBe(false);
    }
  });

  it.each([
    [{}],
    [{ "hub.mode": "subscribe", "hub.verify_token": "nope", "hub.challenge": "1" }],
    [{ "hub.mode": "delete", "hub.verify_token": "test-verify-token", "hub.challenge": "1" }],
  ])("refuses %j, and does not give the challenge away", async (query) => {
    const response = await ask(query);
    expect(response.status).toBe(403);
    expect(await response.text()).toBe("");
  });

  it("refuses everything where no token is configured", async () => {
    const query = "hub.mode=subscribe&hub.verify_token=&hub.challenge=1";
    const response = await callWith(
      { WHATSAPP_VERIFY_TOKEN: "" },
      new Request(`${WEBHOOK}?${query}`),
    );
    expect(response.status).toBe(403);
  });
});

describe("the signature", () => {
  it("is taken from the secret in use and from the one about to retire", async () => {
    for (const secret of [APP_SECRET, RETIRED_SECRET]) {
      const message = textMessage(newCustomer(), "Hola");
      const response = await paloma.webhook(bodyOf(message), { secret });
      expect(response.status).toBe(200);
      expect((await messageOf(message.id)).status).toBe(200);
    }
  });

  it.each<[string, (signature: string) => string | null]>([
    ["missing", () => null],
    ["empty", () => ""],
    ["made with another secret", () => `sha256=${"ab".repeat(32)}`],
    ["of another algorithm", (signature) => signature.replace("sha256", "sha1")],
    ["given twice", (signature) => `${signature}, ${signature}`],
  ])("that is %s leaves nothing behind (I1)", async (_case, header) => {
    const ana = newCustomer();
    const wamid = newWamid();
    const field = `unsigned_${wamid}`;
    const unsigned = webhookBody(
      messagesChange({ messages: [textMessage(ana, "Hola", { id: wamid }), { from: wamid }] }),
      messagesChange({ statuses: [messageStatus(wamid, "read")] }),
      { field, value: {} },
    );
    const bytes = new TextEncoder().encode(JSON.stringify(unsigned));
    const signature = header(await sign(bytes, APP_SECRET));
    const headers = new Headers(signature === null ? {} : { "x-hub-signature-256": signature });
    const response = await exports.default.fetch(WEBHOOK, { method: "POST", headers, body: bytes });

    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ code: "invalid_signature", status: 403 });
    expect((await messageOf(wamid)).status).toBe(404);
    expect(await conversationOf(ana)).toBeUndefined();
    expect((await paloma.api("GET", `/v1/events?field=${field}`)).body.data).toEqual([]);
    expect(await deadLetterOf(wamid)).toBeUndefined();
    const queued = await env.DB.prepare("SELECT 1 FROM message_statuses WHERE wamid = ?")
      .bind(wamid)
      .all();
    expect(queued.results).toEqual([]);
  });

  it("that is right for the same JSON written another way is refused (I1)", async () => {
    const plain = JSON.stringify(bodyOf(textMessage(newCustomer(), "Ñandú")));
    const ways = [plain, plain.replace("Ñ", "\\u00d1")].map((text) =>
      new TextEncoder().encode(text),
    );
    for (const bytes of ways) {
      for (const other of ways) {
        const signature = await sign(other, APP_SECRET);
        const { status } = await post(bytes, signature);
        expect(status).toBe(bytes === other ? 200 : 403);
      }
    }
  });

  it("is refused where no secret is set: no secret, no service (I1)", async () => {
    for (const secret of ["", " \n", ",", undefined]) {
      const wamid = newWamid();
      const request = await signed(bodyOf(textMessage(newCustomer(), "Hola", { id: wamid })));
      const response = await callWith({ WHATSAPP_APP_SECRET: secret }, request);
      expect(response.status).toBe(503);
      expect(await response.json()).toMatchObject({ code: "not_configured" });
      expect((await messageOf(wamid)).status).toBe(404);
    }
  });

  it("is made with a secret whose trailing newline does not count", async () => {
    const request = await signed(bodyOf(textMessage(newCustomer(), "Hola")));
    const response = await callWith({ WHATSAPP_APP_SECRET: `${APP_SECRET}\n` }, request);
    expect(response.status).toBe(200);
  });
});

describe("the size of a body", () => {
  it("may be 4 MiB and no byte more", async () => {
    const most = padded(BODY_LIMIT_BYTES);
    expect((await post(most, await sign(most, APP_SECRET))).status).toBe(200);
    const more = padded(BODY_LIMIT_BYTES + 1);
    const refused = await post(more, await sign(more, APP_SECRET));
    expect(refused.status).toBe(413);
    expect(await refused.json()).toMatchObject({ code: "too_large", status: 413 });
  });

  it("is counted by the bytes that come, not by Content-Length", async () => {
    const { stream, sent, canceled } = endlessBody();
    const request = new Request(WEBHOOK, {
      method: "POST",
      headers: { "content-length": "2", "x-hub-signature-256": `sha256=${"0".repeat(64)}` },
      body: stream,
    });
    expect((await callWith({}, request)).status).toBe(413);
    expect(sent()).toBeLessThan(2 * BODY_LIMIT_BYTES);
    expect(canceled()).toBe(true);
  });

  it("is small where a large Content-Length lies", async () => {
    const message = textMessage(newCustomer(), "Hola");
    const request = await signed(bodyOf(message));
    request.headers.set("content-length", String(100 * BODY_LIMIT_BYTES));
    expect((await callWith({}, request)).status).toBe(200);
  });

  it("does not matter to a body that comes in many pieces", async () => {
    const message = textMessage(newCustomer(), "¿Cuánto cuesta la vacuna de Luna? 🐶");
    const bytes = new TextEncoder().encode(JSON.stringify(bodyOf(message)));
    const pieces = new ReadableStream({
      type: "bytes",
      start(controller) {
        for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
        controller.close();
      },
    });
    const request = new Request(WEBHOOK, {
      method: "POST",
      headers: { "x-hub-signature-256": await sign(bytes, APP_SECRET) },
      body: pieces,
    });
    expect((await callWith({}, request)).status).toBe(200);
    expect((await messageOf(message.id)).body.body).toBe(message.text.body);
  });
});

describe("a signed body that is not JSON", () => {
  it.each(["", " ", "hola", "{", '{"entry":[}', "\u0000", "undefined"])(
    "is refused: %j",
    async (text) => {
      const response = await paloma.webhook(null, { text });
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ code: "invalid_json", status: 400 });
    },
  );

  it("is refused in words where it is compressed", async () => {
    const json = new TextEncoder().encode(JSON.stringify(webhookBody()));
    const gzipped = await new Response(
      new Blob([json]).stream().pipeThrough(new CompressionStream("gzip")),
    ).bytes();
    const postEncoded = async (body: Uint8Array, signature: string) =>
      exports.default.fetch(WEBHOOK, {
        method: "POST",
        headers: { "x-hub-signature-256": signature, "content-encoding": "gzip" },
        body,
      });
    const refused = await postEncoded(gzipped, await sign(gzipped, APP_SECRET));
    expect(refused.status).toBe(415);
    expect(refused.headers.get("accept-encoding")).toBe("identity");
    expect(await refused.json()).toMatchObject({ code: "unsupported_media_type" });
    expect((await postEncoded(gzipped, "sha256=0")).status).toBe(403);
    // What can be read is taken, whatever its header says (I9).
    expect((await postEncoded(json, await sign(json, APP_SECRET))).status).toBe(200);
  });

  it("is refused without any body", async () => {
    const headers = { "x-hub-signature-256": await sign(new Uint8Array(), APP_SECRET) };
    const response = await exports.default.fetch(WEBHOOK, { method: "POST", headers });
    expect(response.status).toBe(400);
  });
});

describe("a body of several entries and numbers", () => {
  it("is stored whole (I2)", async () => {
    const [ana, bruno] = [newCustomer(), newCustomer()];
    const out = newWamid();
    const messages = [ana, bruno].flatMap((from) =>
      [1, 2, 3].map((place) => textMessage(from, `mensaje ${place}`)),
    );
    const [fromAna, fromBruno] = [messages.slice(0, 3), messages.slice(3)];
    const statuses = ["sent", "delivered", "read"].map((status) => messageStatus(out, status));
    const changes = [NUMBER, OTHER_NUMBER].map((number) => [
      messagesChange({ messages: number === NUMBER ? fromAna : fromBruno }, number),
      messagesChange({ statuses: number === NUMBER ? statuses : [] }, number),
    ]);
    const response = await paloma.webhook({
      object: "whatsapp_business_account",
      entry: changes.map((list, place) => ({ id: `10229012934039${place}`, changes: list })),
    });
    expect(response.status).toBe(200);
    for (const [customer, list, number] of [
      [ana, fromAna, NUMBER],
      [bruno, fromBruno, OTHER_NUMBER],
    ] as const) {
      const conversation = await conversationOf(customer);
      expect(conversation).toMatchObject({ unread_count: 3, phone_number_id: number });
      const { body } = await paloma.api("GET", `/v1/conversations/${conversation.id}/messages`);
      expect(body.data.map(({ wamid }: { wamid: string }) => wamid).toSorted()).toEqual(
        list.map(({ id }) => id).toSorted(),
      );
    }
    expect(await statusesOf(out, 3)).toEqual(["delivered", "read", "sent"]);
  });

  it("of more than 100 statuses is stored whole (I2)", async () => {
    const out = newWamid();
    const statuses = Array.from({ length: 250 }, (_, place) =>
      messageStatus(out, `status_${place}`),
    );
    const response = await paloma.webhook(webhookBody(messagesChange({ statuses })));
    expect(response.status).toBe(200);
    expect(await statusesOf(out, 250)).toHaveLength(250);
  });

  it("with a status larger than a queue message keeps that one as a dead letter (I2)", async () => {
    const out = newWamid();
    const large = messageStatus(out, "failed", { errors: [{ details: "ñ".repeat(70_000) }] });
    const statuses = [large, messageStatus(out, "sent")];
    const response = await paloma.webhook(webhookBody(messagesChange({ statuses })));
    expect(response.status).toBe(200);
    expect(await statusesOf(out, 1)).toEqual(["sent"]);
    expect(await deadLetterOf(out)).toMatchObject({
      source: "status",
      reason: "larger than a queue message",
      payload: large,
    });
  });

  it("with statuses of many KB each goes in batches that the queue takes (I2)", async () => {
    const out = newWamid();
    const statuses = Array.from({ length: 12 }, (_, place) =>
      messageStatus(out, `status_${place}`, { errors: [{ details: "x".repeat(100_000) }] }),
    );
    const response = await paloma.webhook(webhookBody(messagesChange({ statuses })));
    expect(response.status).toBe(200);
    expect(await statusesOf(out, 12)).toHaveLength(12);
  });

  it("with thousands of unknown changes is stored in time (I9)", async () => {
    const field = `many_${newWamid()}`;
    const changes = Array.from({ length: 5000 }, (_, place) => ({ field, value: { place } }));
    const started = Date.now();
    const response = await paloma.webhook(webhookBody(...changes));
    expect(response.status).toBe(200);
    const kept = await env.DB.prepare("SELECT count(*) AS n FROM account_events WHERE field = ?")
      .bind(field)
      .first();
    expect(kept).toEqual({ n: 5000 });
    expect(Date.now() - started).toBeLessThan(5000);
  });
});

describe("text", () => {
  const TEXT = "¿Está Ñandú? C/ 5\\6 – «sí» 👩🏽‍⚕️🐕‍🦺 日本 \u202Eatsid\u202C";

  it.each<[string, (json: string) => string]>([
    ["raw in UTF-8", (json) => json],
    ["escaped as Meta does", escaped],
    ["behind a byte order mark", (json) => `\uFEFF${json}`],
  ])("%s comes out exactly as the customer wrote it (I9)", async (_case, write) => {
    const ana = newCustomer();
    const message = textMessage(ana, TEXT);
    const body = webhookBody(
      messagesChange({ contacts: [contactOf(ana, "Ana Ñúñez 🐾")], messages: [message] }),
    );
    const response = await paloma.webhook(null, { text: write(JSON.stringify(body)) });
    expect(response.status).toBe(200);
    const { body: view } = await messageOf(message.id);
    expect(view).toMatchObject({
      body: TEXT,
      content: { body: TEXT },
      contact: { name: "Ana Ñúñez 🐾" },
    });
  });

  it.each([
    ["NUL", "antes\u0000después"],
    ["a right-to-left override", "\u202Egpj.exe"],
    ["a high surrogate alone", "a\uD83Db"],
    ["a low surrogate alone", "a\uDC36b"],
    ["every control character", String.fromCharCode(...Array.from({ length: 32 }, (_, c) => c))],
    ["a line separator", "uno\u2028dos\u2029tres"],
    ["SQL", "'; DROP TABLE messages; --"],
  ])("with %s survives in the content", async (_case, body) => {
    const message = textMessage(newCustomer(), body);
    const response = await paloma.webhook(bodyOf(message));
    expect(response.status).toBe(200);
    const { status, body: view } = await messageOf(message.id);
    expect(status).toBe(200);
    expect(view.content).toEqual({ body });
    expect(view.body.replace(/\uFFFD+/, "\uFFFD")).toBe(body.toWellFormed());
  });

  it.each(["Ana\uD83D", "\uDC36Ana", "A\uD83Dn\uDC36a"])(
    "from somebody called %j, with half a pair in it, shows a whole name",
    async (name) => {
      const ana = newCustomer();
      const message = textMessage(ana, "Hola");
      const contacts = [{ wa_id: ana, profile: { name, username: name } }];
      await paloma.webhook(webhookBody(messagesChange({ contacts, messages: [message] })));
      const { body: view } = await messageOf(message.id);
      expect(view.contact).toMatchObject({
        name: name.toWellFormed(),
        username: name.toWellFormed(),
      });
    },
  );

  it("that is no UTF-8 is taken with replacement characters, and never refused (I9)", async () => {
    const message = textMessage(newCustomer(), "LATIN1");
    const bytes = new TextEncoder().encode(JSON.stringify(bodyOf(message)));
    const place = new TextDecoder().decode(bytes).indexOf("LATIN1");
    bytes.set([0xd1, 0xfa, 0xf1, 0xff, 0xc3, 0x28], place);
    const response = await post(bytes, await sign(bytes, APP_SECRET));
    expect(response.status).toBe(200);
    expect((await messageOf(message.id)).body.body).toBe("\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD(");
  });

  it("as long as a row holds comes out whole, and harms no other message", async () => {
    const ana = newCustomer();
    const long = textMessage(ana, "字".repeat(190_000));
    const short = textMessage(ana, "corto");
    const response = await paloma.webhook(webhookBody(messagesChange({ messages: [long, short] })));
    expect(response.status).toBe(200);
    expect((await messageOf(short.id)).body.body).toBe("corto");
    expect((await messageOf(long.id)).body.body).toBe(long.text.body);
  });

  it("longer than a row holds is a dead letter, and harms no other message (I2)", async () => {
    const ana = newCustomer();
    const long = textMessage(ana, "字".repeat(200_000));
    const short = textMessage(ana, "corto");
    const response = await paloma.webhook(webhookBody(messagesChange({ messages: [long, short] })));
    expect(response.status).toBe(200);
    expect((await messageOf(short.id)).body.body).toBe("corto");
    expect(await deadLetterOf(long.id)).toMatchObject({
      reason: "a message larger than a row",
      payload: long,
    });
  });

  it("of a name longer than a row holds harms no other message", async () => {
    const ana = newCustomer();
    const bruno = newCustomer();
    const named = textMessage(ana, "Hola");
    const other = textMessage(bruno, "Hola");
    const contacts = [contactOf(ana, "字".repeat(200_000)), contactOf(bruno, "Bruno")];
    const change = messagesChange({ contacts, messages: [named, other] });
    expect((await paloma.webhook(webhookBody(change))).status).toBe(200);
    expect((await messageOf(other.id)).status).toBe(200);
    expect(await deadLetterOf(named.id)).toMatchObject({
      reason: "a message larger than a row",
      payload: named,
    });
  });
});

describe("signed JSON of any shape", () => {
  it.each<[string, string]>([
    ["an array", '[1,"dos",{"tres":3}]'],
    ["text", '"hola"'],
    ["a number", "12345678901234567890"],
    ["null", "null"],
    ["an empty object", "{}"],
    ["an unknown object", '{"object":"page","entry":[{"messaging":[{"id":9007199254740993}]}]}'],
    ["an object with __proto__", '{"__proto__":{"admin":true},"constructor":1}'],
  ])("is taken and kept: %s (I9)", async (_case, text) => {
    const unique = text.replace("dos", newWamid());
    const response = await paloma.webhook(null, { text: unique });
    expect(response.status).toBe(200);
    const kept = await rawAnswer("/v1/events?field=unknown&limit=200");
    expect(kept).toContain(unique.replace(/^.*"entry":\[(.*)\]\}$/, "$1"));
  });

  it("is taken and kept as deep as it goes (I9)", async () => {
    const field = `deep_${newWamid()}`;
    const deep = `{"field":"${field}","value":${"[".repeat(100_000)}${"]".repeat(100_000)}}`;
    const response = await paloma.webhook(null, { text: `{"entry":[{"changes":[${deep}]}]}` });
    expect(response.status).toBe(200);
    expect(await rawAnswer(`/v1/events?field=${field}`)).toContain("[".repeat(100_000));
  });

  it("is taken and kept deeper than it can be written again (I9)", async () => {
    const deep = `${'{"0":'.repeat(100_000)}1234567890123456789${"}".repeat(100_000)}`;
    const response = await paloma.webhook(null, { text: deep });
    expect(response.status).toBe(200);
    expect(await rawAnswer("/v1/dead-letters?limit=200", "operator")).toContain(deep);
  });

  it("of 3 MB is kept and given back exactly (I9)", async () => {
    const threads = Array.from({ length: 3000 }, (_, place) => ({
      id: `52199822200${place}`,
      big: "9007199254740993",
      messages: [{ text: { body: `¿Cómo está Luna? 🐶 ${"ñ".repeat(450)}` } }],
    }));
    const value = { metadata: metadataOf(NUMBER), history: [{ threads }] };
    const text = JSON.stringify(webhookBody({ field: "history", value })).replaceAll(
      '"9007199254740993"',
      "9007199254740993",
    );
    expect(new TextEncoder().encode(text).byteLength).toBeGreaterThan(3_000_000);
    expect((await paloma.webhook(null, { text })).status).toBe(200);
    const kept = await rawAnswer("/v1/events?field=history");
    expect(kept).toContain(text.slice(text.indexOf('{"metadata"'), -5));
  });

  it("without what it takes to be a message is a dead letter (I2)", async () => {
    const { id, ...rest } = textMessage(newCustomer(), "Hola");
    const message = { ...rest, context: { id } };
    expect((await paloma.webhook(bodyOf(message))).status).toBe(200);
    expect(await deadLetterOf(id)).toMatchObject({
      source: "webhook",
      reason: "a message without an id",
      payload: message,
      created_at: expect.stringMatching(/^\d{4}-.*Z$/),
    });
    expect(
      (await paloma.api("GET", "/v1/dead-letters", undefined, { token: "reader" })).status,
    ).toBe(403);
  });

  it("for another account and number is stored under that number", async () => {
    const ana = newCustomer();
    const message = textMessage(ana, "Hola");
    const change = messagesChange({ messages: [message] }, "999999999999999");
    expect((await paloma.webhook(webhookBody(change))).status).toBe(200);
    expect((await messageOf(message.id)).body.phone_number_id).toBe("999999999999999");
  });
});

describe("duplicates and order", () => {
  it("counts one body that comes 50 times at once only once (I3, I4)", async () => {
    const ana = newCustomer();
    const message = textMessage(ana, "Hola");
    const responses = await Promise.all(
      Array.from({ length: 50 }, () => paloma.webhook(bodyOf(message))),
    );
    expect(responses.map(({ status }) => status)).toEqual(Array(50).fill(200));
    const conversation = await conversationOf(ana);
    expect(conversation.unread_count).toBe(1);
    const { body } = await paloma.api("GET", `/v1/conversations/${conversation.id}/messages`);
    expect(body.data).toHaveLength(1);
  });

  it("keeps the first of two contents of one wamid (I3)", async () => {
    const ana = newCustomer();
    const first = textMessage(ana, "primero", { timestamp: unixSeconds(Date.now() - MINUTE_MS) });
    const other = textMessage(ana, "segundo", { id: first.id });
    const third = textMessage(ana, "tercero", { id: first.id });
    await paloma.webhook(bodyOf(first));
    await paloma.webhook(bodyOf(other));
    await paloma.webhook(webhookBody(messagesChange({ messages: [third, other] })));
    expect((await messageOf(first.id)).body.body).toBe("primero");
    expect(await conversationOf(ana)).toMatchObject({
      unread_count: 1,
      last_message_at: new Date(Number(first.timestamp) * 1000).toISOString(),
    });
  });

  it("keeps the first of two contents of one wamid within a body (I3, I4)", async () => {
    const ana = newCustomer();
    const first = textMessage(ana, "primero");
    const other = textMessage(ana, "segundo", { id: first.id });
    await paloma.webhook(webhookBody(messagesChange({ messages: [first, other] })));
    expect((await messageOf(first.id)).body.body).toBe("primero");
    expect((await conversationOf(ana)).unread_count).toBe(1);
  });

  it("lets a wamid on one number be another message than on the other", async () => {
    const ana = newCustomer();
    const message = textMessage(ana, "Hola");
    await paloma.webhook(
      webhookBody(
        messagesChange({ messages: [message] }),
        messagesChange({ messages: [message] }, OTHER_NUMBER),
      ),
    );
    const { body } = await paloma.api("GET", `/v1/conversations?contact=${ana}`);
    expect(body.data).toMatchObject([{ unread_count: 1 }, { unread_count: 1 }]);
  });

  it("gives the same conversation whatever order the messages come in (I3, I4, I5)", async () => {
    const now = Date.now();
    const times = [9, 3, 5, 1, 7].map((minutes) => unixSeconds(now - minutes * MINUTE_MS));
    const views = await Promise.all(
      [times, times.toReversed(), times.toSorted()].map(async (order) => {
        const ana = newCustomer();
        for (const timestamp of order) {
          await paloma.webhook(bodyOf(textMessage(ana, timestamp, { timestamp })));
        }
        const { id, ...view } = await conversationOf(ana);
        const { body } = await paloma.api("GET", `/v1/conversations/${id}/messages`);
        return {
          bodies: body.data.map((message: { body: string }) => message.body),
          unread: view.unread_count,
          last: view.last_message_at,
          window: view.session_window,
        };
      }),
    );
    expect(views[0]?.bodies).toEqual(times.toSorted().toReversed());
    expect(views[1]).toEqual(views[0]);
    expect(views[2]).toEqual(views[0]);
  });

  it("lets statuses come before the message they speak of (I3, I6)", async () => {
    const ana = newCustomer();
    const echo = { ...textMessage("529983162438", "Luna ya está lista"), to: ana };
    await paloma.webhook(
      webhookBody(
        messagesChange({ statuses: ["read", "sent"].map((s) => messageStatus(echo.id, s)) }),
      ),
    );
    await statusesOf(echo.id, 2);
    const value = { metadata: metadataOf(NUMBER), message_echoes: [echo] };
    await paloma.webhook(webhookBody({ field: "smb_message_echoes", value }));
    const { body } = await messageOf(echo.id);
    expect(body).toMatchObject({ direction: "outbound", statuses: expect.any(Array) });
    expect(body.statuses.map(({ status }: { status: string }) => status).toSorted()).toEqual([
      "read",
      "sent",
    ]);
    expect(body.status).toBe("read");
  });

  it("takes the same account event once, and that of another number beside it (I3)", async () => {
    const marker = newWamid();
    const change = (number: string) =>
      messagesChange({ errors: [{ code: 130429, title: marker }] }, number);
    await paloma.webhook(webhookBody(change(NUMBER), change(OTHER_NUMBER)));
    await paloma.webhook(webhookBody(change(NUMBER)));
    const { body } = await paloma.api("GET", "/v1/events?field=messages&limit=200");
    const kept = body.data.filter(({ value }: { value: JsonObject }) =>
      JSON.stringify(value).includes(marker),
    );
    expect(kept.map((event: JsonObject) => event["phone_number_id"]).toSorted()).toEqual([
      NUMBER,
      OTHER_NUMBER,
    ]);
  });

  it("is closed to a message that is 24 hours old, and open to one that is not (I5)", async () => {
    const [ana, bruno] = [newCustomer(), newCustomer()];
    const dayAgo = Date.now() - 24 * 60 * MINUTE_MS;
    const write = (from: string, at: number) =>
      paloma.webhook(bodyOf(textMessage(from, "Hola", { timestamp: unixSeconds(at) })));
    await write(ana, dayAgo);
    await write(bruno, dayAgo + MINUTE_MS);
    expect((await conversationOf(ana)).session_window.open).toBe(false);
    expect((await conversationOf(bruno)).session_window.open).toBe(true);
  });
});

describe("when something fails", () => {
  const broken = (what: string) => () => {
    throw new Error(`${what} is down`);
  };

  it("in D1, a message is taken all the same, and its alarm brings it there (I2)", async () => {
    const errors = vi.spyOn(console, "error").mockReturnValue();
    const ana = newCustomer();
    const message = textMessage(ana, "secreto de Ana");
    const response = await withoutD1(() => paloma.webhook(bodyOf(message)));
    expect(response.status).toBe(200);
    expect((await messageOf(message.id)).status).toBe(404);
    expect(errors).toHaveBeenCalledWith(expect.stringContaining("projection_left_to_alarm"));
    expect(JSON.stringify(errors.mock.calls)).not.toMatch(/secreto|998/);

    await runDurableObjectAlarm(objectOf(ana));
    expect((await messageOf(message.id)).body.body).toBe("secreto de Ana");
    expect((await conversationOf(ana)).unread_count).toBe(1);
  });

  it("in D1 for ever, a message is answered before Meta gives up (I2)", async () => {
    vi.spyOn(console, "error").mockReturnValue();
    const texts = Array.from({ length: 3 }, () => textMessage(newCustomer(), "Hola"));
    const d1 = faultyD1();
    for (const messages of [texts.slice(0, 1), texts.slice(1)]) {
      d1.set("hangs");
      const started = Date.now();
      const { result, took } = await timed(
        paloma.webhook(webhookBody(messagesChange({ messages }))),
      );
      expect(result.status).toBe(200);
      expect(Date.now() - started).toBeGreaterThanOrEqual(1400);
      expect(took).toBeLessThan(2500);
    }
    d1.set("none");
    for (const { id, from } of texts) {
      await runDurableObjectAlarm(objectOf(from));
      expect((await messageOf(id)).status).toBe(200);
    }
  });

  it("redelivery repairs what D1 missed (I2, I3)", async () => {
    vi.spyOn(console, "error").mockReturnValue();
    const ana = newCustomer();
    const message = textMessage(ana, "Hola");
    await withoutD1(() => paloma.webhook(bodyOf(message)));
    expect((await paloma.webhook(bodyOf(message))).status).toBe(200);
    expect((await messageOf(message.id)).status).toBe(200);
    expect((await conversationOf(ana)).unread_count).toBe(1);
  });

  it.each<[string, JsonObject]>([
    ["another field", webhookBody({ field: "account_alerts", value: { alert: newWamid() } })],
    ["a dead letter", webhookBody(messagesChange({ messages: [{ from: "52199" }] }))],
  ])("in D1, %s is not taken: Meta must deliver it again (I2)", async (_case, body) => {
    vi.spyOn(console, "error").mockReturnValue();
    const faulty = { DB: withFault(env.DB, { batch: broken("D1") }) };
    const response = await callWith(faulty, await signed(body));
    expect(response.status).toBe(500);
    expect(await response.json()).toMatchObject({ code: "internal", status: 500 });
    expect((await paloma.webhook(body)).status).toBe(200);
  });

  it("in the queue, a status is not taken: Meta must deliver it again (I2)", async () => {
    const errors = vi.spyOn(console, "error").mockReturnValue();
    const ana = newCustomer();
    const out = newWamid();
    const message = textMessage(ana, "Hola");
    const body = webhookBody(
      messagesChange({ messages: [message], statuses: [messageStatus(out, "sent")] }),
    );
    const queue = withFault(env.STATUS_QUEUE, { sendBatch: broken("queue") });
    const response = await callWith({ STATUS_QUEUE: queue }, await signed(body));
    expect(response.status).toBe(500);
    expect(errors).toHaveBeenCalledWith(expect.stringContaining("webhook_not_durable"));
    expect((await paloma.webhook(body)).status).toBe(200);
    expect(await statusesOf(out, 1)).toEqual(["sent"]);
    expect((await conversationOf(ana)).unread_count).toBe(1);
  });

  it("in an object, a message is not taken: Meta must deliver it again (I2)", async () => {
    vi.spyOn(console, "error").mockReturnValue();
    const ana = newCustomer();
    const message = textMessage(ana, "Hola");
    const conversation = withFault(env.CONVERSATION, { get: broken("object") });
    const response = await callWith({ CONVERSATION: conversation }, await signed(bodyOf(message)));
    expect(response.status).toBe(500);
    expect((await messageOf(message.id)).status).toBe(404);
    expect((await paloma.webhook(bodyOf(message))).status).toBe(200);
    expect((await conversationOf(ana)).unread_count).toBe(1);
  });
});

/** A body of one message. */
function bodyOf(message: JsonObject): JsonObject {
  return webhookBody(messagesChange({ messages: [message] }));
}

const objectOf = (waId: string) => conversationAt({ kind: "phone", phone: phoneOf(waId) ?? waId });

async function signed(body: JsonObject): Promise<Request> {
  const bytes = new TextEncoder().encode(JSON.stringify(body));
  const headers = { "x-hub-signature-256": await sign(bytes, APP_SECRET) };
  return new Request(WEBHOOK, { method: "POST", headers, body: bytes });
}

function post(body: Uint8Array, signature: string): Promise<Response> {
  const headers = { "x-hub-signature-256": signature };
  return exports.default.fetch(WEBHOOK, { method: "POST", headers, body });
}

/** The app with some of its environment replaced. */
async function callWith(changes: object, request: Request): Promise<Response> {
  const context = createExecutionContext();
  const response = await app.fetch(request, { ...env, ...changes }, context);
  await waitOnExecutionContext(context);
  return response;
}

/** A binding of which some methods behave otherwise. */
function withFault<Binding extends object>(
  binding: Binding,
  faults: Partial<Record<keyof Binding, unknown>>,
): Binding {
  return new Proxy(binding, {
    get(target, member) {
      const value: unknown = Reflect.get(member in faults ? faults : target, member);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

function messageOf(wamid: string) {
  return paloma.api("GET", `/v1/messages/${encodeURIComponent(wamid)}`);
}

async function conversationOf(customer: string) {
  return (await paloma.api("GET", `/v1/conversations?contact=${customer}`)).body.data[0];
}

/** The newest dead letter that speaks of a wamid. */
async function deadLetterOf(wamid: string) {
  const options = { token: "operator" } as const;
  const { body } = await paloma.api("GET", "/v1/dead-letters?limit=200", undefined, options);
  return body.data
    .map((letter: Answer["body"]) => ({ ...letter, payload: loneEventOf(letter.payload) }))
    .find(({ payload }: { payload: Answer["body"] }) =>
      [payload?.id, payload?.from, payload?.context?.id].includes(wamid),
    );
}

/** What a dead letter is about: the one event of a body, or what a queue message carries. */
function loneEventOf(payload: Answer["body"]) {
  if (typeof payload?.payload === "string") return JSON.parse(payload.payload);
  const value = payload?.entry?.[0]?.changes?.[0]?.value;
  return value?.messages?.[0] ?? value?.statuses?.[0];
}

/** The names of the statuses recorded for a wamid, once there are so many. */
async function statusesOf(wamid: string, expected: number): Promise<string[]> {
  const recorded = () =>
    env.DB.prepare("SELECT status FROM message_statuses WHERE wamid = ? ORDER BY status")
      .bind(wamid)
      .all<{ status: string }>();
  const { results } = await eventually(recorded, (found) => found.results.length >= expected);
  return results.map(({ status }) => status);
}

/** The text of an answer: JSON.parse would round its numbers. */
async function rawAnswer(path: string, token = "clinic"): Promise<string> {
  const headers = { authorization: `Bearer test-${token}-token` };
  const response = await exports.default.fetch(`https://paloma.test${path}`, { headers });
  expect(response.status).toBe(200);
  return response.text();
}

/** JSON of exactly so many bytes. */
function padded(bytes: number): Uint8Array {
  const body = JSON.stringify(bodyOf(textMessage(newCustomer(), "Hola")));
  return new TextEncoder().encode(body + " ".repeat(bytes - body.length));
}

function endlessBody() {
  let sentBytes = 0;
  let canceled = false;
  const stream = new ReadableStream({
    type: "bytes",
    pull(controller) {
      const chunk = new Uint8Array(256 * 1024);
      sentBytes += chunk.byteLength;
      controller.enqueue(chunk);
    },
    cancel() {
      canceled = true;
    },
  });
  return { stream, sent: () => sentBytes, canceled: () => canceled };
}

/** As PHP writes JSON: every character beyond ASCII and every slash behind a backslash. */
function escaped(json: string): string {
  return json
    .replaceAll("/", "\\/")
    .replaceAll(
      /[^\u0020-\u007E]/g,
      (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
    );
}
