import { env } from "cloudflare:workers";
import { runDurableObjectAlarm } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { conversationName, type Address } from "../../src/customer/address.ts";
import { phoneOf } from "../../src/customer/phone-number.ts";
import { eventually, newCustomer, NUMBER, startPaloma, type Paloma } from "../support/paloma.ts";

const HOUR_S = 3600;

let serial = 0;

type Said = {
  from?: string;
  userId?: string;
  text: string;
  name?: string;
  at?: number;
  system?: Record<string, unknown>;
};

/** A webhook body with one message, in Meta's shape. */
function body({ from, userId, text, name, at, system }: Said) {
  serial += 1;
  return {
    object: "whatsapp_business_account",
    entry: [
      {
        id: "102290129340398",
        changes: [
          {
            field: "messages",
            value: {
              messaging_product: "whatsapp",
              metadata: { display_phone_number: "5219983162438", phone_number_id: NUMBER },
              ...(system === undefined
                ? {
                    contacts: [
                      {
                        profile: { name: name ?? "Ana" },
                        ...(from === undefined ? {} : { wa_id: from }),
                        ...(userId === undefined ? {} : { user_id: userId }),
                      },
                    ],
                  }
                : {}),
              messages: [
                {
                  ...(from === undefined ? {} : { from }),
                  ...(userId === undefined ? {} : { from_user_id: userId }),
                  id: `wamid.${serial}.${crypto.randomUUID()}`,
                  timestamp: String(at ?? Math.floor(Date.now() / 1000) - HOUR_S + serial),
                  ...(system === undefined
                    ? { type: "text", text: { body: text } }
                    : { type: "system", system: { body: text, ...system } }),
                },
              ],
            },
          },
        ],
      },
    ],
  };
}

function newUserId(): string {
  return `MX.${crypto.getRandomValues(new Uint32Array(2)).join("")}`;
}

function objectOf(address: Address) {
  return env.CONVERSATION.getByName(conversationName(NUMBER, address));
}

async function settleDown(...addresses: Address[]): Promise<void> {
  for (let round = 0; round < 4; round += 1) {
    for (const address of addresses) await runDurableObjectAlarm(objectOf(address));
  }
}

async function conversationsOf(api: Paloma["api"], contact: string) {
  const { body: list } = await api(
    "GET",
    `/v1/conversations?contact=${encodeURIComponent(contact)}`,
  );
  return list.data;
}

async function textsOf(api: Paloma["api"], id: string): Promise<string[]> {
  const { body: list } = await api("GET", `/v1/conversations/${id}/messages`);
  return list.data.map((message: { body: string }) => message.body).toReversed();
}

const phone = (waId: string): Address => ({ kind: "phone", phone: phoneOf(waId) ?? waId });
const user = (user_id: string): Address => ({ kind: "user", user_id });

