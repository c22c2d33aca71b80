/** One person by every address that Meta ever named them with, as a caller of the API sees it. */
import { runDurableObjectAlarm } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { addressNamed, conversationName } from "../../src/lib/address.ts";
import { rowsInD1 } from "../support/conversation-object.ts";
import { eventually, newCustomer, NUMBER, type Paloma, startPaloma } from "../support/paloma.ts";

const PARAMS = { name: "Ana", pet: "Luna", date: "lunes", time: "10:00" };
const REMINDER = {
  type: "template",
  template: { name: "appointment_reminder", params: PARAMS },
};

/** A number of Côte d'Ivoire as it is dialled, and the WhatsApp id that Meta answers with. */
function ivorian(): { dialled: string; waId: string } {
  const local = String((crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) % 10 ** 8);
  const eight = local.padStart(8, "0");
  return { dialled: `+22507${eight}`, waId: `225${eight}` };
}

function newUserId(country = "CI"): string {
  return `${country}.${crypto.getRandomValues(new Uint32Array(3)).join("")}`;
}

const seconds = (at = Date.now()): string => String(Math.floor(at / 1000));

function bodyOf(field: string, value: object) {
  const metadata = { display_phone_number: "5219983162438", phone_number_id: NUMBER };
  return {
    object: "whatsapp_business_account",
    entry: [
      {
        id: "102290129340398",
        changes: [{ field, value: { messaging_product: "whatsapp", metadata, ...value } }],
      },
    ],
  };
}

/** A customer's text; who it is from stands in the members. */
function text(who: object, { body = "Hola", at = Date.now(), contacts = [{}] } = {}) {
  const message = { id: `wamid.${crypto.randomUUID()}`, timestamp: seconds(at), type: "text" };
  return bodyOf("messages", {
    contacts,
    messages: [{ ...who, ...message, text: { body } }],
  });
}

function status(wamid: string, members: object, more: object = {}) {
  return bodyOf("messages", {
    ...more,
    statuses: [{ id: wamid, status: "delivered", timestamp: seconds(), ...members }],
  });
}

async function idsBy({ api }: Paloma, contact: string): Promise<string[]> {
  const path = `/v1/conversations?contact=${encodeURIComponent(contact)}`;
  const { status: code, body } = await api("GET", path);
  // Digits of no country's, by which nobody is known.
  if (code === 422) return [];
  return body.data.map(({ id }: { id: string }) => id);
}

/** Waits until each of the contacts finds this one conversation and no other. */
async function expectOne(paloma: Paloma, contacts: readonly string[], id: string): Promise<void> {
  for (const contact of contacts) {
    expect(
      await eventually(
        () => idsBy(paloma, contact),
        (ids) => ids.length === 1 && ids[0] === id,
      ),
    ).toEqual([id]);
  }
}

async function textsOf({ api }: Paloma, id: string): Promise<string[]> {
  const { body } = await api("GET", `/v1/conversations/${id}/messages`);
  return body.data
    .filter(({ direction }: { direction: string }) => direction === "inbound")
    .map((message: { body: string }) => message.body)
    .toReversed();
}

async function settleDown(...identities: string[]): Promise<void> {
  for (let round = 0; round < 4; round += 1) {
    for (const identity of identities) {
      const name = conversationName(NUMBER, addressNamed(identity));
      await runDurableObjectAlarm(env.CONVERSATION.getByName(name));
    }
  }
}

async function remind({ api }: Paloma, to: object): Promise<{ id: string; wamid: string }> {
  const { status: code, body } = await api("POST", "/v1/messages", { ...to, ...REMINDER });
  expect(code).toBe(201);
  return { id: body.conversation_id, wamid: body.wamid };
}

