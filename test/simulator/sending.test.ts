import { describe, expect, it } from "vitest";
import {
  ANA,
  APP_SECRET,
  HOUR_MS,
  list,
  NOON_MS,
  NUMBER,
  object,
  startSimulator,
  statusesOf,
} from "./start-simulator.ts";

const TEXT = { type: "text", text: { body: "Hola Ana" } };
const REMINDER = {
  type: "template",
  template: {
    name: "order_ready",
    language: { code: "es_MX" },
    components: [
      {
        type: "body",
        parameters: [
          { type: "text", text: "Ana" },
          { type: "text", text: "1042" },
        ],
      },
    ],
  },
};
const WINDOW_MS = 24 * HOUR_MS;

const phoneOf = (index: number): string => `+52998333${String(index).padStart(4, "0")}`;

const read = (wamid: string, more: object = {}): object => ({
  messaging_product: "whatsapp",
  status: "read",
  message_id: wamid,
  ...more,
});

describe("access", () => {
  it.each([{}, { Authorization: "Bearer wrong" }, { Authorization: "token-of-the-clinic" }])(
    "answers 401 and 190 to %j",
    async (headers) => {
      const { simulator } = startSimulator();
      const url = `https://graph.facebook.com/v25.0/${NUMBER}`;
      const response = await simulator.fetch(new Request(url, { headers }));
      expect(response.status).toBe(401);
      expect(await response.json()).toMatchObject({ error: { code: 190, type: "OAuthException" } });
    },
  );

  it("takes the token from the query, and keeps it out of the log", async () => {
    const { simulator } = startSimulator();
    const url = `https://graph.facebook.com/v25.0/${NUMBER}?access_token=token-of-the-clinic&fields=status`;
    const response = await simulator.fetch(new Request(url));
    expect(await response.json()).toEqual({ id: NUMBER, status: "CONNECTED" });
    expect(simulator.calls[0]).toMatchObject({ query: "fields=status", status: 200 });
  });

  it.each([
    ["POST", "999/messages"],
    ["POST", "999/media"],
    ["GET", "999"],
    ["DELETE", "999"],
    ["GET", "999/message_templates"],
    ["POST", "999/message_templates"],
    ["GET", "999/subscribed_apps"],
    ["POST", "999/subscribed_apps"],
    ["PUT", "999/nonsense/of/any/kind"],
  ])("knows no object at %s %s", async (method, path) => {
    const { graph } = startSimulator();
    const { status, body } = await graph(method, path);
    expect(status).toBe(400);
    expect(body).toMatchObject({
      error: { code: 100, error_subcode: 33, type: "GraphMethodException" },
    });
  });
});

