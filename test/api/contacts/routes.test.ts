import { describe, expect, test } from "vitest";
import { newCustomer, OTHER_NUMBER, type Paloma, startPaloma } from "../../support/paloma.ts";
import { unique } from "../../support/store-rows.ts";

const ISO_TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

const phoneOf = (customer: string) => `+52${customer.slice(3)}`;

const pathOf = (address: string) => `/v1/contacts/${encodeURIComponent(address)}`;

async function write({ simulator }: Paloma, from: string, to?: string): Promise<void> {
  const content = { type: "text", body: "¡Hola!" } as const;
  await simulator.customers.write({
    from,
    name: "Perfil Ñ",
    content,
    ...(to === undefined ? {} : { to }),
  });
  await simulator.flush();
}

async function conversationsOf({ api }: Paloma, contact: string) {
  const { body } = await api("GET", `/v1/conversations?contact=${encodeURIComponent(contact)}`);
  return body.data;
}

describe("GET /v1/contacts/{address}", () => {
  test("of somebody who only wrote shows what WhatsApp told", async () => {
    const paloma = startPaloma();
    const from = newCustomer();
    paloma.simulator.customers.put(from, { username: "ana.ñ" });
    await write(paloma, from);
    const [conversation] = await conversationsOf(paloma, from);
    const expected = {
      phone: phoneOf(from),
      user_id: paloma.simulator.customers.find(from)?.userId,
      wa_id: from,
      username: "ana.ñ",
      name: "Perfil Ñ",
      owner: null,
      conversation_ids: [conversation.id],
      created_at: conversation.created_at,
      updated_at: conversation.updated_at,
    };
    for (const address of [from, phoneOf(from), String(expected.user_id)]) {
      expect(await paloma.api("GET", pathOf(address))).toMatchObject({
        status: 200,
        body: expected,
      });
    }
  });

  test("of nobody is not found", async () => {
    const { api } = startPaloma();
    for (const address of [newCustomer(), unique("MX.")]) {
      const { status, body } = await api("GET", pathOf(address));
      expect(status).toBe(404);
      expect(body.detail).toBe("No contact has this id.");
    }
  });

  test.each(["nobody", "MX.", "12", "mx.1", "%00"])("%s is no address", async (address) => {
    const { api } = startPaloma();
    for (const method of ["GET", "PUT"]) {
      const body = method === "PUT" ? {} : undefined;
      const answer = await api(method, `/v1/contacts/${address}`, body);
      expect(answer.status).toBe(422);
      expect(answer.body.errors).toMatchObject([{ pointer: "" }]);
      expect(answer.body.detail).not.toContain(address);
    }
  });
});

