import { env, exports } from "cloudflare:workers";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { conversationName } from "../../../src/lib/address.ts";
import { createDatabase } from "../../../src/store/d1.ts";
import { keepDeadLetters } from "../../../src/store/dead-letters.ts";
import { newPhoneAddress } from "../../support/conversation-messages.ts";
import { faultyD1 } from "../../support/faulty-d1.ts";
import { newCustomer, NUMBER, type Paloma, startPaloma } from "../../support/paloma.ts";
import {
  conversationRow,
  messageIdAt,
  messageRow,
  NOON,
  projectRows,
} from "../../support/store-rows.ts";
import {
  ACCOUNT,
  messagesChange,
  messageStatus,
  metadataOf,
  webhookBody,
} from "../../support/webhook-bodies.ts";

let paloma: Paloma;

beforeEach(() => {
  vi.spyOn(console, "info").mockReturnValue();
  paloma = startPaloma();
});

type Line = {
  type: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- a test names the members it expects
  data: any;
};

const TOKEN = { authorization: "Bearer test-operator-token" };

const urlOf = (address: string) =>
  `https://paloma.test/v1/contacts/${encodeURIComponent(address)}/export`;

async function exported(address: string): Promise<Line[]> {
  const response = await exports.default.fetch(urlOf(address), { headers: TOKEN });
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toBe("application/x-ndjson");
  expect(response.headers.get("cache-control")).toBe("no-store");
  const text = await response.text();
  return text
    .trimEnd()
    .split("\n")
    .map((line): Line => JSON.parse(line));
}

