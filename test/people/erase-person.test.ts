import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { sendProjection } from "../../src/conversation/state/projection.ts";
import { receiveMessages } from "../../src/conversation/receive.ts";
import { Conversation } from "../../src/conversation/object.ts";
import { upkeep } from "../../src/jobs/cron.ts";
import { consumeQueue } from "../../src/jobs/queues.ts";
import { outboundMessageId } from "../../src/lib/ids.ts";
import type { JsonObject } from "../../src/lib/json.ts";
import { createDatabase } from "../../src/store/d1.ts";
import { keepDeadLetters } from "../../src/store/dead-letters.ts";
import { rememberErased } from "../../src/store/erasures.ts";
import {
  inboundMessage,
  newUserId,
  outgoingTemplate,
  SHOWN,
} from "../support/conversation-messages.ts";
import {
  alarmOf,
  conversationAt,
  rowsIn,
  rowsInD1,
  withoutD1,
} from "../support/conversation-object.ts";
import { fileAtMeta } from "../support/media-files.ts";
import { messageBatch } from "../support/message-batch.ts";
import { eventually, newCustomer, NUMBER, type Paloma, startPaloma } from "../support/paloma.ts";
import { objectsSoFar, searchEverything } from "../support/search-everything.ts";
import { allRows, oneRow, projectRows, statusRow, unique } from "../support/store-rows.ts";
import {
  ACCOUNT,
  type Change,
  contactOf,
  messagesChange,
  messageStatus,
  metadataOf,
  newWamid,
  textMessage,
  unixSeconds,
  webhookBody,
} from "../support/webhook-bodies.ts";
import { stopAllObjects } from "../support/under-way.ts";

const MINUTE_MS = 60_000;

/** What is written a minute before is of before by anybody's clock. */
const BEFORE = unixSeconds(Date.now() - MINUTE_MS);

const database = createDatabase(env.DB);

let paloma: Paloma;
let logged: string[];

beforeEach(() => {
  paloma = startPaloma();
  logged = [];
  for (const level of ["info", "error"] as const) {
    vi.spyOn(console, level).mockImplementation((text: unknown) => {
      logged.push(String(text));
    });
  }
});

const erase = (address: string) =>
  paloma.api("DELETE", `/v1/contacts/${encodeURIComponent(address)}`);

async function conversationsOf(contact: string) {
  const { body } = await paloma.api(
    "GET",
    `/v1/conversations?contact=${encodeURIComponent(contact)}`,
  );
  return body.data;
}

/** What a conversation's object holds of it. */
async function stateOf(stub: ReturnType<typeof conversationAt>) {
  const rows = await rowsIn<{ value: string }>(stub, "SELECT value FROM state");
  return JSON.parse(rows[0]?.value ?? "{}").state;
}

/** The customer's text, as a webhook; `members` say when and by whom. */
function textBody(from: string, body: string, members: JsonObject = {}): JsonObject {
  const message = textMessage(from, body, { timestamp: BEFORE, ...members });
  return webhookBody(
    messagesChange({ contacts: [contactOf(from, "Ximena Única")], messages: [message] }),
  );
}

/** A webhook field with Meta's time of the entry. */
function fieldBody(change: Change, time = BEFORE): JsonObject {
  return {
    object: "whatsapp_business_account",
    entry: [{ id: ACCOUNT, time: Number(time), changes: [change] }],
  };
}

function preferencesBody(from: string, name: string, members: { userId?: string; at?: string }) {
  const { userId, at = BEFORE } = members;
  return fieldBody(
    {
      field: "user_preferences",
      value: {
        messaging_product: "whatsapp",
        metadata: metadataOf(NUMBER),
        contacts: [contactOf(from, name)],
        user_preferences: [
          {
            wa_id: from,
            ...(userId === undefined ? {} : { user_id: userId }),
            detail: "User requested to stop marketing messages",
            category: "marketing_messages",
            value: "stop",
            timestamp: at,
          },
        ],
      },
    },
    at,
  );
}