describe("recipients", () => {
  it.each(["+529982220001", "5219982220001", "+52 1 (998) 222-0001", "529982220001"])(
    "answers %s with the wa_id that Mexico has",
    async (to) => {
      const bench = startSimulator();
      await bench.openWindow();
      const { status, body } = await bench.send({ ...TEXT, to });
      expect(status).toBe(200);
      expect(body).toEqual({
        messaging_product: "whatsapp",
        contacts: [{ input: to, wa_id: ANA }],
        messages: [{ id: expect.stringMatching(/^wamid\.[\w+/]+=*$/) }],
      });
    },
  );

  it("reaches a BSUID through recipient and answers with it", async () => {
    const bench = startSimulator();
    await bench.openWindow();
    const recipient = bench.simulator.customers.find(ANA)?.userId;
    const { body } = await bench.send({ ...TEXT, to: undefined, recipient });
    expect(body["contacts"]).toEqual([{ input: recipient, user_id: recipient }]);
    expect(bench.simulator.sent[0]?.customer?.waId).toBe(ANA);
  });

  it("lets to win over recipient", async () => {
    const bench = startSimulator();
    await bench.openWindow();
    const { body } = await bench.send({ ...TEXT, recipient: "MX.1" });
    const { userId } = bench.simulator.customers.find(ANA) ?? {};
    expect(body["contacts"]).toEqual([{ input: `+${ANA}`, wa_id: ANA, user_id: userId }]);
  });

  it.each([
    ["+225 07 41 99 88 77", "22541998877", {}],
    ["+49 30 901820", "4930901820", {}],
    ["+44 20 7946 0000", "447700900000", { otherNumbers: ["442079460000"] }],
  ])("answers %s with the WhatsApp id that it reaches", async (to, waId, changes) => {
    const bench = startSimulator();
    bench.simulator.customers.put(`+${waId}`, { ...changes, userId: "CI.1", tellsUserId: true });
    const { body } = await bench.send({ ...REMINDER, to });
    expect(body["contacts"]).toEqual([{ input: to, wa_id: waId, user_id: "CI.1" }]);
  });

  it("answers 200 to a BSUID in to, and drops the message", async () => {
    const bench = startSimulator();
    const { status } = await bench.send({ ...TEXT, to: "MX.13491208655302741918" });
    await bench.simulator.flush();
    expect(status).toBe(200);
    expect(bench.simulator.sent).toMatchObject([{ customer: null, statuses: [] }]);
    expect(bench.received).toHaveLength(0);
  });

  it.each([
    [131009, { to: "not a phone" }],
    [131009, { to: "+123456" }],
    [131009, { to: { phone: 1 } }],
    [131008, { to: undefined }],
    [131026, { to: undefined, recipient: "MX.404" }],
    [131009, { to: undefined, recipient: "9982220001" }],
  ])("refuses with %i the recipient %j", async (code, address) => {
    const bench = startSimulator();
    expect((await bench.send({ ...REMINDER, ...address })).code).toBe(code);
  });

  it("lets a test number write only to the allowed phones", async () => {
    const bench = startSimulator({ allowedRecipients: ["+52 998 222 0001", "otra"] });
    expect((await bench.send(REMINDER)).code).toBeUndefined();
    expect((await bench.send({ ...REMINDER, to: "+529982220002" })).code).toBe(131030);
  });

  it("fails later with 131026 when the phone is not on WhatsApp", async () => {
    const bench = startSimulator();
    bench.simulator.customers.put(ANA, { onWhatsApp: false });
    expect((await bench.send(REMINDER)).status).toBe(200);
    await bench.simulator.flush();
    expect(statusesOf(bench)).toMatchObject([{ status: "failed", errors: [{ code: 131026 }] }]);
  });
});

describe("session window", () => {
  it("is closed before the customer ever wrote, but not for templates", async () => {
    const bench = startSimulator();
    expect((await bench.send(TEXT)).code).toBe(131047);
    const { body } = await bench.send(REMINDER);
    expect(body["messages"]).toMatchObject([{ message_status: "accepted" }]);
  });

  it("closes 24 hours after the customer's last message", async () => {
    const bench = startSimulator();
    await bench.openWindow();
    bench.pass(WINDOW_MS - 1);
    expect((await bench.send(TEXT)).code).toBeUndefined();
    bench.pass(1);
    expect((await bench.send(TEXT)).code).toBe(131047);
  });

  it("goes by the message's own timestamp and never moves back", async () => {
    const bench = startSimulator();
    const write = (at: number): Promise<string> =>
      bench.simulator.customers.write({ from: ANA, at, content: { type: "text", body: "Hola" } });
    await write(Date.UTC(2026, 10, 22, 16));
    expect((await bench.send(TEXT)).code).toBe(131047);
    await write(Date.UTC(2026, 10, 22, 17));
    await write(Date.UTC(2026, 10, 22, 15));
    expect((await bench.send(TEXT)).code).toBeUndefined();
  });

  it("opens with a call", async () => {
    const bench = startSimulator();
    bench.simulator.customers.call({ from: ANA });
    expect((await bench.send(TEXT)).code).toBeUndefined();
  });

  it("is one per business number", async () => {
    const numbers = ["1", "2"].map((id) => ({
      id,
      displayPhoneNumber: `+52 998 316 000${id}`,
      verifiedName: "Pet-Friendly",
    }));
    const bench = startSimulator({ businessNumbers: numbers });
    await bench.openWindow();
    const body = { messaging_product: "whatsapp", to: ANA, ...TEXT };
    expect((await bench.graph("POST", "1/messages", body)).status).toBe(200);
    expect((await bench.graph("POST", "2/messages", body)).code).toBe(131047);
  });

  it("does not open with edits, revokes, system messages, echoes or groups", async () => {
    const bench = startSimulator();
    const { customers } = bench.simulator;
    const originalMessageId = "wamid.old";
    await customers.write({ from: ANA, content: { type: "edit", originalMessageId, body: "x" } });
    await customers.write({ from: ANA, content: { type: "revoke", originalMessageId } });
    await customers.write({ from: ANA, content: { type: "identity_changed", hash: "abc" } });
    await customers.write({ from: ANA, groupId: "G1", content: { type: "text", body: "Hola" } });
    customers.echo({ to: ANA, body: "Hola desde el teléfono" });
    expect((await bench.send(TEXT)).code).toBe(131047);
  });

  it("can be refused later instead of in the answer", async () => {
    const bench = startSimulator({ closedWindow: "fail_later" });
    expect((await bench.send(TEXT)).status).toBe(200);
    await bench.simulator.flush();
    expect(statusesOf(bench)).toMatchObject([{ status: "failed", errors: [{ code: 131047 }] }]);
  });
});

