import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test, vi } from "vitest";
import { type Address, conversationName } from "../../../src/lib/address.ts";
import { newCustomer, NUMBER, OTHER_NUMBER, startPaloma } from "../../support/paloma.ts";
import { unique } from "../../support/store-rows.ts";

const SECOND_MS = 1000;
const HOUR_MS = 60 * 60 * SECOND_MS;
const DAY_MS = 24 * HOUR_MS;
const ISO_TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

/** Meta's timestamps are whole seconds. */
const AT = Math.floor(Date.now() / SECOND_MS) * SECOND_MS - HOUR_MS;

const HELLO = { type: "text", body: "¡Hola!" } as const;

const REMINDER = {
  type: "template",
  template: {
    name: "appointment_reminder",
    params: { name: "Ana", pet: "Luna", date: "lunes", time: "10:00" },
  },
};

function idOf(address: Address, number = NUMBER): string {
  return env.CONVERSATION.idFromName(conversationName(number, address)).toString();
}

const phoneOf = (customer: string) => `52${customer.slice(3)}`;

const idByPhone = (customer: string, number = NUMBER) =>
  idOf({ kind: "phone", phone: phoneOf(customer) }, number);

const iso = (at: number) => new Date(at).toISOString();

afterEach(() => {
  vi.useRealTimers();
});

describe("a conversation shows every member", () => {
  test("when a customer wrote", async () => {
    const { simulator, api } = startPaloma();
    const from = newCustomer();
    simulator.customers.put(from, { username: "ana.ñ" });
    await simulator.customers.write({ from, name: "Ana Ñúñez 🐾", content: HELLO, at: AT });
    await simulator.customers.write({ from, content: HELLO, at: AT + SECOND_MS });
    await simulator.flush();
    const { status, body } = await api("GET", `/v1/conversations/${idByPhone(from)}`);
    expect(status).toBe(200);
    expect(body).toEqual({
      id: idByPhone(from),
      channel: "whatsapp",
      kind: "individual",
      phone_number_id: NUMBER,
      contact: {
        wa_id: from,
        phone: `+${phoneOf(from)}`,
        user_id: simulator.customers.find(from)?.userId,
        username: "ana.ñ",
        name: "Ana Ñúñez 🐾",
      },
      owner: null,
      assignee: null,
      subject: "WhatsApp: Ana Ñúñez 🐾",
      status: "pending",
      changed_by: null,
      unread_count: 2,
      last_message_at: iso(AT + SECOND_MS),
      last_customer_message_at: iso(AT + SECOND_MS),
      waiting_since: iso(AT),
      session_window: { open: true, expires_at: iso(AT + SECOND_MS + DAY_MS) },
      created_at: ISO_TIME,
      updated_at: ISO_TIME,
    });
  });

  test("when only we wrote: pending, nothing unread, a window that never opened", async () => {
    const { api } = startPaloma();
    const to = newCustomer();
    const sent = await api("POST", "/v1/messages", { to, ...REMINDER });
    const { body } = await api("GET", `/v1/conversations/${idByPhone(to)}`);
    expect(body).toEqual({
      id: sent.body.conversation_id,
      channel: "whatsapp",
      kind: "individual",
      phone_number_id: NUMBER,
      contact: {
        wa_id: to,
        phone: `+${phoneOf(to)}`,
        user_id: null,
        username: null,
        name: null,
      },
      owner: null,
      assignee: null,
      subject: `WhatsApp: +${phoneOf(to)}`,
      status: "pending",
      changed_by: null,
      unread_count: 0,
      last_message_at: ISO_TIME,
      last_customer_message_at: null,
      waiting_since: null,
      session_window: { open: false, expires_at: null },
      created_at: ISO_TIME,
      updated_at: ISO_TIME,
    });
  });

  test("when the customer hides the phone: the BSUID in its place", async () => {
    const { simulator, api } = startPaloma();
    const from = newCustomer();
    const { userId } = simulator.customers.put(from, { hidesPhone: true }) ?? {};
    await simulator.customers.write({ from, content: HELLO });
    await simulator.flush();
    const id = idOf({ kind: "user", user_id: String(userId) });
    const { body } = await api("GET", `/v1/conversations/${id}`);
    expect(body).toMatchObject({
      contact: { wa_id: null, phone: null, user_id: userId, name: null },
      subject: `WhatsApp: ${userId}`,
    });
  });

  test("when it is a group: no contact, no window", async () => {
    const { simulator, api } = startPaloma();
    const groupId = unique("group-");
    await simulator.customers.write({ from: newCustomer(), name: "Ana", content: HELLO, groupId });
    await simulator.flush();
    const { body } = await api(
      "GET",
      `/v1/conversations/${idOf({ kind: "group", group_id: groupId })}`,
    );
    expect(body).toMatchObject({
      kind: "group",
      contact: { wa_id: null, phone: null, user_id: null, username: null, name: null },
      subject: `WhatsApp: ${groupId}`,
      unread_count: 1,
      last_customer_message_at: null,
      waiting_since: expect.any(String),
      session_window: { open: false, expires_at: null },
    });
  });

  test("I9: when the identity is no phone: kept verbatim, no phone made of it", async () => {
    const { webhook, api } = startPaloma();
    const from = unique("ñ:identity/");
    await webhook({
      entry: [
        {
          changes: [
            {
              field: "messages",
              value: {
                metadata: { phone_number_id: NUMBER },
                messages: [{ id: unique("wamid."), from, type: "text", text: { body: "?" } }],
              },
            },
          ],
        },
      ],
    });
    const { body } = await api("GET", `/v1/conversations?contact=${encodeURIComponent(from)}`);
    expect(body.data).toMatchObject([
      { contact: { wa_id: from, phone: null }, subject: `WhatsApp: ${from}` },
    ]);
  });
});