describe("an erasure leaves nothing", () => {
  test("of everything that a person wrote, got, had and was, in every place", async () => {
    const known = await objectsSoFar();
    const from = newCustomer();
    const national = from.slice(3);
    const name = unique("Ximena ");
    const username = unique("ximena.");
    const userId = String(paloma.simulator.customers.put(from, { username })?.userId);
    const said = unique("texto de la clienta ");
    const answered = unique("texto de la clínica ");
    const fileText = unique("receta ");
    const bodies: JsonObject[] = [];
    const deliver = async (body: JsonObject): Promise<void> => {
      bodies.push(body);
      expect((await paloma.webhook(body)).status).toBe(200);
    };
    const person = { profile: { name, username }, user_id: userId };
    const message = (members: JsonObject) => {
      return { timestamp: unixSeconds(), type: "text", ...members, id: newWamid() };
    };
    const write = (contact: JsonObject, ...messages: JsonObject[]) =>
      deliver(webhookBody(messagesChange({ contacts: [contact], messages })));

    // Two conversations that turn out to be one person's.
    await write(person, message({ from_user_id: userId, text: { body: said } }));
    await write(contactOf(from, name), message({ from, text: { body: `${said} dos` } }));
    const both = { ...person, wa_id: from };
    const first = message({ from, from_user_id: userId, text: { body: `${said} tres` } });
    await write(both, first);
    await eventually(
      () => allRows("SELECT id FROM conversations WHERE phone = ?", `52${national}`),
      (rows) => rows.length === 1,
    );
    const [merged] = await eventually(
      async () => await conversationsOf(userId),
      (found) => found.length === 1 && found[0].contact.phone !== null,
    );

    await paloma.simulator.customers.write({ from, name, content: { type: "text", body: said } });
    await paloma.simulator.flush();

    // A file, an edit, a reaction.
    const file = await fileAtMeta({}, new TextEncoder().encode(fileText));
    await env.DB.prepare("DELETE FROM media WHERE id = ?").bind(file.id).run();
    const document = message({
      from,
      type: "document",
      document: {
        id: file.meta_id,
        mime_type: "application/pdf",
        sha256: file.sha256,
        filename: `${name}.pdf`,
        caption: said,
      },
    });
    await write(both, document);
    await write(
      both,
      message({
        from,
        type: "edit",
        edit: {
          original_message_id: first.id,
          message: { type: "text", text: { body: `${said} corregido` } },
        },
      }),
      message({
        from,
        type: "reaction",
        reaction: { message_id: first.id, emoji: "🐈" },
      }),
    );
    const stored = await eventually(
      () => paloma.api("GET", `/v1/messages/${document.id}`),
      ({ body }) => body.attachments[0].stored,
    );
    const mediaId = stored.body.attachments[0].media_id;
    expect(await (await env.MEDIA.get(mediaId))?.text()).toBe(fileText);

    // Our messages, sent and waiting, with their statuses.
    await paloma.api("PUT", `/v1/contacts/${from}`, { name: `${name} B`, owner: "client-9" });
    const bill = `%PDF-1.7 ${answered} adjunto`;
    const upload = await paloma.api("POST", "/v1/media?filename=cuenta.pdf", bill, {
      headers: { "content-type": "application/pdf" },
    });
    expect(upload.status).toBe(201);
    const sent = await paloma.api("POST", "/v1/messages", { to: from, text: { body: answered } });
    expect(sent.status).toBe(201);
    await paloma.api("POST", "/v1/messages", {
      to: from,
      type: "document",
      document: { media_id: upload.body.id, caption: answered },
    });
    const scheduled = await paloma.api("POST", "/v1/messages", {
      to: from,
      text: { body: `${answered} mañana` },
      send_at: new Date(Date.now() + 60 * MINUTE_MS).toISOString(),
    });
    expect(scheduled.status).toBe(202);
    const status = messageStatus(sent.body.wamid, "delivered", { recipient_id: from });
    await deliver(webhookBody(messagesChange({ statuses: [status] })));
    const orphan = messageStatus(newWamid(), "sent", {
      recipient_id: from,
      recipient_user_id: userId,
    });
    await deliver(webhookBody(messagesChange({ statuses: [orphan] })));
    await eventually(
      () => allRows("SELECT 1 FROM message_statuses WHERE wamid = ?", orphan.id),
      (rows) => rows.length === 1,
    );

    // Other fields, some of them about others as well, and what could not be processed.
    await deliver(preferencesBody(from, name, { userId }));
    const other = newCustomer();
    await deliver(
      fieldBody({
        field: "smb_app_state_sync",
        value: {
          metadata: metadataOf(NUMBER),
          state_sync: [
            { type: "contact", contact: { full_name: name, phone_number: `+${from}` } },
            { type: "contact", contact: { full_name: "Otra", phone_number: other } },
          ],
        },
      }),
    );
    const { id: _id, ...withoutId } = textMessage(from, said);
    await deliver(
      webhookBody(messagesChange({ contacts: [contactOf(from, name)], messages: [withoutId] })),
    );
    await keepDeadLetters(
      database,
      [
        {
          source: "message",
          reason: "D1 refused its content",
          payload: JSON.stringify({ conversation_id: merged.id, message: { payload: said } }),
        },
        {
          source: "webhook",
          reason: "nested too deeply",
          payload: JSON.stringify({ from, filler: "x".repeat(700_000), said }),
        },
      ],
      Date.now(),
    );

    const { results: rows } = await env.DB.prepare(
      "SELECT wamid FROM messages WHERE conversation_id = ? AND wamid IS NOT NULL",
    )
      .bind(merged.id)
      .all<{ wamid: string }>();
    expect(rows.length).toBeGreaterThanOrEqual(6);
    const texts = [
      national,
      name,
      username,
      userId,
      said,
      answered,
      fileText,
      orphan.id,
      ...rows.map(({ wamid }) => wamid),
    ];
    const now = await objectsSoFar();
    const objects = [...now.difference(known)];
    const before = await searchEverything(texts, objects);
    for (const text of texts) expect(before.map((find) => find.text)).toContain(text);
    for (const place of ["messages", "message_statuses", "contacts", "account_events"]) {
      expect(before.some(({ where }) => where.startsWith(`D1 ${place}.`))).toBe(true);
    }
    for (const place of ["dead_letters", "oversized_values", "media", "conversations"]) {
      expect(before.some(({ where }) => where.startsWith(`D1 ${place}.`))).toBe(true);
    }
    expect(before.some(({ where }) => where.startsWith("object "))).toBe(true);
    expect(before.some(({ where }) => where === "bucket")).toBe(true);

    expect(await erase(`+52 ${national}`)).toMatchObject({ status: 204, body: "" });

    const all = [...(await objectsSoFar()).difference(known)];
    expect(await searchEverything(texts, all)).toEqual([]);
    expect(logged.filter((line) => texts.some((text) => line.includes(text)))).toEqual([]);
    // What is others' stays.
    const [sync] = await allRows(
      "SELECT value FROM account_events WHERE value LIKE ?",
      `%${other}%`,
    );
    expect(JSON.parse(String(sync?.["value"])).state_sync).toEqual([
      { type: "contact", contact: { full_name: "Otra", phone_number: other } },
    ]);
    for (const path of [
      `/v1/contacts/${from}`,
      `/v1/conversations/${merged.id}`,
      `/v1/messages/${sent.body.id}`,
      `/v1/media/${mediaId}`,
    ]) {
      expect((await paloma.api("GET", path)).status).toBe(404);
    }

    // All of it once more, and a status of what was sent before.
    for (const body of bodies) expect((await paloma.webhook(body)).status).toBe(200);
    const late = messageStatus(sent.body.wamid, "read", { recipient_id: from });
    const statuses = [statusRow(sent.body.wamid, "read", { payload: JSON.stringify(late) })];
    await consumeQueue(messageBatch("paloma-status", [{ body: statuses[0] }]).batch, env);
    await scheduler.wait(300);
    expect(await searchEverything(texts, all)).toEqual([]);
    expect(logged.filter((line) => texts.some((text) => line.includes(text)))).toEqual([]);
  });
});