describe("PUT /v1/contacts/{address}", () => {
  test("I8: gives name and owner to the person's conversations, whichever spelling is used", async () => {
    const paloma = startPaloma();
    const from = newCustomer();
    await write(paloma, from);
    await write(paloma, from, OTHER_NUMBER);
    const { status, body } = await paloma.api("PUT", pathOf(`00${from}`), {
      name: "Ana Ñúñez 🐾",
      owner: "client-ñ",
    });
    expect(status).toBe(200);
    expect(body).toEqual({
      phone: phoneOf(from),
      user_id: paloma.simulator.customers.find(from)?.userId,
      wa_id: from,
      username: null,
      name: "Ana Ñúñez 🐾",
      owner: "client-ñ",
      changed_by: "clinic",
      conversation_ids: [expect.any(String), expect.any(String)],
      created_at: ISO_TIME,
      updated_at: ISO_TIME,
    });
    const conversations = await conversationsOf(paloma, from);
    expect(conversations).toHaveLength(2);
    for (const conversation of conversations) {
      expect(conversation).toMatchObject({
        owner: "client-ñ",
        subject: "WhatsApp: Ana Ñúñez 🐾",
        contact: { name: "Ana Ñúñez 🐾" },
      });
    }
    expect((await paloma.api("GET", pathOf(phoneOf(from)))).body).toEqual(body);
  });

  test("before the person ever wrote is given to the conversation that comes", async () => {
    const paloma = startPaloma();
    const from = newCustomer();
    const put = await paloma.api("PUT", pathOf(phoneOf(from)), { name: "Ana", owner: "client-1" });
    expect(put.body).toEqual({
      phone: phoneOf(from),
      user_id: null,
      wa_id: null,
      username: null,
      name: "Ana",
      owner: "client-1",
      changed_by: "clinic",
      conversation_ids: [],
      created_at: ISO_TIME,
      updated_at: ISO_TIME,
    });
    await write(paloma, from);
    expect(await conversationsOf(paloma, from)).toMatchObject([
      { owner: "client-1", contact: { name: "Ana" } },
    ]);
  });

  test("is given to the conversation that our first message makes", async () => {
    const paloma = startPaloma();
    const to = newCustomer();
    await paloma.api("PUT", pathOf(to), { name: "Ana", owner: "client-1" });
    const { body } = await paloma.api("POST", "/v1/messages", {
      to,
      type: "template",
      template: {
        name: "appointment_reminder",
        params: { name: "Ana", pet: "Luna", date: "lunes", time: "10:00" },
      },
    });
    const conversation = await paloma.api("GET", `/v1/conversations/${body.conversation_id}`);
    expect(conversation.body).toMatchObject({ owner: "client-1", contact: { name: "Ana" } });
  });

  test("by BSUID is given to a customer who hides the phone", async () => {
    const paloma = startPaloma();
    const from = newCustomer();
    const userId = String(paloma.simulator.customers.put(from, { hidesPhone: true })?.userId);
    await paloma.api("PUT", pathOf(userId), { owner: "client-1" });
    await write(paloma, from);
    const { body } = await paloma.api("GET", pathOf(userId));
    expect(body).toMatchObject({
      phone: null,
      wa_id: null,
      user_id: userId,
      name: "Perfil Ñ",
      owner: "client-1",
    });
    expect(await conversationsOf(paloma, userId)).toMatchObject([{ owner: "client-1" }]);
  });

  test("replaces the whole: what is left out or null is cleared", async () => {
    const paloma = startPaloma();
    const from = newCustomer();
    await write(paloma, from);
    await paloma.api("PUT", pathOf(from), { name: "Ana", owner: "client-1" });
    const { body } = await paloma.api("PUT", pathOf(from), { owner: null });
    expect(body).toMatchObject({ name: "Perfil Ñ", owner: null });
    expect(await conversationsOf(paloma, from)).toMatchObject([
      { owner: null, contact: { name: "Perfil Ñ" } },
    ]);
  });

  test.each([
    [{ name: "" }, "/name", "at least 1 character, got 0"],
    [{ name: "🐈".repeat(257) }, "/name", "at most 256 characters, got 257"],
    [{ name: 7 }, "/name", "must be text, got a number"],
    [
      { name: "Ana \ud83d" },
      "/name",
      "must not contain half a surrogate pair, nor a NUL character",
    ],
    [{ owner: "a\0" }, "/owner", "must not contain half a surrogate pair, nor a NUL character"],
    [{ owner: "" }, "/owner", "at least 1 character, got 0"],
    [{ owner: "x".repeat(257) }, "/owner", "at most 256 characters, got 257"],
    [{ phone: "+52" }, "/phone", "is unknown here: only name, owner"],
    [[], "", "must be an object, got an array"],
    [null, "", "must be an object, got null"],
  ])("of %.30j is refused and changes nothing", async (said, pointer, detail) => {
    const { api } = startPaloma();
    const path = pathOf(newCustomer());
    await api("PUT", path, { name: "Ana", owner: "client-1" });
    const { status, body } = await api("PUT", path, JSON.stringify(said));
    expect(status).toBe(422);
    expect(body.errors).toEqual([{ pointer, detail }]);
    expect((await api("GET", path)).body).toMatchObject({ name: "Ana", owner: "client-1" });
  });

  test("tells whose token put it last, on the conversations as well", async () => {
    const paloma = startPaloma();
    const from = newCustomer();
    await write(paloma, from);
    expect((await paloma.api("GET", pathOf(from))).body.changed_by).toBeNull();
    for (const token of ["clinic", "sender"] as const) {
      const { body } = await paloma.api("PUT", pathOf(from), { name: "Ana" }, { token });
      expect(body.changed_by).toBe(token);
      expect(await conversationsOf(paloma, from)).toMatchObject([{ changed_by: token }]);
    }
  });

  test("needs the scope send, and JSON", async () => {
    const { api } = startPaloma();
    const path = pathOf(newCustomer());
    expect((await api("PUT", path, {}, { token: "reader" })).status).toBe(403);
    expect((await api("PUT", path, "{")).status).toBe(400);
    expect((await api("GET", path, undefined, { token: "sender" })).status).toBe(403);
  });
});
