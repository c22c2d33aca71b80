import { runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test, vi } from "vitest";
import { newCustomer, type Paloma, startPaloma } from "../../support/paloma.ts";
import { unique } from "../../support/store-rows.ts";

const SECOND_MS = 1000;
const HOUR_MS = 60 * 60 * SECOND_MS;
const DAY_MS = 24 * HOUR_MS;
const PAIR_BURST = 50;

const REMINDER = {
  type: "template",
  template: {
    name: "appointment_reminder",
    params: { name: "Ana", pet: "Luna", date: "lunes", time: "10:00" },
  },
};

async function knownCustomer({ simulator }: Paloma, at = Date.now()): Promise<string> {
  const from = newCustomer();
  await simulator.customers.write({ from, content: { type: "text", body: "¡Hola!" }, at });
  await simulator.flush();
  return from;
}

afterEach(() => {
  vi.useRealTimers();
});

describe("a send is answered", () => {
  test("201 once Meta accepted it", async () => {
    const { simulator, api } = startPaloma();
    const { status, headers, body } = await api("POST", "/v1/messages", {
      to: newCustomer(),
      ...REMINDER,
    });
    expect(status).toBe(201);
    expect(headers.has("idempotent-replayed")).toBe(false);
    expect(body).toMatchObject({ status: "accepted", wamid: simulator.sent[0]?.wamid });
  });

  test("202 while it is scheduled", async () => {
    const { simulator, api } = startPaloma();
    const send_at = new Date(Date.now() + HOUR_MS).toISOString();
    const { status, body } = await api("POST", "/v1/messages", {
      to: newCustomer(),
      ...REMINDER,
      send_at,
    });
    expect(status).toBe(202);
    expect(body).toMatchObject({
      status: "scheduled",
      wamid: null,
      send_at,
      expires_at: new Date(Date.parse(send_at) + DAY_MS).toISOString(),
    });
    expect(simulator.sent).toHaveLength(0);
  });

  test.each([
    [130429, "queued", "rate_limited"],
    [190, "queued", "meta_unauthorized"],
    [131000, "unconfirmed", "meta_unavailable"],
  ])("202 where Meta's error %i leaves it %s", async (code, status, error) => {
    const { simulator, api } = startPaloma();
    simulator.rules.add({ effect: { kind: "graph_error", code, details: "Un momento." } });
    const answer = await api("POST", "/v1/messages", { to: newCustomer(), ...REMINDER });
    expect(answer).toMatchObject({
      status: 202,
      body: { status, wamid: null, error: { code: error, detail: "Un momento.", meta: { code } } },
    });
  });

  test("422 where Meta refuses it for good, with Meta's words and the row's id", async () => {
    const { simulator, api } = startPaloma();
    simulator.rules.add({
      effect: { kind: "graph_error", code: 131026, details: "Ñandú no tiene WhatsApp." },
    });
    const { status, headers, body } = await api("POST", "/v1/messages", {
      to: newCustomer(),
      ...REMINDER,
    });
    expect(status).toBe(422);
    expect(headers.get("content-type")).toBe("application/problem+json");
    expect(body).toMatchObject({
      type: "urn:paloma:problem:rejected_by_meta",
      code: "rejected_by_meta",
      detail: "Ñandú no tiene WhatsApp.",
      meta_error: {
        code: 131026,
        message: expect.any(String),
        details: "Ñandú no tiene WhatsApp.",
        fbtrace_id: expect.any(String),
      },
      message_id: expect.stringMatching(/^msg_/),
    });
    const row = await api("GET", `/v1/messages/${body.message_id}`);
    expect(row.body).toMatchObject({
      status: "failed",
      error: { code: "rejected_by_meta" },
      failed_at: expect.any(String),
    });
  });

  test("409 where the session window is closed, with when and which templates help", async () => {
    const paloma = startPaloma();
    const at = Math.floor((Date.now() - 25 * HOUR_MS) / SECOND_MS) * SECOND_MS;
    const [silent, stranger] = [await knownCustomer(paloma, at), newCustomer()];
    for (const [to, expired_at] of [
      [silent, new Date(at + DAY_MS).toISOString()],
      [stranger, null],
    ]) {
      const { status, body } = await paloma.api("POST", "/v1/messages", {
        to,
        text: { body: "¿Sigues ahí?" },
      });
      expect(status).toBe(409);
      expect(body).toMatchObject({
        code: "session_window_closed",
        expired_at,
        templates: expect.arrayContaining(["appointment_reminder", "vaccination_reminder"]),
        message_id: expect.stringMatching(/^msg_/),
      });
    }
    expect(paloma.simulator.sent).toHaveLength(0);
  });

  test("422 where the request names nothing that exists, and no row is made", async () => {
    const { api } = startPaloma();
    const { status, body } = await api("POST", "/v1/messages", {
      conversation_id: "nobody",
      text: { body: "¡Hola!" },
    });
    expect(status).toBe(422);
    expect(body).toMatchObject({ code: "invalid_request" });
    expect(body.errors).toMatchObject([{ pointer: "/conversation_id" }]);
    expect(body).not.toHaveProperty("message_id");
  });

  test("429 where the pair rate is spent and it must not wait", async () => {
    const paloma = startPaloma();
    const to = await knownCustomer(paloma);
    let answer = await paloma.api("POST", "/v1/messages", { to, text: { body: "0" } });
    for (let number = 1; number < PAIR_BURST && answer.status === 201; number += 1) {
      const text = { body: String(number) };
      answer = await paloma.api("POST", "/v1/messages", { to, text, wait: false });
    }
    expect(answer.status).toBe(429);
    const retryAfter = Number(answer.headers.get("retry-after"));
    expect(retryAfter).toBeGreaterThanOrEqual(1);
    expect(retryAfter).toBeLessThanOrEqual(6);
    expect(answer.body).toMatchObject({
      code: "pair_rate_limited",
      message_id: expect.stringMatching(/^msg_/),
    });
    const patient = await paloma.api("POST", "/v1/messages", { to, text: { body: "luego" } });
    expect(patient).toMatchObject({ status: 202, body: { status: "queued" } });
  });

  test.each([
    [131056, "pair_rate_limited"],
    [130429, "rate_limited"],
  ])(
    "429 where Meta says %i and it must not wait, and nothing is queued",
    async (code, problem) => {
      const { simulator, api } = startPaloma();
      const effect = { kind: "graph_error", code, retryAfterSeconds: 30 } as const;
      simulator.rules.add({ match: { times: 1 }, effect });
      const request = { to: newCustomer(), ...REMINDER, wait: false };
      const answer = await api("POST", "/v1/messages", request);
      expect(answer).toMatchObject({ status: 429, body: { code: problem, meta_error: { code } } });
      expect(Number(answer.headers.get("retry-after"))).toBeGreaterThanOrEqual(30);
      const row = await api("GET", `/v1/messages/${answer.body.message_id}`);
      expect(row.body).toMatchObject({ status: "failed", error: { code: problem } });
      expect(simulator.calls).toHaveLength(1);
    },
  );

  test("422 where Meta wants it not before a day has passed, which is when it expires", async () => {
    const { simulator, api } = startPaloma();
    simulator.rules.add({ effect: { kind: "graph_error", code: 131049, details: "Demasiados." } });
    const answer = await api("POST", "/v1/messages", { to: newCustomer(), ...REMINDER });
    expect(answer).toMatchObject({
      status: 422,
      body: { code: "rejected_by_meta", detail: "Demasiados.", meta_error: { code: 131049 } },
    });
  });
});