describe("I8: a number dialled and the WhatsApp id that Meta answers with", () => {
  it("are one conversation: the reply comes into it, and free text to either goes", async () => {
    const paloma = startPaloma();
    const { api, webhook, simulator } = paloma;
    const { dialled, waId } = ivorian();
    const { id } = await remind(paloma, { to: dialled });
    await expectOne(paloma, [dialled, waId], id);

    await simulator.customers.write({ from: waId, content: { type: "text", body: "SÍ" } });
    await simulator.flush();
    expect(await textsOf(paloma, id)).toEqual(["SÍ"]);
    for (const recipient of [{ to: dialled }, { to: `+${waId}` }, { conversation_id: id }]) {
      const sent = await api("POST", "/v1/messages", { ...recipient, text: { body: "Gracias" } });
      expect([sent.status, sent.body.conversation_id]).toEqual([201, id]);
    }
    await webhook(text({ from: waId }, { body: "otra" }));
    await expectOne(paloma, [dialled, waId], id);
    const { body: conversation } = await api("GET", `/v1/conversations/${id}`);
    expect(conversation).toMatchObject({ unread_count: 2, contact: { wa_id: waId } });
  });

  it("are one where both had a conversation, and both ids lead to it", async () => {
    const paloma = startPaloma();
    const { api, simulator } = paloma;
    const { dialled, waId } = ivorian();
    await simulator.customers.write({ from: waId, content: { type: "text", body: "uno" } });
    await simulator.flush();
    const [first = ""] = await idsBy(paloma, waId);
    const { id } = await remind(paloma, { to: dialled });
    await settleDown(waId, dialled.slice(1));
    await expectOne(paloma, [dialled, waId], id);
    expect((await api("GET", `/v1/conversations/${first}`)).body.id).toBe(id);
    expect(await textsOf(paloma, id)).toEqual(["uno"]);
    const sent = await api("POST", "/v1/messages", { to: dialled, text: { body: "Gracias" } });
    expect([sent.status, sent.body.conversation_id]).toEqual([201, id]);
  });

  it("are one where several spellings were dialled, in batches too", async () => {
    const paloma = startPaloma();
    const { api, webhook, simulator } = paloma;
    const ana = newCustomer();
    const others = [newCustomer(), newCustomer()];
    simulator.customers.put(ana, { otherNumbers: others });
    const { body } = await api("POST", "/v1/messages/batch", {
      messages: others.map((other) => ({ to: `+${other}`, ...REMINDER })),
    });
    await eventually(
      () => api("GET", `/v1/messages/${body.data[1].message.id}`),
      ({ body: message }) => message.status === "accepted",
    );
    await webhook(text({ from: ana }, { body: "SÍ" }));
    await settleDown(...others, ana);
    await settleDown(...others, ana);
    const [id = ""] = await idsBy(paloma, ana);
    await expectOne(paloma, [ana, ...others], id);
    expect(await textsOf(paloma, id)).toEqual(["SÍ"]);
  });

  it("know the BSUID as well where the answer names it", async () => {
    const paloma = startPaloma();
    const { webhook, simulator } = paloma;
    const { dialled, waId } = ivorian();
    const userId = newUserId();
    simulator.customers.put(dialled, { userId, tellsUserId: true });
    const { id } = await remind(paloma, { to: dialled });
    await expectOne(paloma, [dialled, waId, userId], id);
    await webhook(text({ from_user_id: userId }, { body: "SÍ" }));
    expect(await textsOf(paloma, id)).toEqual(["SÍ"]);
  });
});