describe("pace", () => {
  it("takes 80 messages in a second from one number", async () => {
    const bench = startSimulator();
    for (let index = 0; index < 80; index += 1) {
      expect((await bench.send({ ...REMINDER, to: phoneOf(index) })).status).toBe(200);
    }
    expect((await bench.send({ ...REMINDER, to: phoneOf(80) })).code).toBe(130429);
    bench.pass(999);
    expect((await bench.send({ ...REMINDER, to: phoneOf(80) })).code).toBe(130429);
    bench.pass(1);
    expect((await bench.send({ ...REMINDER, to: phoneOf(80) })).status).toBe(200);
  });

  it("takes a burst of 45 to one user, then one every 6 seconds", async () => {
    const bench = startSimulator();
    for (let index = 0; index < 45; index += 1) {
      expect((await bench.send(REMINDER)).status).toBe(200);
    }
    expect((await bench.send(REMINDER)).code).toBe(131056);
    bench.pass(5_999);
    expect((await bench.send(REMINDER)).code).toBe(131056);
    bench.pass(1);
    expect((await bench.send(REMINDER)).status).toBe(200);
    expect((await bench.send(REMINDER)).code).toBe(131056);
  });
});

describe("marking as read", () => {
  it("takes a received message, with or without typing", async () => {
    const bench = startSimulator();
    const wamid = await bench.openWindow();
    const path = `${NUMBER}/messages`;
    expect((await bench.graph("POST", path, read(wamid))).body).toEqual({ success: true });
    await bench.graph("POST", path, read(wamid, { typing_indicator: { type: "text" } }));
    expect(bench.simulator.reads).toMatchObject([
      { wamid, typing: false },
      { wamid, typing: true },
    ]);
    expect(bench.simulator.sent).toHaveLength(0);
  });

  it.each([
    [131009, { status: "delivered" }],
    [131009, { message_id: "wamid.unknown" }],
    [131008, { message_id: undefined }],
    [131009, { typing_indicator: { type: "voice" } }],
    [100, { messaging_product: undefined }],
  ])("refuses with %i what differs by %j", async (code, more) => {
    const bench = startSimulator();
    const wamid = await bench.openWindow();
    const reply = await bench.graph("POST", `${NUMBER}/messages`, read(wamid, more));
    expect(reply.code).toBe(code);
    expect(bench.simulator.reads).toHaveLength(0);
  });

  it("refuses messages older than 30 days", async () => {
    const bench = startSimulator();
    const wamid = await bench.openWindow();
    bench.pass(30 * 24 * HOUR_MS);
    expect((await bench.graph("POST", `${NUMBER}/messages`, read(wamid))).status).toBe(200);
    bench.pass(1);
    expect((await bench.graph("POST", `${NUMBER}/messages`, read(wamid))).code).toBe(131009);
  });
});