describe("an erasure", () => {
  test("of nobody is not found, and once more of somebody is done already", async () => {
    const from = newCustomer();
    for (const address of [from, newUserId()]) {
      expect(await erase(address)).toMatchObject({ status: 404, body: { code: "not_found" } });
    }
    await paloma.webhook(textBody(from, "hola"));
    for (const address of [from, `+52${from.slice(3)}`, from]) {
      expect((await erase(address)).status).toBe(204);
    }
  });

  test("of somebody who is known by a preference, by a call or by what was put alone", async () => {
    const [stopped, called, put] = [newCustomer(), newCustomer(), newCustomer()];
    await paloma.webhook(preferencesBody(stopped, "Ximena", {}));
    const calls = [{ id: "wacid.1", from: called, event: "connect", timestamp: BEFORE }];
    const value = { metadata: metadataOf(NUMBER), calls };
    await paloma.webhook(fieldBody({ field: "calls", value }));
    await paloma.api("PUT", `/v1/contacts/${put}`, { name: "Ximena" });
    for (const address of [stopped, called, put]) {
      expect((await erase(address)).status).toBe(204);
      expect((await paloma.api("GET", `/v1/contacts/${address}`)).status).toBe(404);
      const rows = await allRows("SELECT 1 FROM account_events WHERE value LIKE ?", `%${address}%`);
      expect(rows).toEqual([]);
    }
  });

  test("holds for what was written in its very second to an address that moved since", async () => {
    const at = Date.now();
    const from = newCustomer();
    const user_id = newUserId();
    const contact = { profile: { name: "Ximena" }, user_id };
    const message = { type: "text", text: { body: "hola" }, timestamp: unixSeconds(at) };
    const write = (members: JsonObject, id = newWamid()) =>
      webhookBody(
        messagesChange({
          contacts: [{ ...contact, ...(members["from"] === undefined ? {} : { wa_id: from }) }],
          messages: [{ ...message, ...members, id }],
        }),
      );
    const alone = write({ from_user_id: user_id });
    for (const body of [alone, write({ from, from_user_id: user_id })]) await paloma.webhook(body);
    await eventually(
      () => conversationsOf(user_id),
      (found) => found.length === 1 && found[0].contact.phone !== null,
    );
    vi.useFakeTimers({ toFake: ["Date"], now: at });
    expect((await erase(from)).status).toBe(204);
    vi.useRealTimers();
    await paloma.webhook(alone);
    expect(await conversationsOf(user_id)).toEqual([]);
  });

  test("needs the scope admin", async () => {
    const { status } = await paloma.api("DELETE", `/v1/contacts/${newCustomer()}`, undefined, {
      token: "sender",
    });
    expect(status).toBe(403);
  });

  test("lets nothing leave that waits to be sent, now or later (I7)", async () => {
    const to = newCustomer();
    const template = {
      name: "appointment_reminder",
      params: { name: "Ana", pet: "Luna", date: "lunes", time: "10:00" },
    };
    const send_at = new Date(Date.now() + MINUTE_MS).toISOString();
    const waiting = await paloma.api("POST", "/v1/messages", {
      to,
      type: "template",
      template,
      send_at,
    });
    expect(waiting.body.status).toBe("scheduled");
    const stub = conversationAt({ kind: "phone", phone: `52${to.slice(3)}` });
    expect(await alarmOf(stub)).not.toBeNull();
    expect((await erase(to)).status).toBe(204);
    expect(await alarmOf(stub)).toBeNull();
    await runInDurableObject(stub, (object: Conversation) => object.alarm());
    await upkeep(env, Date.now() + 10 * MINUTE_MS);
    expect(paloma.simulator.sent).toEqual([]);
    expect((await paloma.api("GET", `/v1/messages/${waiting.body.id}`)).status).toBe(404);
    expect((await paloma.api("DELETE", `/v1/messages/${waiting.body.id}`)).status).toBe(404);
  });

  test("keeps what others carry of the same upload, and takes what they were passed on of theirs", async () => {
    const [from, other] = [newCustomer(), newCustomer()];
    for (const each of [from, other]) {
      const content = { type: "document", base64: btoa("mío"), filename: "mío.pdf" } as const;
      await paloma.simulator.customers.write({ from: each, content });
    }
    await paloma.simulator.flush();
    const upload = await paloma.api("POST", "/v1/media", "%PDF de todos", {
      headers: { "content-type": "application/pdf" },
    });
    for (const to of [from, other]) {
      const document = { media_id: upload.body.id };
      await paloma.api("POST", "/v1/messages", { to, type: "document", document });
    }
    expect((await erase(from)).status).toBe(204);
    expect((await paloma.api("GET", `/v1/media/${upload.body.id}`)).status).toBe(200);
    expect((await erase(other)).status).toBe(204);
    expect((await paloma.api("GET", `/v1/media/${upload.body.id}`)).status).toBe(404);
  });

  test("of a group's member takes what that member wrote, and nothing of the others", async () => {
    const [from, other] = [newCustomer(), newCustomer()];
    const group_id = unique("group-");
    for (const each of [from, other]) {
      await paloma.webhook(textBody(each, `soy ${each}`, { group_id }));
    }
    expect((await erase(from)).status).toBe(204);
    const left = await allRows(
      `SELECT body FROM messages WHERE conversation_id IN (
         SELECT id FROM conversations WHERE group_id = ?)`,
      group_id,
    );
    expect(left).toEqual([{ body: `soy ${other}` }]);
  });

  test("of a group's member is not undone by a webhook of before, known or not", async () => {
    const [from, other] = [newCustomer(), newCustomer()];
    const group_id = unique("group-");
    const known = textBody(from, "antes", { group_id });
    await paloma.webhook(textBody(other, "hola", { group_id }));
    await paloma.webhook(known);
    expect((await erase(from)).status).toBe(204);
    // It forgets what D1 has already, as it does asleep.
    await stopAllObjects();
    await paloma.webhook(known);
    await paloma.webhook(textBody(from, "antes también", { group_id }));
    await paloma.webhook(
      textBody(from, "después", { group_id, timestamp: unixSeconds(Date.now() + 2000) }),
    );
    const bodies = await allRows(
      `SELECT body FROM messages WHERE conversation_id IN (
         SELECT id FROM conversations WHERE group_id = ?) ORDER BY id`,
      group_id,
    );
    expect(bodies.map(({ body }) => body)).toEqual(["hola", "después"]);
  });

  test("waits while two conversations of the person become one", async () => {
    const from = newCustomer();
    await paloma.webhook(textBody(from, "hola"));
    const stub = conversationAt({ kind: "phone", phone: `52${from.slice(3)}` });
    const [{ id }] = await conversationsOf(from);
    vi.spyOn(Conversation.prototype, "staying").mockRejectedValue(new Error("not now"));
    const into = env.CONVERSATION.idFromName(unique("another ")).toString();
    await stub.pointTo(into);
    expect(await erase(from)).toMatchObject({ status: 503, body: { code: "unavailable" } });
    expect((await paloma.api("GET", `/v1/conversations/${id}`)).status).toBe(200);
    vi.restoreAllMocks();
  });

  test("that broke off goes on when it is repeated", async () => {
    const from = newCustomer();
    await paloma.webhook(textBody(from, "hola"));
    const remove = vi.spyOn(Object.getPrototypeOf(env.DB), "batch").mockImplementationOnce(() => {
      throw new Error("D1_ERROR: D1 DB is overloaded.");
    });
    expect((await erase(from)).status).toBe(500);
    remove.mockRestore();
    expect((await erase(from)).status).toBe(204);
    expect(await conversationsOf(from)).toEqual([]);
  });
});

