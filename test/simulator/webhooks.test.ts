import { describe, expect, it } from "vitest";
import type { Handshake } from "../../simulator/control/handshake.ts";
import type { InboundContent } from "../../simulator/customers/inbound-content.ts";
import type { JsonObject } from "../../simulator/json.ts";
import type { BusinessNumber } from "../../simulator/settings.ts";
import {
  ACCOUNT,
  ANA,
  APP_SECRET,
  changesIn,
  list,
  messagesOf,
  NOON_MS,
  NUMBER,
  object,
  startSimulator,
} from "./start-simulator.ts";

async function hmac(text: string, secret: string): Promise<string> {
  const encoder = new TextEncoder();
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", encoder.encode(secret), algorithm, false, [
    "sign",
  ]);
  const digest = new Uint8Array(await crypto.subtle.sign("HMAC", key, encoder.encode(text)));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The one message that the business hears of when Ana does this. */
async function heard(content: InboundContent, more: object = {}): Promise<JsonObject> {
  const bench = startSimulator();
  await bench.simulator.customers.write({ from: ANA, content, ...more });
  await bench.simulator.flush();
  const [message] = messagesOf(bench);
  return message ?? {};
}

const orderWithSeed = async (randomSeed: number): Promise<unknown[]> => {
  const bench = startSimulator({ randomSeed });
  bench.simulator.webhooks.hold();
  for (let event = 0; event < 20; event += 1) bench.simulator.webhooks.post("f", { event });
  bench.simulator.webhooks.release({ order: "shuffled" });
  await bench.simulator.flush();
  return bench.changes().map(({ value }) => value["event"]);
};

const businessNumber = (id: string): BusinessNumber => ({
  id,
  displayPhoneNumber: `+52 998 ${id}`,
  verifiedName: "Pet-Friendly",
});

const verify = (answer: (url: URL) => Response): Promise<Handshake> => {
  const bench = startSimulator({ deliver: async ({ url }) => answer(new URL(url)) });
  return bench.simulator.verify();
};

const echo403 = ({ searchParams }: URL): Response =>
  new Response(searchParams.get("hub.challenge"), { status: 403 });

describe("webhook body", () => {
  it("is signed over its exact bytes and escaped as Meta does", async () => {
    const bench = startSimulator();
    await bench.openWindow();
    await bench.simulator.flush();
    const [{ request, text } = { request: null, text: "" }] = bench.received;
    expect(request?.headers.get("X-Hub-Signature-256")).toBe(
      `sha256=${await hmac(text, APP_SECRET)}`,
    );
    expect(text).toContain(String.raw`"name":"Ana \u00d1\u00fa\u00f1ez"`);
    expect(text).toMatch(/^[\x20-\x7e]+$/);
  });

  it("escapes slashes and surrogate pairs", async () => {
    const bench = startSimulator();
    bench.simulator.webhooks.post("security", { text: "1/2 🐶" });
    await bench.simulator.flush();
    expect(bench.received[0]?.text).toContain(String.raw`"text":"1\/2 \ud83d\udc36"`);
  });

  it("can be raw UTF-8", async () => {
    const bench = startSimulator({ rawUtf8: true });
    await bench.openWindow();
    await bench.simulator.flush();
    const [{ request, text } = { request: null, text: "" }] = bench.received;
    expect(text).toContain('"name":"Ana Ñúñez"');
    expect(request?.headers.get("X-Hub-Signature-256")).toBe(
      `sha256=${await hmac(text, APP_SECRET)}`,
    );
  });

  it("has Meta's envelope", async () => {
    const bench = startSimulator();
    const wamid = await bench.openWindow();
    await bench.simulator.flush();
    const userId = bench.simulator.customers.find(ANA)?.userId;
    expect(userId).toMatch(/^MX\.\d{20}$/);
    expect(JSON.parse(bench.received[0]?.text ?? "")).toEqual({
      object: "whatsapp_business_account",
      entry: [
        {
          id: ACCOUNT,
          changes: [
            {
              field: "messages",
              value: {
                messaging_product: "whatsapp",
                metadata: { display_phone_number: "529983162438", phone_number_id: NUMBER },
                contacts: [{ profile: { name: "Ana Ñúñez" }, wa_id: ANA, user_id: userId }],
                messages: [
                  {
                    from: ANA,
                    from_user_id: userId,
                    id: wamid,
                    timestamp: String(NOON_MS / 1000),
                    type: "text",
                    text: { body: "Hola" },
                  },
                ],
              },
            },
          ],
        },
      ],
    });
  });

  it("carries no phone of a customer who hides it", async () => {
    const bench = startSimulator();
    bench.simulator.customers.put(ANA, { hidesPhone: true });
    const wamid = await bench.openWindow();
    bench.simulator.customers.echo({ to: ANA, body: "Hola" });
    bench.simulator.customers.prefer({ from: ANA, value: "stop" });
    await bench.simulator.flush();
    expect(wamid).toMatch(/^wamid\./);
    for (const { text } of bench.received) expect(text).not.toContain(`"${ANA}"`);
  });

  it("may come from before BSUIDs", async () => {
    const bench = startSimulator();
    bench.simulator.customers.put(ANA, { userId: null });
    await bench.openWindow();
    bench.simulator.customers.echo({ to: ANA, body: "Hola" });
    bench.simulator.customers.prefer({ from: ANA, value: "resume" });
    const { wamid } = await bench.send({ type: "text", text: { body: "Hola" } });
    await bench.simulator.flush();
    expect(wamid).toMatch(/^wamid\./);
    expect(bench.received).toHaveLength(6);
    for (const { text } of bench.received) expect(text).not.toContain("user_id");
    bench.simulator.customers.changeNumber({ from: ANA, newPhone: "+529982220009" });
    await bench.simulator.flush();
    expect(messagesOf(bench).at(-1)).not.toHaveProperty("from_user_id");
  });
});

