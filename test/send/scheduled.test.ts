import { evictDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { DAY_MS, HOUR_MS } from "../support/conversation-messages.ts";
import {
  alarmOf,
  conversationWithId,
  letTimePass,
  stopTheClock,
} from "../support/conversation-object.ts";
import { newCustomer, type Paloma, startPaloma } from "../support/paloma.ts";
import { stopAllObjects } from "../support/under-way.ts";

const SECOND_MS = 1000;

const REMINDER = {
  type: "template",
  template: {
    name: "appointment_reminder",
    params: { name: "Ana", pet: "Luna", date: "lunes", time: "10:00" },
  },
};

beforeEach(stopTheClock);

afterEach(() => {
  vi.useRealTimers();
});

async function schedule({ api }: Paloma, inMs: number, members: object = REMINDER) {
  const dueAt = Date.now() + inMs;
  const send_at = new Date(dueAt).toISOString();
  const { status, body } = await api("POST", "/v1/messages", {
    to: newCustomer(),
    send_at,
    ...members,
  });
  expect(status).toBe(202);
  const conversation = () => conversationWithId(body.conversation_id);
  return { id: String(body.id), dueAt, conversation };
}

describe("a scheduled message", () => {
  it("leaves at its time, 60 days ahead, and never again (I7)", async () => {
    const paloma = startPaloma();
    const { id, dueAt, conversation } = await schedule(paloma, 60 * DAY_MS);
    await letTimePass(conversation(), 60 * DAY_MS - 1);
    expect(paloma.simulator.calls).toEqual([]);
    await letTimePass(conversation(), 5 * SECOND_MS);
    expect(paloma.simulator.sent.map(({ acceptedAt }) => acceptedAt)).toEqual([dueAt]);
    await letTimePass(conversation(), 10 * DAY_MS);
    expect(paloma.simulator.calls).toHaveLength(1);
    expect((await paloma.api("GET", `/v1/messages/${id}`)).body.status).toBe("accepted");
  });

  it.each<[string, (paloma: Awaited<ReturnType<typeof schedule>>) => Promise<unknown>]>([
    ["its object was evicted", ({ conversation }) => evictDurableObject(conversation())],
    ["everything was restarted", () => stopAllObjects()],
  ])("leaves at its time though %s", async (_what, stop) => {
    const paloma = startPaloma();
    const scheduled = await schedule(paloma, DAY_MS);
    // Whatever else the alarm has to do is done before.
    await letTimePass(scheduled.conversation(), HOUR_MS);
    await stop(scheduled);
    expect(await alarmOf(scheduled.conversation())).toBe(scheduled.dueAt);
    await letTimePass(scheduled.conversation(), DAY_MS);
    expect(paloma.simulator.sent.map(({ acceptedAt }) => acceptedAt)).toEqual([scheduled.dueAt]);
  });

  it("finds the window as it is at its time (I5)", async () => {
    const paloma = startPaloma();
    const to = newCustomer();
    const write = async () => {
      await paloma.simulator.customers.write({ from: to, content: { type: "text", body: "Hola" } });
      await paloma.simulator.flush();
    };
    await write();
    const text = { to, text: { body: "¿Cómo sigue Luna?" } };
    const closed = await schedule(paloma, 2 * DAY_MS, text);
    const open = await schedule(paloma, 3 * DAY_MS, text);
    await letTimePass(closed.conversation(), 2 * DAY_MS);
    expect((await paloma.api("GET", `/v1/messages/${closed.id}`)).body).toMatchObject({
      status: "failed",
      error: { code: "session_window_closed" },
    });
    await letTimePass(closed.conversation(), HOUR_MS);
    await write();
    await letTimePass(open.conversation(), 23 * HOUR_MS);
    expect((await paloma.api("GET", `/v1/messages/${open.id}`)).body.status).toBe("accepted");
    expect(paloma.simulator.sent).toHaveLength(1);
  });

  it("lets others pass before its time", async () => {
    const paloma = startPaloma();
    const to = newCustomer();
    const later = await schedule(paloma, HOUR_MS, { to, ...REMINDER });
    const now = await paloma.api("POST", "/v1/messages", { to, ...REMINDER });
    expect(now.status).toBe(201);
    await letTimePass(later.conversation(), HOUR_MS);
    expect(paloma.simulator.sent.map(({ body }) => body["biz_opaque_callback_data"])).toEqual([
      now.body.id,
      later.id,
    ]);
  });
});

describe("the end of a wait", () => {
  it("comes at expires_at, also for who waits behind another", async () => {
    const paloma = startPaloma();
    const { api, simulator } = paloma;
    const effect = { kind: "graph_error", code: 131056, retryAfterSeconds: 3600 } as const;
    simulator.rules.add({ effect });
    const to = newCustomer();
    const first = await api("POST", "/v1/messages", { to, ...REMINDER });
    const expires_at = new Date(Date.now() + 60 * SECOND_MS).toISOString();
    const second = await api("POST", "/v1/messages", { to, ...REMINDER, expires_at });
    const conversation = conversationWithId(first.body.conversation_id);
    await letTimePass(conversation, 60 * SECOND_MS - 1);
    const waiting = await api("GET", `/v1/messages/${second.body.id}`);
    expect(waiting.body.status).toBe("queued");
    await letTimePass(conversation, 1);
    const expired = await api("GET", `/v1/messages/${second.body.id}`);
    expect(expired.body).toMatchObject({
      status: "failed",
      error: { code: "expired" },
      failed_at: expires_at,
    });
    expect((await api("GET", `/v1/messages/${first.body.id}`)).body.status).toBe("queued");
    expect(simulator.calls).toHaveLength(1);
  });
});

describe("a send_at that is over", () => {
  const at = (ms: number) => new Date(Date.now() + ms).toISOString();

  it("is taken for a minute, and refused then, alone and in a batch", async () => {
    const { api } = startPaloma();
    const send = (send_at: string) =>
      api("POST", "/v1/messages", { to: newCustomer(), ...REMINDER, send_at });
    expect((await send(at(-60 * SECOND_MS))).status).toBe(201);
    const late = at(-61 * SECOND_MS);
    const detail = `at most a minute in the past, got ${late}: leave it out to send at once`;
    const refusal = { code: "invalid_request", errors: [{ pointer: "/send_at", detail }] };
    expect(await send(late)).toMatchObject({ status: 422, body: refusal });
    const messages = [{ to: newCustomer(), ...REMINDER, send_at: late }];
    const { body } = await api("POST", "/v1/messages/batch", { messages });
    expect(body.data[0].problem).toMatchObject({
      code: "invalid_request",
      errors: [{ pointer: "/send_at", detail }],
    });
  });

  it.each([
    ["send_at", { send_at: HOUR_MS }],
    ["expires_at", { expires_at: HOUR_MS }],
  ])("repeats what was asked in time with the same key: %s (I7)", async (name, times) => {
    const { api, simulator } = startPaloma();
    const members = Object.fromEntries(Object.entries(times).map(([key, ms]) => [key, at(ms)]));
    const request = { to: newCustomer(), ...REMINDER, ...members };
    const headers = { "idempotency-key": `over-${name}-${crypto.randomUUID()}` };
    const first = await api("POST", "/v1/messages", request, { headers });
    expect(first.status).toBeLessThan(300);
    await letTimePass(conversationWithId(first.body.conversation_id), 2 * HOUR_MS);
    const again = await api("POST", "/v1/messages", request, { headers });
    expect(again).toMatchObject({ status: 201, body: { id: first.body.id } });
    expect(again.headers.get("idempotent-replayed")).toBe("true");
    expect(simulator.sent).toHaveLength(1);
    const anew = await api("POST", "/v1/messages", request);
    expect(anew).toMatchObject({ status: 422, body: { errors: [{ pointer: `/${name}` }] } });
  });
});