describe("I8: a status that names a person", () => {
  it("links phone and BSUID, once", async () => {
    const paloma = startPaloma();
    const { webhook } = paloma;
    const ana = newCustomer();
    const userId = newUserId("MX");
    const { id, wamid } = await remind(paloma, { to: `+${ana}` });
    await webhook(status(wamid, { recipient_id: ana, recipient_user_id: userId }));
    await expectOne(paloma, [ana, userId], id);
    await webhook(text({ from_user_id: userId }, { body: "SÍ" }));
    expect(await textsOf(paloma, id)).toEqual(["SÍ"]);
  });

  it("links them by its contacts alone", async () => {
    const paloma = startPaloma();
    const { webhook } = paloma;
    const ana = newCustomer();
    const userId = newUserId("MX");
    const { id, wamid } = await remind(paloma, { to: `+${ana}` });
    const contacts = [{ profile: { name: "Ana" }, wa_id: ana, user_id: userId }];
    await webhook(status(wamid, { recipient_id: ana }, { contacts }));
    await expectOne(paloma, [ana, userId], id);
    expect(await idsBy(paloma, userId)).toEqual([id]);
  });

  it("links the number dialled where the answer to the send was lost", async () => {
    const paloma = startPaloma();
    const { api, webhook, simulator } = paloma;
    const { dialled, waId } = ivorian();
    simulator.rules.add({ effect: { kind: "lost_connection", when: "after" } });
    const sent = await api("POST", "/v1/messages", { to: dialled, ...REMINDER });
    expect(sent.body.status).toBe("unconfirmed");
    simulator.rules.clear();
    const id: string = sent.body.conversation_id;
    await webhook(
      status(`wamid.${crypto.randomUUID()}`, {
        recipient_id: waId,
        biz_opaque_callback_data: sent.body.id,
      }),
    );
    await expectOne(paloma, [dialled, waId], id);
  });

  it("makes one of two conversations, also where its message is unknown", async () => {
    const paloma = startPaloma();
    const { webhook } = paloma;
    const ana = newCustomer();
    const userId = newUserId("MX");
    await webhook(text({ from: ana }, { body: "uno", at: Date.now() - 2000 }));
    await webhook(text({ from_user_id: userId }, { body: "dos" }));
    const unknown = `wamid.${crypto.randomUUID()}`;
    await webhook(status(unknown, { recipient_id: ana, recipient_user_id: userId }));
    const [id = ""] = await eventually(
      () => idsBy(paloma, userId),
      (ids) => ids.length === 1,
    );
    await eventually(
      () => textsOf(paloma, id),
      (texts) => texts.length === 2,
    );
    await settleDown(ana, userId);
    const [survivor = ""] = await idsBy(paloma, ana);
    await expectOne(paloma, [ana, userId], survivor);
    expect(await textsOf(paloma, survivor)).toEqual(["uno", "dos"]);
  });

  it("tells nothing of whom its message was for where it names one alone", async () => {
    const paloma = startPaloma();
    const [ana, beto] = [newCustomer(), newCustomer()];
    const { id } = await remind(paloma, { to: `+${ana}` });
    const { id: other, wamid } = await remind(paloma, { to: `+${beto}` });
    await paloma.webhook(status(wamid, { recipient_id: ana }));
    await eventually(
      () => rowsInD1("SELECT 1 FROM message_statuses WHERE wamid = ?", wamid),
      (rows) => rows.length === 1,
    );
    await settleDown(ana, beto);
    expect([await idsBy(paloma, ana), await idsBy(paloma, beto)]).toEqual([[id], [other]]);
  });

  it("makes no conversation for people who have none", async () => {
    const paloma = startPaloma();
    const [ana, userId] = [newCustomer(), newUserId("MX")];
    const unknown = `wamid.${crypto.randomUUID()}`;
    await paloma.webhook(status(unknown, { recipient_id: ana, recipient_user_id: userId }));
    await eventually(
      () => rowsInD1("SELECT 1 FROM message_statuses WHERE wamid = ?", unknown),
      (rows) => rows.length === 1,
    );
    expect([await idsBy(paloma, ana), await idsBy(paloma, userId)]).toEqual([[], []]);
  });
});