describe("I7: a send repeated with its key is answered", () => {
  test("with the same message, and says that it is a replay", async () => {
    const { simulator, api } = startPaloma();
    const headers = { "idempotency-key": unique("key-") };
    const request = { to: newCustomer(), ...REMINDER };
    const first = await api("POST", "/v1/messages", request, { headers });
    const second = await api("POST", "/v1/messages", request, { headers });
    expect(second.status).toBe(201);
    expect(second.headers.get("idempotent-replayed")).toBe("true");
    expect(second.body).toEqual(first.body);
    expect(simulator.sent).toHaveLength(1);
  });

  test("with the same problem, and says that it is a replay", async () => {
    const { simulator, api } = startPaloma();
    simulator.rules.add({ match: { times: 1 }, effect: { kind: "graph_error", code: 131026 } });
    const headers = { "idempotency-key": unique("key-") };
    const request = { to: newCustomer(), ...REMINDER };
    const first = await api("POST", "/v1/messages", request, { headers });
    const second = await api("POST", "/v1/messages", request, { headers });
    expect(second.status).toBe(422);
    expect(second.headers.get("idempotent-replayed")).toBe("true");
    const { request_id: _first, ...said } = first.body;
    expect(second.body).toMatchObject(said);
    expect(simulator.sent).toHaveLength(0);
  });

  test("with the message where Meta's statuses overruled our failure", async () => {
    const { simulator, api } = startPaloma({ automaticStatuses: [] });
    const headers = { "idempotency-key": unique("key-") };
    const request = { to: newCustomer(), ...REMINDER };
    const first = await api("POST", "/v1/messages", request, { headers });
    await env.DB.prepare("UPDATE messages SET state = 'failed', meta_status = 'read' WHERE id = ?")
      .bind(first.body.id)
      .run();
    const second = await api("POST", "/v1/messages", request, { headers });
    expect(second).toMatchObject({ status: 201, body: { status: "read" } });
    expect(simulator.sent).toHaveLength(1);
  });

  test("422 with what expired in the meantime", async () => {
    const { simulator, api } = startPaloma();
    const headers = { "idempotency-key": unique("key-") };
    const now = Date.now();
    const request = {
      to: newCustomer(),
      ...REMINDER,
      send_at: new Date(now + HOUR_MS).toISOString(),
      expires_at: new Date(now + 2 * HOUR_MS).toISOString(),
    };
    const first = await api("POST", "/v1/messages", request, { headers });
    expect(first.status).toBe(202);
    vi.useFakeTimers({ toFake: ["Date"], now: now + 3 * HOUR_MS });
    const id = env.CONVERSATION.idFromString(first.body.conversation_id);
    await runDurableObjectAlarm(env.CONVERSATION.get(id));
    const message = await api("GET", `/v1/messages/${first.body.id}`);
    expect(message.body).toMatchObject({ status: "failed", error: { code: "expired" } });
    vi.setSystemTime(now);
    const second = await api("POST", "/v1/messages", request, { headers });
    expect(second).toMatchObject({
      status: 422,
      body: {
        code: "invalid_request",
        detail: expect.stringContaining("expires_at"),
        message_id: first.body.id,
      },
    });
    expect(simulator.sent).toHaveLength(0);
  });
});