describe("what is under way while somebody is erased does not bring them back:", () => {
  const addressOf = (customer: string) => {
    return { kind: "phone" as const, phone: `52${customer.slice(3)}` };
  };

  test("a message that its object took and D1 did not see yet", async () => {
    const from = newCustomer();
    const at = Date.now() - MINUTE_MS;
    const payload = JSON.stringify({
      type: "image",
      image: { id: "12345", mime_type: "image/png" },
    });
    const message = inboundMessage({ address: addressOf(from), at, payload, type: "image" });
    expect(await withoutD1(() => receiveMessages(env, [message]))).toHaveLength(1);
    expect((await erase(from)).status).toBe(204);
    await runDurableObjectAlarm(conversationAt(message.address));
    for (const table of ["conversations", "messages", "media"]) {
      const column = table === "conversations" ? "phone" : "phone_number_id";
      const rows = await allRows(
        table === "conversations"
          ? "SELECT id FROM conversations WHERE phone = ?"
          : `SELECT id FROM ${table} WHERE ${column} = '${NUMBER}' AND id LIKE ?`,
        table === "conversations" ? addressOf(from).phone : `%${message.id.slice(4)}`,
      );
      expect(rows).toEqual([]);
    }
  });

  test("a send that was claimed, and one that is about to be", async () => {
    const to = newCustomer();
    const address = addressOf(to);
    await paloma.webhook(textBody(to, "hola"));
    const [{ id: conversation_id }] = await conversationsOf(to);
    const outgoing = outgoingTemplate({ dial: { to: `+${to}` } });
    expect((await erase(to)).status).toBe(204);
    const before = outgoingTemplate({ id: outboundMessageId(Date.now() - MINUTE_MS) });
    const shown = { ...SHOWN, body: "Hola de antes" };
    const send = {
      message_id: outgoing.id,
      revision: 1,
      report: { state: "queued" as const, error: null },
      message: { ...outgoing, made_at: Date.now() - MINUTE_MS, shown },
    };
    await projectRows({ sends: [sendProjection(conversation_id, send)] });
    expect(await rowsInD1("SELECT id FROM messages WHERE body = ?", shown.body)).toEqual([]);
    const stub = conversationAt(address);
    expect(await stub.send(before, address)).toBeNull();
    await stub.enqueue([{ ...outgoingTemplate(), fallback_of: before.id }], null);
    await stub.enqueue([outgoingTemplate()], null);
    expect(await rowsIn(stub, "SELECT * FROM outbox")).toEqual([]);
    expect(paloma.simulator.sent).toEqual([]);
  });

  test("a request that is repeated with its idempotency key (I7)", async () => {
    const to = newCustomer();
    const content = { type: "text", body: "hola" } as const;
    await paloma.simulator.customers.write({ from: to, content });
    await paloma.simulator.flush();
    const send = (key: string) =>
      paloma.api(
        "POST",
        "/v1/messages",
        {
          to,
          type: "template",
          template: {
            name: "appointment_reminder",
            params: { name: "Ana", pet: "Luna", date: "lunes", time: "10:00" },
          },
        },
        { headers: { "idempotency-key": key } },
      );
    const [key, another] = [unique("key-"), unique("key-")];
    expect((await send(key)).status).toBe(201);
    expect((await erase(to)).status).toBe(204);
    expect(await send(key)).toMatchObject({ status: 404, body: { code: "not_found" } });
    expect(paloma.simulator.sent).toHaveLength(1);
    expect(await conversationsOf(to)).toEqual([]);
    expect((await send(another)).status).toBe(201);
    expect(paloma.simulator.sent).toHaveLength(2);
  });

  test("a request that finds it out says so", async () => {
    const to = newCustomer();
    await paloma.webhook(textBody(to, "hola"));
    const [{ id: conversation_id }] = await conversationsOf(to);
    const send = vi.spyOn(Conversation.prototype, "dispatch").mockImplementationOnce(async () => {
      const id = conversation_id;
      await rememberErased(database, [{ id, version: 1, erased_at: Date.now() }]);
      return { kind: "not_taken" };
    });
    const answer = await paloma.api("POST", "/v1/messages", {
      conversation_id,
      text: { body: "x" },
    });
    expect(answer).toMatchObject({ status: 404, body: { code: "not_found" } });
    expect(answer.body.detail).toContain("erased");
    send.mockRestore();
  });

  test("a conversation on its way into theirs", async () => {
    const from = newCustomer();
    const address = addressOf(from);
    await paloma.webhook(textBody(from, "hola"));
    const stub = conversationAt(address);
    const state = await stateOf(stub);
    expect((await erase(from)).status).toBe(204);
    const snapshot = { state, home: null, seen: [], outbox: [] };
    expect(await stub.absorb("another", snapshot)).toBeNull();
    expect(await stub.whereabouts()).toBeNull();
  });

  test("a file on its way into the bucket", async () => {
    const from = newCustomer();
    const file = await fileAtMeta();
    const places = { ...file };
    const keep = env.MEDIA.put.bind(env.MEDIA);
    await keep(places.id, "a part of an earlier try");
    await env.DB.prepare("DELETE FROM media WHERE id = ?").bind(file.id).run();
    const job = { version: 1, media_id: file.id };
    const { batch, acked } = messageBatch("paloma-media", [{ body: job }]);
    await consumeQueue(batch, env);
    expect(acked()).toEqual(["0"]);
    expect(await env.MEDIA.head(file.id)).toBeNull();
    expect((await erase(from)).status).toBe(404);
  });

  test("a call and a changed BSUID of before", async () => {
    const from = newCustomer();
    await paloma.webhook(textBody(from, "hola"));
    expect((await erase(from)).status).toBe(204);
    const stub = conversationAt(addressOf(from));
    await stub.receiveCall(NUMBER, addressOf(from), Number(BEFORE) * 1000);
    expect(await stub.whereabouts()).toBeNull();
    await paloma.webhook(textBody(from, "después", { timestamp: unixSeconds() }));
    await stub.identify(newUserId(), Number(BEFORE) * 1000);
    expect((await stub.whereabouts())?.addresses).toHaveLength(1);
  });

  test("a preference of before; a later one holds", async () => {
    const from = newCustomer();
    await paloma.webhook(preferencesBody(from, "Ximena", {}));
    expect((await erase(from)).status).toBe(204);
    await paloma.webhook(preferencesBody(from, "Ximena", {}));
    expect((await paloma.api("GET", `/v1/contacts/${from}`)).status).toBe(404);
    const at = unixSeconds(Date.now() + 2000);
    await paloma.webhook(preferencesBody(from, "Ximena", { at }));
    expect((await paloma.api("GET", `/v1/contacts/${from}`)).status).toBe(200);
  });
});