describe("I8, I3: a number that has another owner now", () => {
  const WEEK_MS = 7 * 24 * 60 * 60 * 1000;

  async function recycled(paloma: Paloma) {
    const { webhook } = paloma;
    const number = newCustomer();
    const [ana, bruno] = [newUserId("MX"), newUserId("MX")];
    const lastWeek = Date.now() - WEEK_MS / 2;
    await webhook(text({ from: number, from_user_id: ana }, { body: "soy Ana", at: lastWeek }));
    const { wamid } = await remind(paloma, { to: `+${number}` });
    await webhook(text({ from: number, from_user_id: bruno }, { body: "soy Bruno" }));
    await settleDown(number, ana, bruno);
    const [anas = ""] = await idsBy(paloma, ana);
    const [brunos = ""] = await idsBy(paloma, bruno);
    return { number, ana, bruno, anas, brunos, wamid, lastWeek };
  }

  it("stays theirs whatever comes late of the former owner", async () => {
    const paloma = startPaloma();
    const { webhook } = paloma;
    const { number, ana, bruno, anas, brunos, wamid, lastWeek } = await recycled(paloma);
    const late = seconds(lastWeek + 1000);
    await webhook(status(wamid, { recipient_id: number, recipient_user_id: ana, timestamp: late }));
    await webhook(
      text({ from: number, from_user_id: ana }, { body: "Ana, tarde", at: lastWeek + 1000 }),
    );
    await eventually(
      () => rowsInD1("SELECT 1 FROM message_statuses WHERE wamid = ?", wamid),
      (rows) => rows.length > 0,
    );
    await settleDown(ana, bruno, number);
    await settleDown(number, bruno, ana);
    const later = Date.now() + 1000;
    await webhook(text({ from: number }, { body: "otra vez Bruno", at: later }));
    await expectOne(paloma, [number, bruno], brunos);
    await expectOne(paloma, [ana], anas);
    expect(await textsOf(paloma, anas)).toEqual(["soy Ana", "Ana, tarde"]);
    expect(await textsOf(paloma, brunos)).toEqual(["soy Bruno", "otra vez Bruno"]);
  });

  it("is found out by a status as by a message, by Meta's clock", async () => {
    const paloma = startPaloma();
    const { webhook, api } = paloma;
    const number = newCustomer();
    const [ana, bruno] = [newUserId("MX"), newUserId("MX")];
    const at = Date.now() - WEEK_MS / 2;
    await webhook(text({ from: number, from_user_id: ana }, { body: "soy Ana", at }));
    const { wamid } = await remind(paloma, { to: `+${number}` });
    await webhook(status(wamid, { recipient_id: number, recipient_user_id: bruno }));
    const name = conversationName(NUMBER, addressNamed(ana));
    const home = env.CONVERSATION.idFromName(name).toString();
    await eventually(
      async () => {
        await settleDown(number, ana);
        return idsBy(paloma, ana);
      },
      (ids) => ids[0] === home,
    );
    const [brunosHome = ""] = [bruno].map((each) =>
      env.CONVERSATION.idFromName(conversationName(NUMBER, addressNamed(each))).toString(),
    );
    await expectOne(paloma, [number, bruno], brunosHome);
    const sent = await api("POST", "/v1/messages", { to: `+${number}`, ...REMINDER });
    const brunos: string = sent.body.conversation_id;
    expect(brunos).toBe(brunosHome);
    await webhook(text({ from: number, from_user_id: bruno }, { body: "soy Bruno" }));
    await settleDown(number, bruno, ana);
    await expectOne(paloma, [number, bruno], brunos);
    await expectOne(paloma, [ana], home);
    expect(await textsOf(paloma, home)).toEqual(["soy Ana"]);
    expect(await textsOf(paloma, brunos)).toEqual(["soy Bruno"]);
  });

  it("stays theirs though another's change to it is told late, under a BSUID alone", async () => {
    const paloma = startPaloma();
    const { webhook } = paloma;
    const number = newCustomer();
    const [ana, bruno] = [newUserId("MX"), newUserId("MX")];
    await webhook(text({ from: number, from_user_id: bruno }, { body: "soy Bruno" }));
    const [brunos = ""] = await idsBy(paloma, bruno);
    const change = {
      from_user_id: ana,
      id: `wamid.${crypto.randomUUID()}`,
      timestamp: seconds(Date.now() - WEEK_MS / 2),
      type: "system",
      system: { type: "user_changed_number", body: "…", wa_id: number },
    };
    await webhook(bodyOf("messages", { messages: [change] }));
    await settleDown(ana, number, bruno);
    const [anas = ""] = await idsBy(paloma, ana);
    expect(anas).not.toBe(brunos);
    await expectOne(paloma, [number, bruno], brunos);
    await expectOne(paloma, [ana], anas);
    await webhook(text({ from: number }, { body: "otra vez Bruno" }));
    expect(await textsOf(paloma, brunos)).toEqual(["soy Bruno", "otra vez Bruno"]);
  });

  it("goes back to whom Meta names with it last", async () => {
    const paloma = startPaloma();
    const { number, ana, bruno, anas, brunos } = await recycled(paloma);
    const at = Date.now() + 60_000;
    await paloma.webhook(text({ from: number, from_user_id: ana }, { body: "Ana de nuevo", at }));
    await settleDown(ana, bruno, number);
    await paloma.webhook(text({ from: number }, { body: "y otra vez", at: at + 1000 }));
    await expectOne(paloma, [number, ana], anas);
    await expectOne(paloma, [bruno], brunos);
    expect(await textsOf(paloma, anas)).toEqual(["soy Ana", "Ana de nuevo", "y otra vez"]);
    expect(await textsOf(paloma, brunos)).toEqual(["soy Bruno"]);
  });

  it("takes the number dialled along with the WhatsApp id, and leaves the person's other phone", async () => {
    const paloma = startPaloma();
    const { webhook, simulator } = paloma;
    const { dialled, waId } = ivorian();
    const next = newCustomer();
    const [ana, bruno] = [newUserId(), newUserId()];
    simulator.customers.put(dialled, { userId: ana });
    const at = Date.now() - 60_000;
    await remind(paloma, { to: dialled });
    await webhook(text({ from: waId, from_user_id: ana }, { body: "soy Ana", at }));
    await webhook(
      bodyOf("messages", {
        messages: [
          {
            from: waId,
            from_user_id: ana,
            id: `wamid.${crypto.randomUUID()}`,
            timestamp: seconds(at + 1000),
            type: "system",
            system: { type: "user_changed_number", body: "…", wa_id: next },
          },
        ],
      }),
    );
    await webhook(text({ from: waId, from_user_id: bruno }, { body: "soy Bruno", at: at + 2000 }));
    await settleDown(dialled.slice(1), waId, ana, next, bruno);
    await settleDown(dialled.slice(1), waId, ana, next, bruno);
    await webhook(text({ from: next }, { body: "Ana, sin BSUID" }));
    await webhook(text({ from: waId }, { body: "Bruno, sin BSUID" }));
    const [anas = ""] = await idsBy(paloma, ana);
    const [brunos = ""] = await idsBy(paloma, bruno);
    await expectOne(paloma, [next, ana], anas);
    await expectOne(paloma, [dialled, waId, bruno], brunos);
    expect(await textsOf(paloma, anas)).toEqual(
      expect.arrayContaining(["soy Ana", "Ana, sin BSUID"]),
    );
    expect(await textsOf(paloma, brunos)).toEqual(["soy Bruno", "Bruno, sin BSUID"]);
  });
});

