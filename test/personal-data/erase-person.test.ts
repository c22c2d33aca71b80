import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { consumeQueue } from "../../src/consume-queue.ts";
import type { JsonObject } from "../../src/json.ts";
import { createDatabase } from "../../src/store/database.ts";
import { keepDeadLetters } from "../../src/store/dead-letters.ts";
import { fileAtMeta } from "../support/media-files.ts";
import { messageBatch } from "../support/message-batch.ts";
import { eventually, newCustomer, NUMBER, startPaloma, type Paloma } from "../support/paloma.ts";
import { objectsSoFar, searchEverything } from "../support/search-everything.ts";
import { allRows, oneRow, statusRow, unique } from "../support/store-rows.ts";
import {
  ACCOUNT,
  contactOf,
  messagesChange,
  messageStatus,
  metadataOf,
  newWamid,
  textMessage,
  unixSeconds,
  webhookBody,
  type Change,
} from "../support/webhook-bodies.ts";

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
  test("of whatever a person said, was told, had and was, wherever it stood", async () => {
    const known = await objectsSoFar();
    const from = newCustomer();
    const national = from.slice(3);
    const name = unique("Ximena ");
    const username = unique("ximena.");
    const userId = String(paloma.simulator.customers.put(from, { username })?.userId);
    const said = unique("texto de la clienta ");
    const told = unique("texto de la clínica ");
    const fileText = unique("receta ");
    const bodies: JsonObject[] = [];
    const deliver = async (body: JsonObject): Promise<void> => {
      bodies.push(body);
      expect((await paloma.webhook(body)).status).toBe(200);
    };
    const person = { profile: { name, username }, user_id: userId };
    const message = (members: JsonObject): JsonObject => {
      return { id: newWamid(), timestamp: unixSeconds(), type: "text", ...members };
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
          original_message_id: String(first["id"]),
          message: { type: "text", text: { body: `${said} corregido` } },
        },
      }),
      message({
        from,
        type: "reaction",
        reaction: { message_id: String(first["id"]), emoji: "🐈" },
      }),
    );
    const stored = await eventually(
      () => paloma.api("GET", `/v1/messages/${String(document["id"])}`),
      ({ body }) => body.attachments[0].stored,
    );
    const mediaId = stored.body.attachments[0].media_id;
    expect(await (await env.MEDIA.get(mediaId))?.text()).toBe(fileText);

    // What we told, sent and waiting, with its statuses.
    await paloma.api("PUT", `/v1/contacts/${from}`, { name: `${name} B`, owner: "client-9" });
    const upload = await paloma.api("POST", "/v1/media?filename=cuenta.pdf", `${told} adjunto`, {
      headers: { "content-type": "application/pdf", "content-length": "60" },
    });
    const sent = await paloma.api("POST", "/v1/messages", { to: from, text: { body: told } });
    expect(sent.status).toBe(201);
    if (upload.status === 201) {
      await paloma.api("POST", "/v1/messages", {
        to: from,
        type: "document",
        document: { media_id: upload.body.id, caption: told },
      });
    }
    const scheduled = await paloma.api("POST", "/v1/messages", {
      to: from,
      text: { body: `${told} mañana` },
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
      () => allRows("SELECT 1 FROM message_statuses WHERE wamid = ?", String(orphan["id"])),
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
      ...[national, name, username, userId, said, told, fileText, String(orphan["id"])],
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

describe("after an erasure", () => {
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