describe("statuses", () => {
  it("come as sent, delivered, read, with price and the caller's data", async () => {
    const bench = startSimulator();
    const { wamid } = await bench.send({ ...REMINDER, biz_opaque_callback_data: "msg_1" });
    await bench.simulator.flush();
    const common = { id: wamid, recipient_id: ANA, biz_opaque_callback_data: "msg_1" };
    const pricing = { billable: true, pricing_model: "PMP", type: "regular", category: "utility" };
    expect(statusesOf(bench)).toMatchObject([
      { ...common, status: "sent", pricing, conversation: { origin: { type: "utility" } } },
      { ...common, status: "delivered", pricing },
      { ...common, status: "read" },
    ]);
    expect(bench.simulator.sent[0]?.statuses).toEqual(["sent", "delivered", "read"]);
    expect(bench.changes()[0]?.value["contacts"]).toMatchObject([{ wa_id: ANA }]);
  });

  it("can be reported by hand", async () => {
    const bench = startSimulator({ automaticStatuses: [] });
    const { wamid } = await bench.send(REMINDER);
    bench.simulator.reportStatus(wamid, "played");
    bench.simulator.reportStatus(wamid, "failed");
    bench.simulator.reportStatus(wamid, "failed", 999_999);
    await bench.simulator.flush();
    expect(statusesOf(bench)).toMatchObject([
      { status: "played" },
      { status: "failed", errors: [{ code: 131000, title: "Something went wrong" }] },
      { status: "failed", errors: [{ code: 999_999, title: "Generic user error" }] },
    ]);
    expect(bench.changes()[1]?.value["contacts"]).toBeUndefined();
    expect(() => bench.simulator.reportStatus("wamid.unknown", "read")).toThrow("wamid.unknown");
  });

  it("fail for a reaction to a message that nobody knows", async () => {
    const bench = startSimulator({ automaticStatuses: ["sent"] });
    const written = await bench.openWindow();
    const react = (target: string): Promise<unknown> =>
      bench.send({ type: "reaction", reaction: { message_id: target, emoji: "🐾" } });
    await bench.send(TEXT);
    await react(written);
    await react(bench.simulator.sent[0]?.wamid ?? "");
    await react("wamid.unknown");
    await bench.simulator.flush();
    const statuses = statusesOf(bench).map(({ status }) => status);
    expect(statuses).toEqual(["sent", "sent", "sent", "failed"]);
  });

  it("fail for a reaction to what is too old, deleted, itself a reaction, or another's", async () => {
    const bench = startSimulator({ automaticStatuses: ["sent"] });
    const written = await bench.openWindow();
    const { customers } = bench.simulator;
    const react = (target: string): Promise<unknown> =>
      bench.send({ type: "reaction", reaction: { message_id: target, emoji: "🐾" } });
    const content = { type: "text", body: "Hola" } as const;
    const at = NOON_MS - 30 * 24 * HOUR_MS;
    await react(await customers.write({ from: ANA, content, at }));
    await react(await customers.write({ from: "+529982229999", content }));
    await react(written);
    await react(bench.simulator.sent.at(-1)?.wamid ?? "");
    const reaction = { type: "reaction", messageId: written, emoji: "👍" } as const;
    await react(await customers.write({ from: ANA, content: reaction }));
    const revoke = { type: "revoke", originalMessageId: written } as const;
    await customers.write({ from: ANA, content: revoke });
    await react(written);
    await bench.simulator.flush();
    const outcomes = bench.simulator.sent.map(({ statuses }) => statuses.at(-1));
    expect(outcomes).toEqual(["failed", "failed", "sent", "failed", "failed", "failed"]);
  });

  it("carry no phone of a customer who hides it", async () => {
    const bench = startSimulator({ automaticStatuses: ["sent"] });
    const parentUserId = "MX.ENT.77";
    bench.simulator.customers.put(ANA, { hidesPhone: true, username: "ana.nunez", parentUserId });
    await bench.send(REMINDER);
    await bench.simulator.flush();
    const [status] = statusesOf(bench);
    const userId = bench.simulator.customers.find(ANA)?.userId;
    expect(status).toMatchObject({
      recipient_user_id: userId,
      parent_recipient_user_id: parentUserId,
    });
    expect(status).not.toHaveProperty("recipient_id");
    const [contact] = list(bench.changes()[0]?.value["contacts"]);
    expect(object(contact)).not.toHaveProperty("wa_id");
    expect(object(contact)["profile"]).toEqual({ username: "ana.nunez" });
  });
});