describe("an erasure while D1 holds a webhook up", () => {
  test("leaves nothing of what it reports of the person, and the others' part comes with its redelivery", async () => {
    const [from, other] = [newCustomer(), newCustomer()];
    await paloma.webhook(textBody(from, "hola"));
    const contact = (phone: string) => ({ type: "contact", contact: { phone_number: phone } });
    const preference = preferencesBody(from, "Ximena", {});
    const contacts = fieldBody({
      field: "smb_app_state_sync",
      value: { metadata: metadataOf(NUMBER), state_sync: [contact(from), contact(other)] },
    });
    const released = Promise.withResolvers<null>();
    const late: Promise<unknown>[] = [];
    let isHeld = true;
    const d1: D1Database = Object.getPrototypeOf(env.DB);
    // oxlint-disable-next-line typescript/unbound-method -- called on the database below
    const original = d1.batch;
    vi.spyOn(d1, "batch").mockImplementation(async function (this: D1Database, ...given) {
      if (!isHeld) return original.apply(this, given);
      const result = released.promise.then(() => original.apply(this, given));
      late.push(result.catch(() => null));
      return result;
    });
    const webhooks = [preference, contacts].map((body) => paloma.webhook(body));
    // The raw values of both, and the choice.
    await eventually(
      async () => late.length,
      (held) => held === 3,
    );
    isHeld = false;
    expect((await erase(from)).status).toBe(204);
    released.resolve(null);
    expect((await Promise.all(webhooks)).map(({ status }) => status)).toEqual([500, 500]);
    await Promise.all(late);
    const canonical = `52${from.slice(3)}`;
    expect(await allRows("SELECT * FROM contacts WHERE address = ?", canonical)).toEqual([]);
    const naming = (phone: string) =>
      allRows("SELECT value FROM account_events WHERE instr(value, ?)", phone);
    expect(await naming(from)).toEqual([]);
    await paloma.webhook(contacts);
    expect(await naming(from)).toEqual([]);
    expect(await naming(other)).toHaveLength(1);
  });
});

