import { abortAllDurableObjects, evictDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { DAY_MS, HOUR_MS } from "../support/conversation-messages.ts";
import {
  alarmOf,
  conversationWithId,
  letTimePass,
  stopTheClock,
} from "../support/conversation-object.ts";
import { newCustomer, startPaloma, type Paloma } from "../support/paloma.ts";

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
    ["everything was restarted", () => abortAllDurableObjects()],
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