describe("account", () => {
  it("describes number, token and subscription", async () => {
    const { graph } = startSimulator();
    expect((await graph("GET", NUMBER)).body).toEqual({
      id: NUMBER,
      display_phone_number: "+52 998 316 2438",
      verified_name: "Pet-Friendly",
      quality_rating: "GREEN",
    });
    const typed = await graph("GET", NUMBER, undefined, { "Content-Type": "application/json" });
    expect(typed.status).toBe(200);
    const token = await graph("GET", "debug_token?input_token=token-of-the-clinic");
    expect(token.body["data"]).toMatchObject({ is_valid: true });
    const wrong = await graph("GET", "debug_token?input_token=wrong");
    expect(wrong.body["data"]).toMatchObject({ is_valid: false, scopes: [] });
    expect((await graph("GET", "102290129340398/subscribed_apps")).body["data"]).toHaveLength(1);
    const subscribed = await graph("POST", "102290129340398/subscribed_apps");
    expect(subscribed.body).toEqual({ success: true });
  });

  it("tells only an app's own token of its webhook, and leaves out what is not subscribed", async () => {
    const { graph, simulator } = startSimulator();
    const path = "670843887433847/subscriptions";
    expect(await graph("GET", path)).toMatchObject({ status: 400, code: 15 });
    const app = { Authorization: `Bearer 670843887433847|${APP_SECRET}` };
    const { body } = await graph("GET", path, undefined, app);
    const [subscription] = list(body["data"]).map(object);
    expect(subscription).toMatchObject({
      object: "whatsapp_business_account",
      callback_url: "https://paloma.test/webhook",
      active: true,
    });
    expect(list(subscription?.["fields"]).map((field) => object(field)["name"])).toContain(
      "messages",
    );
    simulator.account.change({ unsubscribedFields: ["messages"] });
    const later = await graph("GET", path, undefined, app);
    expect(JSON.stringify(later.body)).not.toContain('"messages"');
    simulator.account.change({ callbackUrl: null });
    expect((await graph("GET", path, undefined, app)).body).toEqual({ data: [] });
    const wrong = { Authorization: "Bearer 670843887433847|wrong" };
    expect(await graph("GET", path, undefined, wrong)).toMatchObject({ status: 401, code: 190 });
    expect(await graph("GET", NUMBER, undefined, app)).toMatchObject({ status: 401, code: 190 });
  });

  it("posts nothing to an app that does not hear of the account", async () => {
    const bench = startSimulator();
    expect((await bench.graph("DELETE", "102290129340398/subscribed_apps")).status).toBe(200);
    expect((await bench.graph("GET", "102290129340398/subscribed_apps")).body).toEqual({
      data: [],
    });
    await bench.openWindow();
    await bench.simulator.flush();
    expect(bench.received).toEqual([]);
    await bench.graph("POST", "102290129340398/subscribed_apps");
    await bench.openWindow();
    await bench.simulator.flush();
    expect(bench.received).toHaveLength(1);
  });

  it("refuses a token that has expired, a field that does not exist and a call without its token", async () => {
    const { graph, simulator } = startSimulator();
    expect(await graph("GET", "debug_token")).toMatchObject({ status: 400, code: 100 });
    expect(await graph("GET", `${NUMBER}?fields=messaging_limit_tier`)).toMatchObject({
      code: 100,
    });
    simulator.account.change({ tokenExpiresAt: NOON_MS + HOUR_MS });
    const { body } = await graph("GET", "debug_token?input_token=token-of-the-clinic");
    expect(body["data"]).toMatchObject({ expires_at: (NOON_MS + HOUR_MS) / 1000 });
    simulator.account.change({ tokenExpiresAt: NOON_MS });
    expect(await graph("GET", NUMBER)).toMatchObject({ status: 401, code: 190 });
  });
});