describe("I8: a call, a preference, an echo", () => {
  it("makes one conversation of what its phone and its BSUID had", async () => {
    const paloma = startPaloma();
    const { api, webhook, simulator } = paloma;
    const ana = newCustomer();
    const userId = newUserId("MX");
    simulator.customers.put(ana, { userId });
    await webhook(text({ from_user_id: userId }, { body: "uno" }));
    const call = { from: ana, id: "wacid.1", timestamp: seconds(), direction: "USER_INITIATED" };
    const contacts = [{ wa_id: ana, user_id: userId }];
    await webhook(bodyOf("calls", { contacts, calls: [call] }));
    await settleDown(ana, userId);
    const [id = ""] = await idsBy(paloma, userId);
    await expectOne(paloma, [ana, userId], id);
    expect(await textsOf(paloma, id)).toEqual(["uno"]);
    const sent = await api("POST", "/v1/messages", {
      to: `+${ana}`,
      window: "meta",
      ...REMINDER,
    });
    expect(sent.body.conversation_id).toBe(id);
  });

  it("opens nobody else's window where the phone is another's by now (I5)", async () => {
    const paloma = startPaloma();
    const { api, webhook } = paloma;
    const number = newCustomer();
    const [ana, bruno] = [newUserId("MX"), newUserId("MX")];
    const at = Date.now() - 3_600_000;
    await webhook(text({ from: number, from_user_id: ana }, { body: "soy Ana", at }));
    const calls = [{ from: number, from_user_id: bruno, id: "wacid.2", timestamp: seconds() }];
    await webhook(bodyOf("calls", { calls }));
    await settleDown(number, bruno, ana);
    await settleDown(number, bruno, ana);
    const [anas = ""] = await idsBy(paloma, ana);
    const [brunos = ""] = await idsBy(paloma, bruno);
    await expectOne(paloma, [number, bruno], brunos);
    const lastOf = async (id: string) =>
      (await api("GET", `/v1/conversations/${id}`)).body.last_customer_message_at;
    expect(await lastOf(anas)).toBe(new Date(Math.floor(at / 1000) * 1000).toISOString());
    expect(Date.parse(await lastOf(brunos))).toBeGreaterThan(at);
  });

  it("links by a preference, whose choice counts for every address, the newest last", async () => {
    const paloma = startPaloma();
    const { api, webhook, simulator } = paloma;
    const { dialled, waId } = ivorian();
    const userId = newUserId();
    simulator.customers.put(dialled, { userId });
    const { id } = await remind(paloma, { to: dialled });
    const prefer = (value: string, at: number, who: object) =>
      webhook(
        bodyOf("user_preferences", {
          user_preferences: [
            { ...who, category: "marketing_messages", value, timestamp: Math.floor(at / 1000) },
          ],
        }),
      );
    await prefer("stop", Date.now() - 60_000, { wa_id: waId });
    const marketing = {
      type: "template",
      template: {
        name: "vaccination_reminder",
        params: { name: "Ana", pet: "Luna" },
      },
    };
    const outcomeBy = async (to: object) => {
      const { status: code, body } = await api("POST", "/v1/messages", { ...to, ...marketing });
      return [code, body.code];
    };
    const stopped = [422, "recipient_opted_out"];
    // Meta made a marketing template of it.
    await webhook(
      bodyOf("template_category_update", {
        message_template_name: "vaccination_reminder",
        message_template_language: "es_MX",
        previous_category: "UTILITY",
        new_category: "MARKETING",
      }),
    );
    expect(await outcomeBy({ conversation_id: id })).toEqual(stopped);
    expect(await outcomeBy({ to: dialled })).toEqual(stopped);
    await prefer("stop", Date.now() - 50_000, { wa_id: waId, user_id: userId });
    await expectOne(paloma, [dialled, waId, userId], id);
    expect(await outcomeBy({ recipient: userId })).toEqual(stopped);
    await prefer("resume", Date.now() - 40_000, { user_id: userId });
    expect(await outcomeBy({ to: dialled })).not.toEqual(stopped);
    await prefer("stop", Date.now() - 45_000, { wa_id: dialled.slice(1) });
    expect(await outcomeBy({ recipient: userId })).not.toEqual(stopped);
  });

  it("reads an echo's own members", async () => {
    const paloma = startPaloma();
    const { webhook } = paloma;
    const ana = newCustomer();
    const [userId, parentId] = [newUserId("MX"), newUserId("MX").replace("MX.", "MX.ENT.")];
    const echo = {
      from: "5219983162438",
      to: ana,
      to_user_id: userId,
      to_parent_user_id: parentId,
      id: `wamid.${crypto.randomUUID()}`,
      timestamp: seconds(),
      type: "text",
      text: { body: "Hola" },
    };
    await webhook(bodyOf("smb_message_echoes", { message_echoes: [echo] }));
    const [id = ""] = await idsBy(paloma, ana);
    await expectOne(paloma, [ana, userId, parentId], id);
    expect(await idsBy(paloma, parentId)).toEqual([id]);
  });
});