describe("inbound messages", () => {
  const plain: [InboundContent, JsonObject][] = [
    [
      { type: "text", body: "Hola" },
      { type: "text", text: { body: "Hola" } },
    ],
    [
      { type: "location", latitude: 21.1, longitude: -86.8, name: "Clínica" },
      { type: "location", location: { latitude: 21.1, longitude: -86.8, name: "Clínica" } },
    ],
    [
      { type: "contacts", contacts: [{ name: { formatted_name: "Sofía" } }] },
      { type: "contacts", contacts: [{ name: { formatted_name: "Sofía" } }] },
    ],
    [
      { type: "button_reply", id: "yes", title: "Sí" },
      {
        type: "interactive",
        interactive: { type: "button_reply", button_reply: { id: "yes", title: "Sí" } },
      },
    ],
    [
      { type: "list_reply", id: "1", title: "Consulta", description: "30 min" },
      {
        type: "interactive",
        interactive: {
          type: "list_reply",
          list_reply: { id: "1", title: "Consulta", description: "30 min" },
        },
      },
    ],
    [
      { type: "nfm_reply", response: { pet: "Luna" } },
      {
        type: "interactive",
        interactive: {
          type: "nfm_reply",
          nfm_reply: { response_json: '{"pet":"Luna"}', body: "Sent", name: "flow" },
        },
      },
    ],
    [
      { type: "call_permission_reply", response: "accept" },
      {
        type: "interactive",
        interactive: {
          type: "call_permission_reply",
          call_permission_reply: { response: "accept" },
        },
      },
    ],
    [
      { type: "button", payload: "confirm", text: "SI" },
      { type: "button", button: { payload: "confirm", text: "SI" } },
    ],
    [
      { type: "reaction", messageId: "wamid.a", emoji: "🐾" },
      { type: "reaction", reaction: { message_id: "wamid.a", emoji: "🐾" } },
    ],
    [
      {
        type: "order",
        catalogId: "1",
        items: [{ retailerId: "croquetas", quantity: 2, price: 350, currency: "MXN" }],
        note: "Para Luna",
      },
      {
        type: "order",
        order: {
          catalog_id: "1",
          text: "Para Luna",
          product_items: [
            { product_retailer_id: "croquetas", quantity: 2, item_price: 350, currency: "MXN" },
          ],
        },
      },
    ],
    [
      { type: "edit", originalMessageId: "wamid.a", body: "Hola, doctora" },
      {
        type: "edit",
        edit: {
          original_message_id: "wamid.a",
          message: { type: "text", text: { body: "Hola, doctora" } },
        },
      },
    ],
    [
      { type: "revoke", originalMessageId: "wamid.a" },
      { type: "revoke", revoke: { original_message_id: "wamid.a" } },
    ],
    [
      { type: "identity_changed", hash: "abc" },
      { type: "system", system: { type: "customer_identity_changed" }, identity: { hash: "abc" } },
    ],
    [
      { type: "unsupported", unsupportedType: "poll" },
      { type: "unsupported", unsupported: { type: "poll" }, errors: [{ code: 131051 }] },
    ],
    [
      { type: "raw", message: { type: "hologram", hologram: { id: "1" } } },
      { type: "hologram", hologram: { id: "1" } },
    ],
  ];

  it.each(plain)("sends %j in Meta's shape", async (content, expected) => {
    expect(await heard(content)).toMatchObject(expected);
  });

  it("takes a reaction back without an emoji", async () => {
    const { reaction } = await heard({ type: "reaction", messageId: "wamid.a" });
    expect(reaction).toEqual({ message_id: "wamid.a" });
  });

  it("says nothing of an unsupported type that it does not know", async () => {
    expect(await heard({ type: "unsupported" })).not.toHaveProperty("unsupported");
  });

  const media: [InboundContent, string, JsonObject][] = [
    [{ type: "image", caption: "Luna" }, "image", { mime_type: "image/jpeg", caption: "Luna" }],
    [{ type: "video", mimeType: "video/3gpp" }, "video", { mime_type: "video/3gpp" }],
    [{ type: "audio" }, "audio", { mime_type: "audio/mpeg", voice: false }],
    [{ type: "voice" }, "audio", { mime_type: "audio/ogg; codecs=opus", voice: true }],
    [{ type: "document", filename: "receta.pdf" }, "document", { filename: "receta.pdf" }],
    [{ type: "sticker", animated: true }, "sticker", { mime_type: "image/webp", animated: true }],
  ];

  it.each(media)("sends %j with a file to download", async (content, type, expected) => {
    const bench = startSimulator();
    await bench.simulator.customers.write({ from: ANA, content });
    await bench.simulator.flush();
    const [message] = messagesOf(bench);
    expect(message).toMatchObject({ type, [type]: expected });
    const { id, sha256 } = object(message?.[type]);
    const { body } = await bench.graph("GET", `${String(id)}?phone_number_id=${NUMBER}`);
    const bytes = Uint8Array.from(atob(String(sha256)), (character) => character.charCodeAt(0));
    const hexadecimal = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    expect(body).toMatchObject({ sha256: hexadecimal, file_size: 12 });
  });

  it("carries reply context, forwarding, referral and group", async () => {
    const text: InboundContent = { type: "text", body: "Hola" };
    const context = { from: "529983162438", id: "wamid.a" };
    expect(await heard(text, { replyTo: "wamid.a" })).toMatchObject({ context });
    expect(await heard(text, { forwarded: "once" })).toMatchObject({
      context: { forwarded: true },
    });
    expect(await heard(text, { forwarded: "frequently" })).toMatchObject({
      context: { frequently_forwarded: true },
    });
    const referral = { source_type: "ad", source_id: "1" };
    expect(await heard(text, { referral, groupId: "G1" })).toMatchObject({
      referral,
      group_id: "G1",
    });
  });

  it("can repeat a wamid, come late and come twice", async () => {
    const bench = startSimulator();
    const content: InboundContent = { type: "text", body: "tarde" };
    await bench.simulator.customers.write({
      from: ANA,
      wamid: "wamid.a",
      delayMs: 5,
      copies: 2,
      content,
    });
    await bench.openWindow();
    await bench.simulator.flush();
    const bodies = messagesOf(bench).map(({ text }) => object(text)["body"]);
    expect(bodies).toEqual(["Hola", "tarde", "tarde"]);
    expect(messagesOf(bench)[1]?.["id"]).toBe("wamid.a");
  });

  it("tells of a new phone and a new BSUID in system messages without contacts", async () => {
    const bench = startSimulator();
    const { customers } = bench.simulator;
    await bench.openWindow();
    const before = customers.find(ANA)?.userId;
    customers.changeNumber({ from: ANA, newPhone: "+529982220009" });
    const between = customers.find("5219982220009")?.userId;
    customers.changeNumber({ from: "5219982220009" });
    await bench.simulator.flush();
    const after = customers.find("5219982220009")?.userId;
    expect(customers.find(ANA)).toBeUndefined();
    expect(new Set([before, between, after]).size).toBe(3);
    const [, moved, renamed] = bench.changes();
    expect(moved?.value).not.toHaveProperty("contacts");
    expect(moved?.value["messages"]).toMatchObject([
      {
        from: ANA,
        from_user_id: before,
        system: {
          type: "user_changed_number",
          wa_id: "5219982220009",
          user_id: between,
          previous_user_id: before,
        },
      },
    ]);
    expect(renamed?.value["messages"]).toMatchObject([
      { system: { type: "user_changed_user_id", user_id: after, previous_user_id: between } },
    ]);
  });

  it("names nobody whose name is unknown", () => {
    const bench = startSimulator();
    bench.simulator.customers.changeNumber({ from: "+5491122334455" });
    expect(bench.simulator.customers.all()[0]).toMatchObject({ waId: "5491122334455", name: null });
  });

  it("knows the country of a BSUID by the phone", () => {
    const { customers } = startSimulator().simulator;
    const phones = ["+529982220001", "+541122334455", "+5511987654321", "+14155550100"];
    const countries = phones.map((phone) => customers.put(phone)?.userId?.slice(0, 3));
    expect(countries).toEqual(["MX.", "AR.", "BR.", "US."]);
    expect(customers.find("+541122334455")?.waId).toBe("5491122334455");
  });

  it("refuses addresses and numbers that are nobody's", async () => {
    const { customers } = startSimulator().simulator;
    const content: InboundContent = { type: "text", body: "Hola" };
    await expect(customers.write({ from: "MX.404", content })).rejects.toThrow("MX.404");
    expect(() => customers.call({ from: ANA, to: "999" })).toThrow("999");
    expect(() => customers.changeNumber({ from: ANA, newPhone: "nueva" })).toThrow("nueva");
    const empty = startSimulator({ businessNumbers: [] }).simulator;
    expect(() => empty.customers.call({ from: ANA })).toThrow("no business number");
  });
});

