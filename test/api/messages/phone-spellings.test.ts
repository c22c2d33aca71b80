/** What callers write as a phone number, through every door. */
import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { app } from "../../../src/app.ts";
import type { PalomaBinding } from "../../../src/index.ts";
import { newCustomer, NUMBER, startPaloma, type Paloma } from "../../support/paloma.ts";

const REMINDER = {
  type: "template",
  template: {
    name: "appointment_reminder",
    params: { name: "Ana", pet: "Luna", date: "lunes", time: "10:00" },
  },
};

/** As Graph takes it. */
const ALL_OF_IT = {
  type: "template",
  template: {
    name: "appointment_reminder",
    language: { code: "es_MX" },
    components: [
      {
        type: "body",
        parameters: ["Ana", "Luna", "lunes", "10:00"].map((text) => ({ type: "text", text })),
      },
    ],
  },
};

const REMEDY = expect.stringContaining('"+52 998 123 4567"');

/** `9982220001` for the customer `5219982220001`. */
const nationalOf = (customer: string) => customer.slice(3);

const contactPath = (address: string) => `/v1/contacts/${encodeURIComponent(address)}`;

const listPath = (contact: string) => `/v1/conversations?contact=${encodeURIComponent(contact)}`;

const graphPath = `/v25.0/${NUMBER}/messages`;