describe("I5: the session window shown", () => {
  test("is open until the very 24 hours are over", async () => {
    const { simulator, api } = startPaloma();
    const from = newCustomer();
    await simulator.customers.write({ from, content: HELLO, at: AT });
    await simulator.flush();
    const path = `/v1/conversations/${idByPhone(from)}`;
    const expires_at = iso(AT + DAY_MS);
    vi.useFakeTimers({ toFake: ["Date"], now: AT + DAY_MS - 1 });
    expect((await api("GET", path)).body.session_window).toEqual({ open: true, expires_at });
    vi.setSystemTime(AT + DAY_MS);
    expect((await api("GET", path)).body.session_window).toEqual({ open: false, expires_at });
  });
});

describe("what happens to a conversation", () => {
  test("a free-form reply makes it active, a customer's message to a closed one pending", async () => {
    const { simulator, api } = startPaloma();
    const from = newCustomer();
    await simulator.customers.write({ from, content: HELLO, at: AT });
    await simulator.flush();
    const path = `/v1/conversations/${idByPhone(from)}`;
    await api("POST", "/v1/messages", { to: from, text: { body: "Dime" } });
    expect((await api("GET", path)).body).toMatchObject({ status: "active", unread_count: 1 });
    await api("PATCH", path, { status: "closed" });
    await simulator.customers.write({ from, content: HELLO, at: AT + SECOND_MS });
    await simulator.flush();
    expect((await api("GET", path)).body).toMatchObject({ status: "pending", unread_count: 2 });
  });

  test("a template leaves its status as it is", async () => {
    const { api } = startPaloma();
    const to = newCustomer();
    await api("POST", "/v1/messages", { to, ...REMINDER });
    const path = `/v1/conversations/${idByPhone(to)}`;
    expect((await api("GET", path)).body.status).toBe("pending");
    await api("PATCH", path, { status: "closed" });
    await api("POST", "/v1/messages", { to, ...REMINDER });
    expect((await api("GET", path)).body.status).toBe("closed");
  });

  test("I8: on two business numbers, each counts for itself", async () => {
    const { simulator, api } = startPaloma();
    const from = newCustomer();
    await simulator.customers.write({ from, content: HELLO });
    await simulator.customers.write({ from, content: HELLO, to: OTHER_NUMBER });
    await simulator.customers.write({ from, content: HELLO, to: OTHER_NUMBER });
    await simulator.flush();
    const [one, other] = [idByPhone(from), idByPhone(from, OTHER_NUMBER)];
    await api("POST", `/v1/conversations/${one}/read`);
    expect((await api("GET", `/v1/conversations/${one}`)).body).toMatchObject({
      phone_number_id: NUMBER,
      unread_count: 0,
    });
    expect((await api("GET", `/v1/conversations/${other}`)).body).toMatchObject({
      phone_number_id: OTHER_NUMBER,
      unread_count: 2,
    });
  });
});