describe("I8: one person is one conversation", () => {
  it("when a customer known by phone and BSUID later writes without the phone", async () => {
    const { api, webhook } = startPaloma();
    const ana = newCustomer();
    const userId = newUserId();
    await webhook(body({ from: ana, userId, text: "uno" }));
    await webhook(body({ userId, text: "dos" }));
    await webhook(body({ from: ana, text: "tres" }));
    const [conversation, ...others] = await conversationsOf(api, userId);
    expect(others).toEqual([]);
    expect(conversation).toMatchObject({
      unread_count: 3,
      contact: { wa_id: ana, user_id: userId },
    });
    expect(await textsOf(api, conversation.id)).toEqual(["uno", "dos", "tres"]);
  });

  it("when a customer first writes without the phone, and both conversations are live", async () => {
    const { api, webhook } = startPaloma();
    const ana = newCustomer();
    const userId = newUserId();
    await webhook(body({ userId, text: "uno" }));
    await webhook(body({ from: ana, text: "dos" }));
    const [byUser] = await conversationsOf(api, userId);
    const [byPhone] = await conversationsOf(api, ana);
    expect(byUser.id).not.toBe(byPhone.id);
    await api("PATCH", `/v1/conversations/${byUser.id}`, { owner: "vet-7", subject: "Luna" });

    await webhook(body({ from: ana, userId, text: "tres", name: "Ana Ñúñez" }));
    await settleDown(user(userId), phone(ana));

    const merged = await conversationsOf(api, ana);
    expect(merged).toHaveLength(1);
    expect(await conversationsOf(api, userId)).toEqual(merged);
    expect(merged[0]).toMatchObject({
      unread_count: 3,
      owner: "vet-7",
      subject: "Luna",
      contact: { wa_id: ana, user_id: userId, name: "Ana Ñúñez" },
    });
    expect(await textsOf(api, merged[0].id)).toEqual(["uno", "dos", "tres"]);
    // The merged id answers with the surviving conversation.
    const { body: survivor } = await api("GET", `/v1/conversations/${byUser.id}`);
    expect(survivor.id).toBe(merged[0].id);
    expect(await textsOf(api, byUser.id)).toEqual(["uno", "dos", "tres"]);
    // And goes on taking what comes by either address.
    await webhook(body({ userId, text: "cuatro" }));
    expect((await conversationsOf(api, ana))[0]).toMatchObject({ unread_count: 4 });
  });

  it("counts a message once that both conversations saw, and keeps what was read as read", async () => {
    const { api, webhook } = startPaloma();
    const ana = newCustomer();
    const userId = newUserId();
    await webhook(body({ userId, text: "leído" }));
    const [byUser] = await conversationsOf(api, userId);
    await api("POST", `/v1/conversations/${byUser.id}/read`);
    const again = body({ userId, text: "no leído" });
    await webhook(again);
    await webhook(body({ from: ana, userId, text: "con teléfono" }));
    await settleDown(user(userId), phone(ana));
    await webhook(again);
    expect((await conversationsOf(api, ana))[0]).toMatchObject({ unread_count: 2 });
  });

  it("when the customer changes the number, whichever message comes first", async () => {
    const { api, webhook } = startPaloma();
    const before = newCustomer();
    const after = newCustomer();
    await webhook(body({ from: before, text: "desde el viejo" }));
    await webhook(body({ from: after, text: "desde el nuevo" }));
    await webhook(
      body({
        from: before,
        text: "Ana changed number",
        system: { type: "user_changed_number", wa_id: after },
      }),
    );
    await settleDown(phone(after), phone(before));
    const merged = await conversationsOf(api, after);
    expect(merged).toHaveLength(1);
    expect(merged[0]).toMatchObject({
      unread_count: 2,
      contact: { phone: `+52${after.slice(3)}` },
    });
    expect(await textsOf(api, merged[0].id)).toHaveLength(3);
  });

  it("when the customer gets another BSUID", async () => {
    const { api, webhook } = startPaloma();
    const before = newUserId();
    const after = newUserId();
    await webhook(body({ userId: before, text: "uno" }));
    await webhook(
      body({
        userId: before,
        text: "changed",
        system: { type: "user_changed_user_id", user_id: after, previous_user_id: before },
      }),
    );
    await webhook(body({ userId: after, text: "dos" }));
    const [conversation] = await conversationsOf(api, after);
    expect(conversation).toMatchObject({ unread_count: 2, contact: { user_id: after } });
  });

  it("but a recycled number is another person's", async () => {
    const { api, webhook } = startPaloma();
    const number = newCustomer();
    const ana = newUserId();
    const bruno = newUserId();
    await webhook(body({ from: number, userId: ana, text: "soy Ana", name: "Ana" }));
    await webhook(body({ from: number, userId: bruno, text: "soy Bruno", name: "Bruno" }));
    await webhook(body({ from: number, text: "otra vez Bruno", name: "Bruno" }));
    await settleDown(phone(number), user(ana), user(bruno));
    await webhook(body({ from: number, userId: ana, text: "Ana, tarde", name: "Ana" }));

    const [anas, ...moreOfAna] = await conversationsOf(api, ana);
    const [brunos, ...moreOfBruno] = await conversationsOf(api, bruno);
    expect([moreOfAna, moreOfBruno]).toEqual([[], []]);
    expect(await textsOf(api, anas.id)).toEqual(["soy Ana", "Ana, tarde"]);
    expect(await textsOf(api, brunos.id)).toEqual(["soy Bruno", "otra vez Bruno"]);
    expect(brunos.contact).toMatchObject({ wa_id: number, name: "Bruno" });
  });

  it("keeps sends in flight while two conversations merge, each once", async () => {
    const { api, webhook, simulator } = startPaloma();
    const ana = newCustomer();
    const userId = newUserId();
    simulator.customers.put(ana, { userId });
    await simulator.customers.write({ from: ana, content: { type: "text", body: "hola" } });
    await webhook(body({ userId, text: "uno" }));
    const [byUser] = await conversationsOf(api, userId);
    const slow = simulator.rules.add({ effect: { kind: "delay", milliseconds: 300 } });
    const sending = api("POST", "/v1/messages", {
      conversation_id: byUser.id,
      text: { body: "en vuelo" },
    });
    const scheduled = await api("POST", "/v1/messages", {
      conversation_id: byUser.id,
      send_at: new Date(Date.now() + 2000).toISOString(),
      text: { body: "programado" },
    });
    expect(scheduled.body.status).toBe("scheduled");
    await webhook(body({ from: ana, userId, text: "dos" }));
    await settleDown(user(userId), phone(ana));
    expect((await sending).status).toBe(201);
    void slow;
    const delivered = await eventually(
      () => api("GET", `/v1/messages/${scheduled.body.id}`),
      ({ body: message }) => message.status === "accepted",
    );
    const [merged] = await conversationsOf(api, ana);
    expect(delivered.body.conversation_id).toBe(merged.id);
    expect(simulator.sent.map(({ body: sent }) => JSON.stringify(sent))).toHaveLength(2);
  });

  it("makes one conversation of two first messages at the same moment", async () => {
    const { api, webhook } = startPaloma();
    const ana = newCustomer();
    const userId = newUserId();
    await Promise.all([
      webhook(body({ from: ana, userId, text: "a" })),
      webhook(body({ from: ana, userId, text: "b" })),
      webhook(body({ userId, text: "c" })),
    ]);
    await settleDown(user(userId), phone(ana));
    const list = await conversationsOf(api, ana);
    expect(list).toHaveLength(1);
    expect(list[0]).toMatchObject({ unread_count: 3 });
  });

  it("never mixes two numbers of the business", async () => {
    const { api, webhook } = startPaloma();
    const ana = newCustomer();
    await webhook(body({ from: ana, text: "uno" }));
    const other = JSON.parse(
      JSON.stringify(body({ from: ana, text: "dos" })).replaceAll(NUMBER, "206540352242922"),
    );
    await webhook(other);
    expect(await conversationsOf(api, ana)).toHaveLength(2);
  });
});