describe("I8: a BSUID where a phone is expected", () => {
  it("is a BSUID, whatever its digits", async () => {
    const paloma = startPaloma();
    const { api, webhook } = paloma;
    const ana = newCustomer();
    const userId = `MX.${ana}`;
    await webhook(text({ from: userId }, { body: "uno", contacts: [{ wa_id: userId }] }));
    await webhook(text({ from: ana }, { body: "de otra persona" }));
    const echo = {
      from: "5219983162438",
      to: userId,
      id: `wamid.${crypto.randomUUID()}`,
      timestamp: seconds(),
      type: "text",
      text: { body: "Hola" },
    };
    await webhook(bodyOf("smb_message_echoes", { message_echoes: [echo] }));
    const [id = "", ...more] = await idsBy(paloma, userId);
    expect(more).toEqual([]);
    expect(await textsOf(paloma, id)).toEqual(["uno"]);
    const { body: conversation } = await api("GET", `/v1/conversations/${id}`);
    expect(conversation.contact).toMatchObject({ wa_id: null, phone: null, user_id: userId });
    const { body: list } = await api("GET", `/v1/conversations/${id}/messages`);
    expect(list.data).toHaveLength(2);
    expect(await idsBy(paloma, ana)).not.toContain(id);
  });

  it("links as one", async () => {
    const paloma = startPaloma();
    const { webhook } = paloma;
    const ana = newCustomer();
    const userId = newUserId("MX");
    const { id, wamid } = await remind(paloma, { to: `+${ana}` });
    const contacts = [{ wa_id: ana, user_id: userId }];
    await webhook(status(wamid, { recipient_id: userId }, { contacts }));
    await expectOne(paloma, [ana, userId], id);
    expect(await idsBy(paloma, userId)).toEqual([id]);
  });
});