describe("other fields", () => {
  it("tell of calls, echoes, preferences and anything else", async () => {
    const bench = startSimulator();
    const { customers, webhooks } = bench.simulator;
    customers.call({ from: ANA, to: NUMBER, event: "terminate" });
    customers.echo({ to: ANA, from: NUMBER, body: "Te esperamos" });
    customers.prefer({ from: ANA, value: "stop" });
    webhooks.post("account_update", { event: "DISABLED_UPDATE" });
    await bench.simulator.flush();
    const [call, echo, preference, account] = bench.changes();
    expect(call).toMatchObject({
      field: "calls",
      value: { calls: [{ from: ANA, to: "529983162438", event: "terminate" }] },
    });
    expect(echo).toMatchObject({
      field: "smb_message_echoes",
      value: {
        message_echoes: [{ from: "529983162438", to: ANA, text: { body: "Te esperamos" } }],
      },
    });
    expect(preference).toMatchObject({
      field: "user_preferences",
      value: { user_preferences: [{ wa_id: ANA, category: "marketing_messages", value: "stop" }] },
    });
    expect(account).toEqual({ field: "account_update", value: { event: "DISABLED_UPDATE" } });
  });
});

describe("delivery", () => {
  it("is repeated with growing pauses on anything but 200", async () => {
    const answers = [500, 404, 204, 200];
    const bench = startSimulator({
      deliver: async () => new Response(null, { status: answers.shift() ?? 200 }),
    });
    await bench.openWindow();
    await bench.simulator.flush();
    const { attempts, givenUp } = bench.simulator.webhooks;
    expect(attempts.map(({ delivery, attempt, status }) => [delivery, attempt, status])).toEqual([
      [1, 1, 500],
      [1, 2, 404],
      [1, 3, 204],
      [1, 4, 200],
    ]);
    expect(new Set(bench.received.map(({ text }) => text)).size).toBe(1);
    expect(givenUp).toEqual([]);
  });

  it("is repeated when the connection is lost, and given up in the end", async () => {
    const bench = startSimulator({
      maximumDeliveryAttempts: 3,
      deliver: () => Promise.reject(new TypeError("lost")),
    });
    await bench.openWindow();
    await bench.simulator.flush();
    const { attempts, givenUp } = bench.simulator.webhooks;
    expect(attempts.map(({ status }) => status)).toEqual([null, null, null]);
    expect(givenUp).toEqual([attempts[0]?.body]);
  });

  it("waits twice as long before each further try", async () => {
    const times: number[] = [];
    const bench = startSimulator({
      automatic: true,
      redeliveryPauseMs: 20,
      maximumDeliveryAttempts: 3,
      deliver: async () => {
        times.push(performance.now());
        return new Response(null, { status: 503 });
      },
    });
    await bench.openWindow();
    await bench.simulator.idle();
    const [first = 0, second = 0, third = 0] = times;
    expect(second - first).toBeGreaterThanOrEqual(18);
    expect(third - second).toBeGreaterThanOrEqual(36);
  });

  it.each([
    ["kept", ["1", "2", "3"]],
    ["reversed", ["3", "2", "1"]],
    ["shuffled", expect.toSatisfy((order: string[]) => order.toSorted().join("") === "123")],
  ] as const)("of what was held back is %s in order", async (order, expected) => {
    const bench = startSimulator();
    bench.simulator.webhooks.hold();
    bench.simulator.webhooks.hold();
    for (const event of ["1", "2", "3"]) bench.simulator.webhooks.post("security", { event });
    await bench.simulator.flush();
    expect(bench.received).toHaveLength(0);
    bench.simulator.webhooks.release({ order });
    await bench.simulator.flush();
    expect(bench.changes().map(({ value }) => value["event"])).toEqual(expected);
  });

  it("shuffles the same way with the same seed", async () => {
    expect(await orderWithSeed(1)).toEqual(await orderWithSeed(1));
    expect(await orderWithSeed(1)).not.toEqual(await orderWithSeed(2));
  });

  it("puts updates of several numbers into one body, each body as often as asked", async () => {
    const bench = startSimulator({ businessNumbers: [businessNumber("1"), businessNumber("2")] });
    const content: InboundContent = { type: "text", body: "Hola" };
    bench.simulator.webhooks.hold();
    await bench.simulator.customers.write({ from: ANA, to: "1", content });
    await bench.simulator.customers.write({ from: ANA, to: "2", content });
    bench.simulator.webhooks.release({ batching: "one_body", copies: 2 });
    await bench.simulator.flush();
    expect(bench.received).toHaveLength(2);
    const ids = changesIn(bench.received[0]?.text ?? "").map(
      ({ value }) => object(value["metadata"])["phone_number_id"],
    );
    expect(ids).toEqual(["1", "2"]);
  });

  it("merges messages and statuses of one number into one value", async () => {
    const bench = startSimulator({ automaticStatuses: ["sent"] });
    await bench.openWindow();
    const { wamid } = await bench.send({ type: "text", text: { body: "Hola" } });
    await bench.simulator.flush();
    bench.received.length = 0;
    bench.simulator.webhooks.hold();
    await bench.openWindow();
    bench.simulator.reportStatus(wamid, "read");
    await bench.simulator.customers.write({
      from: "+529982220002",
      content: { type: "text", body: "Hey" },
    });
    bench.simulator.webhooks.post("messages", {
      ...bench.changes()[0]?.value,
      messaging_product: "whatsapp",
      metadata: { display_phone_number: "529983162438", phone_number_id: NUMBER },
      contacts: ["odd"],
    });
    bench.simulator.webhooks.release({ batching: "merged_values" });
    await bench.simulator.flush();
    const [change, ...others] = bench.changes();
    expect(others).toEqual([]);
    const value = change?.value ?? {};
    expect(list(value["messages"])).toHaveLength(2);
    expect(value["statuses"]).toMatchObject([{ status: "read" }]);
    expect(list(value["contacts"])).toHaveLength(3);
    expect(value).not.toHaveProperty("errors");
  });

  it("of nothing held releases nothing", async () => {
    const bench = startSimulator();
    bench.simulator.webhooks.release();
    await bench.simulator.flush();
    expect(bench.received).toHaveLength(0);
  });

  it("can run all at once", async () => {
    let open = 0;
    let most = 0;
    const bench = startSimulator({
      deliver: async () => {
        open += 1;
        most = Math.max(most, open);
        await new Promise((resolve) => setTimeout(resolve, 5));
        open -= 1;
        return new Response("ok");
      },
    });
    for (let index = 0; index < 5; index += 1) bench.simulator.webhooks.post("f", { index });
    await bench.simulator.flush({ concurrent: true });
    expect(bench.received).toHaveLength(5);
    expect(most).toBeGreaterThan(1);
  });
});

describe("handshake", () => {
  it("is good when the challenge comes back", async () => {
    const result = await verify(({ searchParams }) => {
      expect(searchParams.get("hub.mode")).toBe("subscribe");
      expect(searchParams.get("hub.verify_token")).toBe("verify-me");
      return new Response(searchParams.get("hub.challenge"));
    });
    expect(result).toEqual({ ok: true, status: 200, answer: expect.stringMatching(/^\d+$/) });
  });

  it("is bad otherwise", async () => {
    expect(await verify(() => new Response("no"))).toMatchObject({ ok: false, status: 200 });
    expect(await verify(echo403)).toMatchObject({ ok: false, status: 403 });
    const bench = startSimulator({ deliver: () => Promise.reject(new TypeError("lost")) });
    expect(await bench.simulator.verify()).toEqual({ ok: false, status: null, answer: "" });
  });
});
