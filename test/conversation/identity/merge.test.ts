import { runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { ConversationMerge } from "../../../src/conversation/identity/merge.ts";
import { type Address, conversationName } from "../../../src/lib/address.ts";
import { phoneOf } from "../../../src/lib/phone.ts";
import { outgoingTemplate } from "../../support/conversation-messages.ts";
import { seenIn } from "../../support/conversation-object.ts";
import { faultyD1 } from "../../support/faulty-d1.ts";
import { eventually, newCustomer, NUMBER, type Paloma, startPaloma } from "../../support/paloma.ts";

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

const idOf = (address: Address) =>
  env.CONVERSATION.idFromName(conversationName(NUMBER, address)).toString();

function silence(): void {
  vi.spyOn(console, "error").mockImplementation(() => undefined);
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

  it("when the reminder knows 52…, and the answer comes as 521… with a BSUID, later without a phone", async () => {
    const { api, webhook } = startPaloma();
    const ana = newCustomer();
    const userId = newUserId();
    const params = { name: "Ana", pet: "Luna", date: "lunes", time: "10:00" };
    const reminder = await api("POST", "/v1/messages", {
      to: `+${phoneOf(ana)}`,
      type: "template",
      template: { name: "appointment_reminder", params },
    });
    const id: string = reminder.body.conversation_id;
    const steps: [Said, string[]][] = [
      [{ from: ana, userId, text: "SÍ" }, [ana]],
      [{ userId, text: "¿A qué hora?" }, [ana, userId]],
      [{ from: ana, text: "Gracias" }, [ana, userId]],
    ];
    for (const [said, contacts] of steps) {
      await webhook(body(said));
      for (const contact of [`+${phoneOf(ana)}`, ...contacts]) {
        const conversations = await conversationsOf(api, contact);
        expect(conversations.map((conversation: { id: string }) => conversation.id)).toEqual([id]);
      }
    }
    expect((await textsOf(api, id)).slice(0, 3)).toEqual(["SÍ", "¿A qué hora?", "Gracias"]);
    expect((await conversationsOf(api, userId))[0]).toMatchObject({ unread_count: 3 });
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
    const before = Math.floor(Date.now() / 1000) - HOUR_S;
    await webhook(body({ from: number, userId: ana, text: "Ana, tarde", name: "Ana", at: before }));

    const [anas, ...moreOfAna] = await conversationsOf(api, ana);
    const [brunos, ...moreOfBruno] = await conversationsOf(api, bruno);
    expect([moreOfAna, moreOfBruno]).toEqual([[], []]);
    expect(await textsOf(api, anas.id)).toEqual(["Ana, tarde", "soy Ana"]);
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

describe("a move of one conversation into another", () => {
  /** A customer with a conversation by BSUID and one by phone, each with one text. */
  async function twoConversations({ api, webhook }: Paloma) {
    const ana = newCustomer();
    const userId = newUserId();
    const first = body({ userId, text: "uno" });
    const second = body({ from: ana, text: "dos" });
    await webhook(first);
    await webhook(second);
    const [byUser] = await conversationsOf(api, userId);
    const [byPhone] = await conversationsOf(api, ana);
    return { ana, userId, first, second, byUser, byPhone };
  }

  it("asked for in both directions at once ends in one conversation (I8)", async () => {
    const paloma = startPaloma();
    const { api } = paloma;
    const { ana, userId, byUser, byPhone } = await twoConversations(paloma);
    const [one, other] = [objectOf(user(userId)), objectOf(phone(ana))];
    await Promise.all([one.pointTo(byPhone.id), other.pointTo(byUser.id)]);
    await settleDown(user(userId), phone(ana));
    const [survivor, ...more] = await conversationsOf(api, ana);
    expect(more).toEqual([]);
    // The one with the greater id goes.
    expect(survivor.id).toBe(byUser.id < byPhone.id ? byUser.id : byPhone.id);
    expect(await conversationsOf(api, userId)).toHaveLength(1);
    expect(survivor.unread_count).toBe(2);
    expect(await textsOf(api, byUser.id)).toEqual(["uno", "dos"]);
    expect(await textsOf(api, byPhone.id)).toEqual(["uno", "dos"]);
  });

  it("in both directions, alarms at the same moment, never makes a circle (I8)", async () => {
    const paloma = startPaloma();
    const { api, webhook } = paloma;
    const { ana, userId, byUser, byPhone } = await twoConversations(paloma);
    const [one, other] = [objectOf(user(userId)), objectOf(phone(ana))];
    await Promise.all([other.pointTo(byUser.id), one.pointTo(byPhone.id)]);
    for (let round = 0; round < 4; round += 1) {
      await Promise.all([runDurableObjectAlarm(one), runDurableObjectAlarm(other)]);
    }
    expect((await webhook(body({ userId, text: "tres" }))).status).toBe(200);
    expect((await webhook(body({ from: ana, text: "cuatro" }))).status).toBe(200);
    expect(await conversationsOf(api, ana)).toMatchObject([{ unread_count: 4 }]);
  });

  it("goes along a chain of three, and every old id leads to the last (I8)", async () => {
    const { api, webhook } = startPaloma();
    const users = [newUserId(), newUserId(), newUserId()].map(user);
    const ids = users.map(idOf);
    for (const [place, { kind, ...address }] of users.entries()) {
      const userId = "user_id" in address ? address.user_id : kind;
      await webhook(body({ userId, text: String(place) }));
    }
    const [a, b, c] = users.map(objectOf);
    if (!a || !b || !c) throw new Error("three were made");
    // The first knows only of the second, which is on its way to the third.
    await a.pointTo(ids[1] ?? "");
    await b.pointTo(ids[2] ?? "");
    await settleDown(...users);
    await settleDown(...users.toReversed());
    for (const id of ids) {
      const { body: survivor } = await api("GET", `/v1/conversations/${id}`);
      expect(survivor).toMatchObject({ id: ids[2], unread_count: 3 });
      expect(await textsOf(api, id)).toEqual(["0", "1", "2"]);
    }
  });

  it("of three in a circle at one moment ends in one (I8)", async () => {
    const { api, webhook } = startPaloma();
    for (const order of [
      [0, 1, 2],
      [2, 1, 0],
      [1, 2, 0],
    ]) {
      const users = [newUserId(), newUserId(), newUserId()];
      for (const userId of users) await webhook(body({ userId, text: userId }));
      const ids = users.map((userId) => idOf(user(userId)));
      const objects = users.map((userId) => objectOf(user(userId)));
      await Promise.all(objects.map((object, place) => object.pointTo(ids[(place + 1) % 3] ?? "")));
      for (let round = 0; round < 4; round += 1) {
        await Promise.all(
          order.map((place) => runDurableObjectAlarm(objectOf(user(users[place] ?? "")))),
        );
      }
      const survivors = await Promise.all(ids.map((id) => api("GET", `/v1/conversations/${id}`)));
      const least = ids.toSorted()[0];
      for (const { body: survivor } of survivors) {
        expect(survivor).toMatchObject({ id: least, unread_count: 3 });
      }
      for (const userId of users) {
        expect((await webhook(body({ userId, text: "más" }))).status).toBe(200);
      }
      const { body: survivor } = await api("GET", `/v1/conversations/${least}`);
      expect(survivor.unread_count).toBe(6);
    }
  });

  it("answers for what it took along before its destination has it (I4, I7)", async () => {
    silence();
    const paloma = startPaloma();
    const { api, simulator } = paloma;
    const { ana, userId, byUser, byPhone } = await twoConversations(paloma);
    simulator.customers.put(ana, { userId });
    const send = (text: string) =>
      api("POST", "/v1/messages", {
        conversation_id: byUser.id,
        window: "meta",
        send_at: new Date(Date.now() + HOUR_S * 1000).toISOString(),
        text: { body: text },
      });
    const canceled = await send("no");
    const stays = await send("sí");
    const absorb = vi.spyOn(ConversationMerge.prototype, "takeOver").mockImplementation(() => {
      throw new Error("not reached");
    });
    const moved = objectOf(user(userId));
    await moved.pointTo(byPhone.id);
    await eventually(
      () => runDurableObjectAlarm(moved).then(() => absorb.mock.calls.length),
      (calls) => calls >= 1,
    );
    // While the target can't be reached, no caller gets a wrong answer.
    expect((await api("DELETE", `/v1/messages/${canceled.body.id}`)).status).toBe(500);
    absorb.mockRestore();
    const { body: outcome } = await api("DELETE", `/v1/messages/${canceled.body.id}`);
    expect(outcome.status).toBe("canceled");
    await api("POST", `/v1/conversations/${byUser.id}/read`);
    await settleDown(user(userId), phone(ana));
    expect(await conversationsOf(api, ana)).toMatchObject([{ unread_count: 0 }]);
    const { body: message } = await api("GET", `/v1/messages/${stays.body.id}`);
    expect(message).toMatchObject({ status: "scheduled", conversation_id: byPhone.id });
  });

  it("sends none again that had left before (I7)", async () => {
    silence();
    const paloma = startPaloma();
    const { api, simulator } = paloma;
    const { ana, userId, byUser, byPhone } = await twoConversations(paloma);
    simulator.customers.put(ana, { userId });
    const moved = objectOf(user(userId));
    const message = outgoingTemplate();
    await moved.send(message, null);
    const absorb = vi.spyOn(ConversationMerge.prototype, "takeOver").mockImplementation(() => {
      throw new Error("not reached");
    });
    await moved.pointTo(byPhone.id);
    await eventually(
      () => runDurableObjectAlarm(moved).then(() => absorb.mock.calls.length),
      (calls) => calls >= 1,
    );
    absorb.mockRestore();
    // A request that was on its way all the time.
    const again = await moved.send(message, null);
    expect(again?.progress.report.state).toBe("accepted");
    await moved.enqueue([message], user(userId));
    await settleDown(user(userId), phone(ana));
    expect(simulator.sent).toHaveLength(1);
    expect(await conversationsOf(api, byUser.contact.user_id)).toHaveLength(1);
  });

  it("is repeated until its destination acknowledged it, and counts once (I4, I8)", async () => {
    silence();
    const paloma = startPaloma();
    const { api, webhook } = paloma;
    const { ana, userId, first, byUser, byPhone } = await twoConversations(paloma);
    // oxlint-disable-next-line typescript/unbound-method -- called on the object it is spied on
    const real = ConversationMerge.prototype.takeOver;
    const absorb = vi
      .spyOn(ConversationMerge.prototype, "takeOver")
      // Lost on the way there, then on the way back.
      .mockImplementationOnce(() => {
        throw new Error("not reached");
      })
      .mockImplementationOnce(function (this: ConversationMerge, ...parameters) {
        real.apply(this, parameters);
        throw new Error("the answer was lost");
      });
    await objectOf(user(userId)).pointTo(byPhone.id);
    // Meanwhile Meta delivers again what the moved object took.
    await eventually(
      () => runDurableObjectAlarm(objectOf(user(userId))).then(() => absorb.mock.calls.length),
      (calls) => calls >= 1,
    );
    await webhook(first);
    await settleDown(user(userId), phone(ana));
    expect(absorb.mock.calls.length).toBeGreaterThanOrEqual(3);
    const merged = await conversationsOf(api, ana);
    expect(merged).toMatchObject([{ id: byPhone.id, unread_count: 2 }]);
    expect(await textsOf(api, byUser.id)).toEqual(["uno", "dos"]);
    await webhook(first);
    expect(await conversationsOf(api, ana)).toMatchObject([{ unread_count: 2 }]);
    expect(await seenIn(objectOf(user(userId)))).toEqual([]);
  });

  it("leaves read what was read, though it comes again before the destination knows (I4)", async () => {
    silence();
    const paloma = startPaloma();
    const { api, webhook } = paloma;
    const { ana, userId, first, byUser, byPhone } = await twoConversations(paloma);
    await api("POST", `/v1/conversations/${byUser.id}/read`);
    const absorb = vi.spyOn(ConversationMerge.prototype, "takeOver").mockImplementation(() => {
      throw new Error("not reached");
    });
    await objectOf(user(userId)).pointTo(byPhone.id);
    await eventually(
      () => runDurableObjectAlarm(objectOf(user(userId))).then(() => absorb.mock.calls.length),
      (calls) => calls >= 1,
    );
    await webhook(first);
    absorb.mockRestore();
    await settleDown(user(userId), phone(ana));
    expect(await conversationsOf(api, ana)).toMatchObject([{ unread_count: 1 }]);
  });

  it.each(["refused", "answer_lost"] as const)(
    "while D1 fails (%s) ends as it would without (I3, I8)",
    async (fault) => {
      silence();
      const paloma = startPaloma();
      const { api } = paloma;
      const { ana, userId, byUser, byPhone } = await twoConversations(paloma);
      const d1 = faultyD1();
      d1.set(fault);
      await objectOf(user(userId)).pointTo(byPhone.id);
      await settleDown(user(userId), phone(ana));
      d1.set("none");
      await settleDown(user(userId), phone(ana));
      expect(await conversationsOf(api, ana)).toMatchObject([{ id: byPhone.id, unread_count: 2 }]);
      expect(await textsOf(api, byUser.id)).toEqual(["uno", "dos"]);
      expect(await conversationsOf(api, userId)).toHaveLength(1);
    },
  );

  it("never reads what was not read: the earlier read mark counts (I4)", async () => {
    const paloma = startPaloma();
    const { api, webhook } = paloma;
    const { ana, userId, byPhone } = await twoConversations(paloma);
    await webhook(body({ userId, text: "tres" }));
    // The phone's conversation is read to its end; the BSUID's not at all.
    await api("POST", `/v1/conversations/${byPhone.id}/read`);
    await objectOf(user(userId)).pointTo(byPhone.id);
    await settleDown(user(userId), phone(ana));
    expect(await conversationsOf(api, ana)).toMatchObject([{ unread_count: 2 }]);
    await api("POST", `/v1/conversations/${byPhone.id}/read`);
    expect(await conversationsOf(api, ana)).toMatchObject([{ unread_count: 0 }]);
  });

  it("keeps the later read mark where nothing unread stands before it (I4)", async () => {
    const paloma = startPaloma();
    const { api, webhook } = paloma;
    const ana = newCustomer();
    const userId = newUserId();
    const late = body({ userId, text: "tarde" });
    await webhook(body({ userId, text: "uno" }));
    const [byUser] = await conversationsOf(api, userId);
    await api("POST", `/v1/conversations/${byUser.id}/read`);
    await webhook(body({ from: ana, userId, text: "dos" }));
    await settleDown(user(userId), phone(ana));
    await webhook(late);
    const [{ id, ...merged }] = await conversationsOf(api, ana);
    expect(merged.unread_count).toBe(1);
    const { body: list } = await api("GET", `/v1/conversations/${id}/messages`);
    expect(list.data.map(({ status }: { status: string }) => status)).toEqual([
      "delivered",
      "read",
      "read",
    ]);
  });

  it("loses no unread message that has the second of what was read last (I4)", async () => {
    const paloma = startPaloma();
    const { api, webhook } = paloma;
    const { ana, userId, byUser, byPhone } = await twoConversations(paloma);
    const at = Math.floor(Date.now() / 1000);
    await webhook(body({ from: ana, text: "visto", at }));
    await api("POST", `/v1/conversations/${byPhone.id}/read`);
    await api("POST", `/v1/conversations/${byUser.id}/read`);
    // Some of these ids sort before the one that was read, whatever their digests.
    for (let count = 0; count < 5; count += 1) {
      await webhook(body({ from: ana, text: "mismo segundo", at }));
    }
    await objectOf(user(userId)).pointTo(byPhone.id);
    await settleDown(user(userId), phone(ana));
    expect(await conversationsOf(api, ana)).toMatchObject([{ unread_count: 5 }]);
  });

  it("takes a message that waits and a scheduled one along, and each leaves once (I7)", async () => {
    const paloma = startPaloma();
    const { api, simulator } = paloma;
    const { ana, userId, byUser, byPhone } = await twoConversations(paloma);
    simulator.customers.put(ana, { userId });
    const limited = simulator.rules.add({ effect: { kind: "graph_error", code: 130429 } });
    const waiting = await api("POST", "/v1/messages", {
      conversation_id: byUser.id,
      window: "meta",
      text: { body: "espera" },
    });
    const scheduled = await api("POST", "/v1/messages", {
      conversation_id: byUser.id,
      window: "meta",
      send_at: new Date(Date.now() + 1500).toISOString(),
      text: { body: "programado" },
    });
    expect([waiting.body.status, scheduled.body.status]).toEqual(["queued", "scheduled"]);
    await objectOf(user(userId)).pointTo(byPhone.id);
    await settleDown(user(userId));
    simulator.rules.remove(limited.id);
    await simulator.customers.write({ from: ana, content: { type: "text", body: "abre" } });
    await simulator.flush();
    for (const { body: sent } of [waiting, scheduled]) {
      const { body: message } = await eventually(
        () => api("GET", `/v1/messages/${sent.id}`),
        ({ body: now }) => now.status !== "queued" && now.status !== "scheduled",
      );
      expect(message).toMatchObject({ status: "accepted", conversation_id: byPhone.id });
    }
    await settleDown(user(userId), phone(ana));
    const texts = simulator.sent.map((sent) => JSON.stringify(sent.body));
    expect(texts.filter((text) => text.includes("espera"))).toHaveLength(1);
    expect(texts.filter((text) => text.includes("programado"))).toHaveLength(1);
  });

  it("keeps the old id good for looking up, changing, reading and sending (I8)", async () => {
    const paloma = startPaloma();
    const { api, simulator } = paloma;
    const { ana, userId, byUser, byPhone } = await twoConversations(paloma);
    simulator.customers.put(ana, { userId });
    await objectOf(user(userId)).pointTo(byPhone.id);
    await settleDown(user(userId), phone(ana));
    const path = `/v1/conversations/${byUser.id}`;
    expect((await api("GET", path)).body.id).toBe(byPhone.id);

    const change = { owner: "vet-9", subject: "Luna", status: "closed" };
    expect((await api("PATCH", path, change)).body).toMatchObject({ id: byPhone.id, ...change });
    expect((await api("GET", `/v1/conversations/${byPhone.id}`)).body).toMatchObject(change);

    const { body: list } = await api("GET", `${path}/messages`);
    const [newest, oldest] = list.data;
    const part = await api("POST", `${path}/read`, { up_to: oldest.id });
    expect([part.status, part.body.unread_count]).toEqual([200, 1]);
    const all = await api("POST", `${path}/read`);
    expect([all.status, all.body.unread_count]).toEqual([200, 0]);
    // Read at Meta as well.
    expect(simulator.calls.some((call) => JSON.stringify(call).includes(newest.wamid))).toBe(true);

    await simulator.customers.write({ from: ana, content: { type: "text", body: "abre" } });
    await simulator.flush();
    const sent = await api("POST", "/v1/messages", {
      conversation_id: byUser.id,
      text: { body: "hola" },
    });
    expect(sent.status).toBe(201);
    expect(sent.body).toMatchObject({ conversation_id: byPhone.id });
  });

  it("back to where it once came from keeps owner, subject and every message (I8)", async () => {
    const paloma = startPaloma();
    const { api, webhook } = paloma;
    const { ana, userId, byUser, byPhone } = await twoConversations(paloma);
    await webhook(body({ from: ana, userId, text: "tres" }));
    await settleDown(user(userId), phone(ana));
    await api("PATCH", `/v1/conversations/${byPhone.id}`, { owner: "vet-7", subject: "Luna" });
    // The operator gives Ana's number to Bruno.
    const bruno = newUserId();
    await webhook(body({ from: ana, userId: bruno, text: "soy Bruno", name: "Bruno" }));
    await settleDown(phone(ana), user(userId), user(bruno));
    const [anas, ...more] = await conversationsOf(api, userId);
    expect(more).toEqual([]);
    expect(anas).toMatchObject({ id: byUser.id, owner: "vet-7", subject: "Luna", unread_count: 3 });
    expect(await textsOf(api, anas.id)).toEqual(["uno", "dos", "tres"]);
    const [brunos] = await conversationsOf(api, bruno);
    expect(await textsOf(api, brunos.id)).toEqual(["soy Bruno"]);
    expect(brunos).toMatchObject({ owner: null, unread_count: 1 });
  });
});

describe("I8: the field user_id_update", () => {
  function update(members: Record<string, unknown>) {
    return {
      object: "whatsapp_business_account",
      entry: [
        {
          id: "102290129340398",
          time: Math.floor(Date.now() / 1000),
          changes: [
            {
              field: "user_id_update",
              value: {
                messaging_product: "whatsapp",
                metadata: { display_phone_number: "5219983162438", phone_number_id: NUMBER },
                user_id_update: [{ timestamp: Math.floor(Date.now() / 1000), ...members }],
              },
            },
          ],
        },
      ],
    };
  }

  it.each(["with the phone", "without the phone"])(
    "leads the new BSUID to the conversation under the old one, reported %s",
    async (reported) => {
      const { api, webhook, simulator } = startPaloma();
      const ana = newCustomer();
      const [previous, current] = [newUserId(), newUserId()];
      await webhook(body({ userId: previous, text: "uno" }));
      const phoneMember = reported === "with the phone" ? { wa_id: ana } : {};
      const response = await webhook(update({ ...phoneMember, user_id: { previous, current } }));
      expect(response.status).toBe(200);
      await webhook(body({ userId: current, text: "dos" }));
      await settleDown(user(previous), user(current), phone(ana));
      const [conversation, ...more] = await conversationsOf(api, current);
      expect(more).toEqual([]);
      expect(conversation).toMatchObject({ unread_count: 2, contact: { user_id: current } });
      expect(await textsOf(api, conversation.id)).toEqual(["uno", "dos"]);
      // From then on Meta is given the BSUID that holds.
      simulator.rules.clear();
      await api("POST", "/v1/messages", {
        conversation_id: conversation.id,
        text: { body: "hola" },
      });
      const call = simulator.calls.find(({ body: sent }) =>
        JSON.stringify(sent ?? null).includes('"hola"'),
      );
      expect(call?.body).toMatchObject({ recipient: current });
    },
  );

  it("is known at once, before any message comes under it", async () => {
    const { api, webhook } = startPaloma();
    const [previous, current] = [newUserId(), newUserId()];
    await webhook(body({ userId: previous, text: "uno" }));
    await webhook(update({ user_id: { previous, current } }));
    await settleDown(user(previous));
    expect(await conversationsOf(api, current)).toMatchObject([{ unread_count: 1 }]);
  });

  it("makes no conversation for somebody who never wrote", async () => {
    const { api, webhook } = startPaloma();
    const current = newUserId();
    const previous = newUserId();
    const change = update({ wa_id: newCustomer(), user_id: { previous, current } });
    expect((await webhook(change)).status).toBe(200);
    await settleDown(user(previous), user(current));
    expect(await conversationsOf(api, current)).toEqual([]);
    expect(await conversationsOf(api, previous)).toEqual([]);
  });
});