describe("I8: what the business keeps of a person", () => {
  async function known(paloma: Paloma) {
    const { webhook } = paloma;
    const { dialled, waId } = ivorian();
    const userId = newUserId();
    const { id } = await remind(paloma, { to: dialled });
    await webhook(text({ from: waId, from_user_id: userId }, { body: "SÍ, soy yo" }));
    const addresses = [dialled, `+${waId}`, userId];
    await expectOne(paloma, addresses, id);
    return { id, addresses, waId, userId };
  }

  it("is found, changed and given to the conversation by every address", async () => {
    const paloma = startPaloma();
    const { api } = paloma;
    const { id, addresses } = await known(paloma);
    for (const [place, address] of addresses.entries()) {
      const given = { name: `Ana ${place}`, owner: `cliente-${place}` };
      const path = `/v1/contacts/${encodeURIComponent(address)}`;
      expect((await api("PUT", path, given)).body).toMatchObject(given);
      for (const other of addresses) {
        const { body } = await api("GET", `/v1/contacts/${encodeURIComponent(other)}`);
        expect(body).toMatchObject({ ...given, conversation_ids: [id] });
      }
      const { body } = await api("GET", `/v1/conversations/${id}`);
      expect([body.owner, body.contact.name]).toEqual([given.owner, given.name]);
    }
  });

  it("comes to the conversation that is first known by another address", async () => {
    const paloma = startPaloma();
    const { api } = paloma;
    const [ana, dialled] = [newCustomer(), newCustomer()];
    paloma.simulator.customers.put(ana, { otherNumbers: [dialled] });
    await api("PUT", `/v1/contacts/+${ana}`, { name: "Ana", owner: "cliente-9" });
    const { id } = await remind(paloma, { to: `+${dialled}` });
    const { body } = await api("GET", `/v1/conversations/${id}`);
    expect([body.owner, body.contact.name]).toEqual(["cliente-9", "Ana"]);
  });

  it.each([0, 1, 2])("is exported and erased by every address (%i)", async (place) => {
    const paloma = startPaloma();
    const { api } = paloma;
    const { id, addresses, waId, userId } = await known(paloma);
    const address = encodeURIComponent(addresses[place] ?? "");
    const exported = await exports.default.fetch(
      `https://paloma.test/v1/contacts/${address}/export`,
      { headers: { authorization: "Bearer test-clinic-token" } },
    );
    const lines = await exported.text();
    expect(exported.status).toBe(200);
    for (const part of ["SÍ, soy yo", id, waId, userId]) expect(lines).toContain(part);
    expect((await api("DELETE", `/v1/contacts/${address}`)).status).toBe(204);
    for (const each of addresses) {
      expect(await idsBy(paloma, each)).toEqual([]);
      const { status: code } = await api("GET", `/v1/contacts/${encodeURIComponent(each)}`);
      // Digits of no country's are refused where nobody is known by them.
      expect(code).toBe(each === `+${waId}` ? 422 : 404);
    }
    const left = await rowsInD1(
      "SELECT 1 FROM conversation_addresses WHERE address IN (?, ?, ?) OR conversation_id = ?",
      ...addresses.map((each) => each.replace("+", "")),
      id,
    );
    expect(left).toEqual([]);
    // What is of before does not bring anybody back, by whichever address it comes.
    const before = Date.now() - 60_000;
    await paloma.webhook(text2({ from: waId }, before));
    await paloma.webhook(text2({ from_user_id: userId }, before));
    for (const each of addresses) expect(await idsBy(paloma, each)).toEqual([]);
  });

  const text2 = (who: object, at: number) => text(who, { body: "de antes", at });

  it("of a phone's former owner is erased without the new owner's, and the other way", async () => {
    const paloma = startPaloma();
    const { api, webhook } = paloma;
    for (const which of ["former", "new", "phone"] as const) {
      const number = newCustomer();
      const [ana, bruno] = [newUserId("MX"), newUserId("MX")];
      const at = Date.now() - 60_000;
      await webhook(text({ from: number, from_user_id: ana }, { body: "soy Ana", at }));
      await webhook(text({ from: number, from_user_id: bruno }, { body: "soy Bruno" }));
      await settleDown(number, ana, bruno);
      const address = { former: ana, new: bruno, phone: `+${number}` }[which];
      expect((await api("DELETE", `/v1/contacts/${address}`)).status).toBe(204);
      const left = [await idsBy(paloma, ana), await idsBy(paloma, bruno)];
      expect(left.map(({ length }) => length)).toEqual(which === "former" ? [0, 1] : [1, 0]);
    }
  });
});

describe("I3, I8: any order in which Meta names a phone's owners", () => {
  const orders = [
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
  ];

  it.each(orders)("ends with the last of them (%i, %i, %i)", async (...order) => {
    const paloma = startPaloma();
    const number = newCustomer();
    const users = [newUserId("MX"), newUserId("MX"), newUserId("MX")];
    const at = Date.now() - 60_000;
    for (const place of order) {
      const who = { from: number, from_user_id: users[place] };
      const body = `soy ${place}`;
      await paloma.webhook(text(who, { body, at: at + 1000 * place }));
      await settleDown(number, ...users);
    }
    await settleDown(number, ...users);
    const ids = await Promise.all(users.map((userId) => idsBy(paloma, userId)));
    expect(ids.map(({ length }) => length)).toEqual([1, 1, 1]);
    expect(new Set(ids.flat()).size).toBe(3);
    expect(await idsBy(paloma, number)).toEqual(ids[2]);
    for (const [place, [id = ""]] of ids.entries()) {
      expect(await textsOf(paloma, id)).toEqual([`soy ${place}`]);
    }
  });
});