describe("after an erasure", () => {
  test("subscribers go on counting where the old conversation ended", async () => {
    const from = newCustomer();
    await paloma.webhook(textBody(from, "antes"));
    const stub = conversationAt({ kind: "phone", phone: `52${from.slice(3)}` });
    const before = (await stateOf(stub)).sequence;
    expect((await erase(from)).status).toBe(204);
    await paloma.webhook(textBody(from, "después", { timestamp: unixSeconds() }));
    // The conversation that began, and its first message.
    expect((await stateOf(stub)).sequence).toBe(before + 2);
  });

  test("what was stamped before is ignored, and what comes later starts anew with one unread", async () => {
    const from = newCustomer();
    const old = textBody(from, "antes");
    await paloma.webhook(old);
    const [was] = await conversationsOf(from);
    expect(was.unread_count).toBe(1);
    expect((await erase(from)).status).toBe(204);
    await paloma.webhook(old);
    // Never seen, but of before.
    await paloma.webhook(textBody(from, "antes también"));
    expect(await conversationsOf(from)).toEqual([]);
    await paloma.webhook(textBody(from, "después", { timestamp: unixSeconds() }));
    await paloma.webhook(old);
    const [anew] = await conversationsOf(from);
    expect(anew).toMatchObject({ unread_count: 1, status: "pending" });
    const { body } = await paloma.api("GET", `/v1/conversations/${anew.id}/messages`);
    expect(body.data.map((each: { body: string }) => each.body)).toEqual(["después"]);
  });

  test("a message of the very second of the erasure is known by whether it was here", async () => {
    const from = newCustomer();
    const here = textBody(from, "antes", { timestamp: unixSeconds() });
    await paloma.webhook(here);
    expect((await erase(from)).status).toBe(204);
    const { erased_at } = await oneRow("SELECT max(erased_at) AS erased_at FROM erasures");
    const timestamp = unixSeconds(Number(erased_at));
    await paloma.webhook(textBody(from, "después", { timestamp }));
    await paloma.webhook(here);
    expect(await conversationsOf(from)).toMatchObject([{ unread_count: 1 }]);
  });
});