describe("GET /v1/contacts/{address}/export", () => {
  test("tells all that is kept of a person, in every spelling of the address", async () => {
    const { api, simulator } = paloma;
    const from = newCustomer();
    await simulator.customers.write({
      from,
      name: "Ana",
      content: { type: "text", body: "¡Hola!" },
    });
    await simulator.customers.write({
      from,
      name: "Ana",
      content: { type: "document", base64: btoa("receta"), filename: "receta.pdf" },
    });
    await simulator.flush();
    const sent = await api("POST", "/v1/messages", { to: from, text: { body: "Hola Ana" } });
    const status = messageStatus(sent.body.wamid, "read", { recipient_id: from });
    await paloma.webhook(webhookBody(messagesChange({ statuses: [status] })));
    await api("PUT", `/v1/contacts/${from}`, { name: "Ana Ñúñez", owner: "client-1" });
    const stop = { wa_id: from, value: "stop", timestamp: "1790000000" };
    const other = { wa_id: newCustomer(), value: "stop", timestamp: "1790000000" };
    const value = { metadata: metadataOf(NUMBER), user_preferences: [stop, other] };
    await paloma.webhook({
      object: "whatsapp_business_account",
      entry: [{ id: ACCOUNT, changes: [{ field: "user_preferences", value }] }],
    });
    const letter = {
      source: "status",
      reason: "larger than a queue message",
      payload: `{"to":"${from}"}`,
    };
    await keepDeadLetters(createDatabase(env.DB), [letter], Date.now());
    await vi.waitUntil(async () => {
      const { body } = await api("GET", `/v1/messages/${sent.body.id}`);
      return body.statuses.some((each: { status: string }) => each.status === "read");
    });

    const lines = await exported(from);
    expect(lines.map(({ type }) => type)).toEqual([
      "contact",
      "conversation",
      "message",
      "message",
      "message",
      "event",
      "dead_letter",
      "end",
    ]);
    const [contact, conversation, , , told, event, dead, end] = lines;
    // Two within a second have no order of their own.
    const ofType = (type: string) => lines.find(({ data }) => data.type === type);
    const { body: shown } = await api("GET", `/v1/contacts/${from}`);
    expect(contact?.data).toEqual({
      ...shown,
      marketing: "stop",
      marketing_at: new Date(1790000000 * 1000).toISOString(),
    });
    const id = conversation?.data.id;
    expect(conversation?.data).toEqual((await api("GET", `/v1/conversations/${id}`)).body);
    expect(ofType("text")?.data).toMatchObject({
      body: "¡Hola!",
      direction: "inbound",
      statuses: [],
    });
    const [attachment] = ofType("document")?.data.attachments ?? [];
    expect(attachment).toMatchObject({ type: "document", url: `/v1/media/${attachment.media_id}` });
    expect(told?.data).toEqual((await api("GET", `/v1/messages/${sent.body.id}`)).body);
    expect(told?.data.statuses.length).toBeGreaterThan(0);
    expect(event?.data).toMatchObject({ field: "user_preferences", about: [stop] });
    expect(dead?.data).toMatchObject({ reason: letter.reason, payload: letter.payload });
    expect(end?.data).toEqual({ messages: 3 });

    const userId = String(simulator.customers.find(from)?.userId);
    for (const address of [`+52 ${from.slice(3)}`, userId]) {
      expect((await exported(address)).length).toBe(lines.length);
    }
  });

  test("of nobody is not found, and needs the scope admin", async () => {
    const path = `/v1/contacts/${newCustomer()}/export`;
    expect((await paloma.api("GET", path)).status).toBe(404);
    expect((await paloma.api("GET", path, undefined, { token: "reader" })).status).toBe(403);
    expect((await paloma.api("GET", "/v1/contacts/nobody/export")).status).toBe(422);
  });

  test("goes page by page, in order, and reads on only as far as somebody reads it", async () => {
    const { phone } = newPhoneAddress();
    const name = conversationName(NUMBER, { kind: "phone", phone });
    const id = env.CONVERSATION.idFromName(name).toString();
    const conversation = conversationRow({ id, phone, wa_id: phone });
    const messages = Array.from({ length: 450 }, (_, place) =>
      messageRow(conversation, { id: messageIdAt(NOON + place), body: String(place) }),
    );
    await projectRows({ conversations: [conversation], messages });
    const response = await exports.default.fetch(urlOf(phone), { headers: TOKEN });
    const reader = response.body?.getReader();
    const asked = vi.spyOn(Object.getPrototypeOf(env.DB.prepare("SELECT 1")), "all");
    const raw = vi.spyOn(Object.getPrototypeOf(env.DB.prepare("SELECT 1")), "raw");
    const chunks: string[] = [];
    const lookUps: number[] = [];
    for (;;) {
      const before = asked.mock.calls.length + raw.mock.calls.length;
      const chunk = await reader?.read();
      if (chunk === undefined || chunk.done) break;
      const text = new TextDecoder().decode(chunk.value);
      chunks.push(text);
      // Raw texts are looked through after the messages.
      if (text.includes('"type":"message"')) {
        lookUps.push(asked.mock.calls.length + raw.mock.calls.length - before);
      }
    }
    // Two look-ups a page of messages: nothing is read ahead.
    expect(Math.max(...lookUps)).toBeLessThanOrEqual(8);
    const lines = chunks
      .join("")
      .trimEnd()
      .split("\n")
      .map((line): Line => JSON.parse(line));
    const bodies = lines.filter(({ type }) => type === "message").map(({ data }) => data.body);
    expect(bodies).toEqual(messages.map(({ body }) => body));
    expect(lines.at(-1)).toEqual({ type: "end", data: { messages: 450 } });
  });

  test("that breaks off ends without its last line", async () => {
    const error = vi.spyOn(console, "error").mockReturnValue();
    const from = newCustomer();
    await paloma.simulator.customers.write({ from, content: { type: "text", body: "hola" } });
    await paloma.simulator.flush();
    const response = await exports.default.fetch(urlOf(from), { headers: TOKEN });
    faultyD1().set("refused");
    await expect(response.text()).rejects.toThrow("the export broke off");
    expect(error).toHaveBeenCalledWith(expect.stringContaining("export_broken_off"));
  });
});