/** Asks a Worker with this default country. */
async function ask(country: string, method: string, path: string, body?: unknown) {
  const context = createExecutionContext();
  const response = await app.fetch(
    new Request(`https://paloma.test${path}`, {
      method,
      headers: { authorization: "Bearer test-clinic-token", "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }),
    { ...env, DEFAULT_COUNTRY: country },
    context,
  );
  await waitOnExecutionContext(context);
  // oxlint-disable-next-line typescript/no-explicit-any -- a test names the members it expects
  const answer: any = response.status === 204 ? null : await response.json();
  return { status: response.status, body: answer };
}

/** A customer of whatever number who wrote to us. */
async function writer({ webhook }: Paloma, waId: string): Promise<void> {
  const message = {
    from: waId,
    id: `wamid.${crypto.randomUUID()}`,
    timestamp: String(Math.floor(Date.now() / 1000)),
    type: "text",
    text: { body: "Hola" },
  };
  const value = {
    messaging_product: "whatsapp",
    metadata: { display_phone_number: "529983162438", phone_number_id: NUMBER },
    contacts: [{ wa_id: waId, profile: { name: "Ana" } }],
    messages: [message],
  };
  const changes = [{ field: "messages", value }];
  const response = await webhook({
    object: "whatsapp_business_account",
    entry: [{ id: "102290129340398", changes }],
  });
  expect(response.status).toBe(200);
}

describe("with DEFAULT_COUNTRY, a national number", () => {
  test("is sent to in that country, and is the conversation of its international spellings (I8)", async () => {
    const { simulator } = startPaloma();
    const to = newCustomer();
    const national = nationalOf(to);
    const spaced = `${national.slice(0, 3)} ${national.slice(3, 6)} ${national.slice(6)}`;
    const one = await ask("MX", "POST", "/v1/messages", { to: spaced, ...REMINDER });
    expect(one).toMatchObject({ status: 201, body: { contact: { phone: `+52${national}` } } });
    for (const spelling of [`044 ${spaced}`, `+52 1 ${spaced}`, to, `52${national}`]) {
      const other = await ask("MX", "POST", "/v1/messages", { to: spelling, ...REMINDER });
      expect(other.body.conversation_id).toBe(one.body.conversation_id);
    }
    expect(new Set(simulator.sent.map(({ customer }) => customer?.waId))).toEqual(new Set([to]));
  });

  test("is found as a contact and in the list", async () => {
    const paloma = startPaloma();
    const from = newCustomer();
    await writer(paloma, from);
    const contact = await ask("MX", "PUT", contactPath(nationalOf(from)), { owner: "88" });
    expect(contact).toMatchObject({ status: 200, body: { phone: `+52${nationalOf(from)}` } });
    const list = await ask("MX", "GET", listPath(nationalOf(from)));
    expect(list.body.data).toMatchObject([{ contact: { wa_id: from }, owner: "88" }]);
  });

  test("is taken in a batch, beside one of impossible length", async () => {
    startPaloma();
    const messages = [
      { to: nationalOf(newCustomer()), ...REMINDER },
      { to: "99822201022", ...REMINDER },
    ];
    const { status, body } = await ask("MX", "POST", "/v1/messages/batch", { messages });
    expect(status).toBe(202);
    expect(body.data).toMatchObject([
      { message: { status: "queued" } },
      { problem: { code: "invalid_request", errors: [{ pointer: "/to", detail: REMEDY }] } },
    ]);
  });
});

describe("without DEFAULT_COUNTRY, a national number", () => {
  test.each(["998 222 0001", "9982220001", "(415) 555-0123", "044 998 222 0001"])(
    "is refused: %j goes to no other country",
    async (to) => {
      const { api, simulator } = startPaloma();
      const answer = await api("POST", "/v1/messages", { to, ...REMINDER });
      const errors = [{ pointer: "/to", detail: REMEDY }];
      expect(answer).toMatchObject({ status: 422, body: { code: "invalid_request", errors } });
      const batch = await api("POST", "/v1/messages/batch", { messages: [{ to, ...REMINDER }] });
      expect(batch.body.data).toMatchObject([{ problem: { errors } }]);
      expect(simulator.calls).toEqual([]);
      expect(await api("PUT", contactPath(to), { name: "Ana" })).toMatchObject({ status: 422 });
      expect(await api("GET", contactPath(to))).toMatchObject({ status: 422 });
      expect(await api("GET", listPath(to))).toMatchObject({
        status: 422,
        body: { errors: [{ pointer: "/contact", detail: REMEDY }] },
      });
    },
  );

  test("is refused over a service binding", async () => {
    startPaloma();
    const service: unknown = exports.PalomaService({ props: { caller: "reminders" } });
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as every caller of the binding types it
    const paloma = service as PalomaBinding;
    const refusal = { ok: false, problem: { status: 422, code: "invalid_request" } };
    expect(await paloma.send({ to: "998 222 0001", ...REMINDER })).toMatchObject(refusal);
    expect(await paloma.listConversations({ contact: "998 222 0001" })).toMatchObject(refusal);
  });

  test.each(["997 222 0001", "9972220001", 9972220001])(
    "is international to Graph's clients, as Graph takes it: %j",
    async (to) => {
      const { api, simulator } = startPaloma();
      await api("POST", graphPath, { messaging_product: "whatsapp", to, ...ALL_OF_IT });
      expect(simulator.calls.map(({ body: sent }) => sent)).toMatchObject([{ to: "+9972220001" }]);
    },
  );
});

describe.each(["", "MX"])("DEFAULT_COUNTRY %j", (country) => {
  test.each(["+52998222010", "5299822201022", "+5299822201022", "+9982220001", "+999 1234567"])(
    "refuses %j, which is no possible number",
    async (to) => {
      const { simulator } = startPaloma();
      const answer = await ask(country, "POST", "/v1/messages", { to, ...REMINDER });
      const errors = [{ pointer: "/to", detail: REMEDY }];
      expect(answer).toMatchObject({ status: 422, body: { errors } });
      expect(simulator.calls).toEqual([]);
      expect((await ask(country, "GET", contactPath(to))).status).toBe(422);
      expect((await ask(country, "GET", listPath(to))).status).toBe(422);
    },
  );

  test.each(["5511987654321", "551187654321", "541123456789", "12025550123", "15550001234"])(
    "takes %j as Meta spells it, and calls it so",
    async (to) => {
      const { simulator } = startPaloma();
      const answer = await ask(country, "POST", "/v1/messages", { to, ...REMINDER });
      expect(answer.status).toBe(201);
      expect(simulator.calls.map(({ body }) => body)).toMatchObject([{ to: `+${to}` }]);
    },
  );

  test("takes a wa_id that no plan knows once its customer wrote (I8)", async () => {
    const paloma = startPaloma();
    const waId = `22541${String(crypto.getRandomValues(new Uint32Array(1))[0])
      .slice(-6)
      .padStart(6, "0")}`;
    const text = { to: waId, ...REMINDER };
    expect((await ask(country, "POST", "/v1/messages", text)).status).toBe(422);
    await writer(paloma, waId);
    const list = await ask(country, "GET", listPath(waId));
    const [conversation] = list.body.data;
    for (const to of [waId, `+${waId}`]) {
      const answer = await ask(country, "POST", "/v1/messages", { ...text, to });
      expect(answer.body).toMatchObject({ conversation_id: conversation.id });
    }
    expect(paloma.simulator.calls.filter(({ route }) => route === "messages")).not.toEqual([]);
    expect((await ask(country, "PUT", contactPath(waId), { owner: "9" })).status).toBe(200);
    expect((await ask(country, "DELETE", contactPath(waId))).status).toBe(204);
  });
});
