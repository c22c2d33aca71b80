import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type MessageStatus, STATUS_BODY_VERSION } from "../../src/store/message-status.ts";
import { createDatabase } from "../../src/store/d1.ts";
import { keepDeadLetters, listDeadLetters } from "../../src/store/dead-letters.ts";
import { heedLateFailures } from "../../src/webhook/statuses.ts";
import { DAY_MS, HOUR_MS } from "../support/conversation-messages.ts";
import { conversationWithId, letTimePass, stopTheClock } from "../support/conversation-object.ts";
import { faultyD1 } from "../support/faulty-d1.ts";
import { eventually, newCustomer, NUMBER, type Paloma, startPaloma } from "../support/paloma.ts";
import { statusRow, unique } from "../support/store-rows.ts";
import { messagesChange, messageStatus, webhookBody } from "../support/webhook-bodies.ts";
import { stopAllObjects } from "../support/under-way.ts";

const WINDOW_CLOSED = 131047;
const SECOND_MS = 1000;

const FALLBACK = {
  name: "appointment_reminder",
  params: { name: "Ana", pet: "Luna", date: "lunes", time: "10:00" },
};

beforeEach(stopTheClock);

afterEach(() => {
  vi.useRealTimers();
});

const pathOf = (id: unknown): string => `/v1/messages/${String(id)}`;

function reply(to: string, members: object = {}) {
  return { to, text: { body: "¿Sigues ahí?" }, fallback: FALLBACK, ...members };
}

/** What the simulator accepted, by type. */
function sentTypes({ simulator }: Paloma): string[] {
  return simulator.sent.map(({ type }) => type);
}

/** The message in whose place another went. */
async function originalOf({ api }: Paloma, fallback: { fallback_of: unknown }) {
  return (await api("GET", pathOf(fallback.fallback_of))).body;
}

/** Messages of the conversation that are fallbacks. */
async function fallbacksIn({ api }: Paloma, conversationId: unknown) {
  const { body } = await api("GET", `/v1/conversations/${String(conversationId)}/messages`);
  return body.data.filter(({ fallback_of }: { fallback_of: unknown }) => fallback_of !== null);
}

describe("the fallback of a message", () => {
  it("goes in its place where the window is closed by our clock, and is the answer", async () => {
    const paloma = startPaloma();
    const metadata = { appointment: 8812 };
    const answer = await paloma.api("POST", "/v1/messages", reply(newCustomer(), { metadata }));
    expect(answer).toMatchObject({
      status: 201,
      body: { type: "template", status: "accepted", metadata, sent_by: "clinic" },
    });
    expect(answer.body.body).toContain("te recordamos tu cita");
    expect(answer.body.wamid).toBe(paloma.simulator.sent[0]?.wamid);
    expect(sentTypes(paloma)).toEqual(["template"]);
    expect(paloma.simulator.calls).toHaveLength(1);
    expect(await originalOf(paloma, answer.body)).toMatchObject({
      status: "failed",
      type: "text",
      metadata,
      error: { code: "session_window_closed", detail: expect.stringContaining("fallback") },
    });
  });

  it("goes in its place where Meta says that the window is closed", async () => {
    const paloma = startPaloma();
    const answer = await paloma.api(
      "POST",
      "/v1/messages",
      reply(newCustomer(), { window: "meta" }),
    );
    expect(answer).toMatchObject({ status: 201, body: { type: "template", status: "accepted" } });
    expect(sentTypes(paloma)).toEqual(["template"]);
    expect(await originalOf(paloma, answer.body)).toMatchObject({
      status: "failed",
      error: { code: "rejected_by_meta", meta: { code: WINDOW_CLOSED } },
    });
  });

  it("goes in its place once where Meta says so later, however often", async () => {
    const paloma = startPaloma({ closedWindow: "fail_later" });
    const { api, simulator } = paloma;
    simulator.rules.add({ effect: { kind: "duplicate_webhooks", copies: 3 } });
    const sent = await api("POST", "/v1/messages", reply(newCustomer(), { window: "meta" }));
    expect(sent).toMatchObject({ status: 201, body: { type: "text", status: "accepted" } });
    await simulator.flush();
    const conversationId: string = sent.body.conversation_id;
    await eventually(
      () => api("GET", pathOf(sent.body.id)),
      ({ body }) => body.status === "failed",
    );
    const status: MessageStatus = {
      version: STATUS_BODY_VERSION,
      phone_number_id: NUMBER,
      wamid: sent.body.wamid,
      status: "failed",
      participant: "",
      at: Date.now(),
      received_at: Date.now(),
      message_id: sent.body.id,
      payload: "{}",
    };
    // As a queue that delivers again does, also before the first one is sent.
    for (let times = 0; times < 3; times += 1) {
      await heedLateFailures(env, [status]);
      await letTimePass(conversationWithId(conversationId), times * HOUR_MS);
    }
    const fallbacks = await eventually(
      () => fallbacksIn(paloma, conversationId),
      (found) => found.length > 0,
    );
    expect(fallbacks).toMatchObject([{ fallback_of: sent.body.id, type: "template" }]);
    expect(sentTypes(paloma)).toEqual(["text", "template"]);
    expect((await api("GET", pathOf(sent.body.id))).body).toMatchObject({
      status: "failed",
      error: { code: "rejected_by_meta", meta: { code: WINDOW_CLOSED } },
    });
    await heedLateFailures(env, [status]);
    await letTimePass(conversationWithId(conversationId), 4 * DAY_MS);
    expect(sentTypes(paloma)).toEqual(["text", "template"]);
  });

  it.each([WINDOW_CLOSED, String(WINDOW_CLOSED)])(
    "goes where a status gives the code of the closed window as %j",
    async (code) => {
      const paloma = startPaloma();
      const to = newCustomer();
      await paloma.simulator.customers.write({ from: to, content: { type: "text", body: "Hola" } });
      await paloma.simulator.flush();
      const sent = await paloma.api("POST", "/v1/messages", reply(to));
      const errors = [{ code, title: "Re-engagement message" }];
      const failed = messageStatus(sent.body.wamid, "failed", { errors });
      await paloma.webhook(webhookBody(messagesChange({ statuses: [failed] })));
      const fallbacks = await eventually(
        async () => {
          await letTimePass(conversationWithId(sent.body.conversation_id), SECOND_MS);
          return fallbacksIn(paloma, sent.body.conversation_id);
        },
        (found) => found.length > 0,
      );
      expect(fallbacks).toMatchObject([{ fallback_of: sent.body.id, type: "template" }]);
      expect((await paloma.api("GET", pathOf(sent.body.id))).body.error).toMatchObject({
        meta: { code: WINDOW_CLOSED },
      });
    },
  );

  it("goes where the status with the code of the closed window is replayed from a dead letter", async () => {
    const paloma = startPaloma();
    const to = newCustomer();
    await paloma.simulator.customers.write({ from: to, content: { type: "text", body: "Hola" } });
    await paloma.simulator.flush();
    const sent = await paloma.api("POST", "/v1/messages", reply(to));
    const errors = [{ code: WINDOW_CLOSED, title: "Re-engagement message" }];
    const payload = JSON.stringify(statusRow(sent.body.wamid, "failed", { said: { errors } }));
    const reason = "given up after every retry";
    const database = createDatabase(env.DB);
    await keepDeadLetters(database, [{ source: "queue", reason, payload }], Date.now());
    const [letter] = await listDeadLetters(database, { after: null, limit: 1 });
    const replayed = await paloma.api("POST", `/v1/dead-letters/${letter?.id}/replay`);
    expect(replayed.status).toBe(200);
    const fallbacks = await eventually(
      async () => {
        await letTimePass(conversationWithId(sent.body.conversation_id), SECOND_MS);
        return fallbacksIn(paloma, sent.body.conversation_id);
      },
      (found) => found.length > 0,
    );
    expect(fallbacks).toMatchObject([{ fallback_of: sent.body.id, type: "template" }]);
  });

  it("is the answer again to a repetition with the same key (I7)", async () => {
    const paloma = startPaloma();
    const body = reply(newCustomer());
    const headers = { "idempotency-key": unique("fallback-") };
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => paloma.api("POST", "/v1/messages", body, { headers })),
    );
    answers.push(await paloma.api("POST", "/v1/messages", body, { headers }));
    for (const answer of answers) {
      expect(answer).toMatchObject({ status: 201, body: answers[0]?.body });
    }
    expect(answers.filter((answer) => answer.headers.has("idempotent-replayed"))).toHaveLength(20);
    expect(sentTypes(paloma)).toEqual(["template"]);
  });

  it("stays where it is in an open window, and where Meta refuses for another reason", async () => {
    const paloma = startPaloma();
    const from = newCustomer();
    await paloma.simulator.customers.write({ from, content: { type: "text", body: "Hola" } });
    await paloma.simulator.flush();
    const open = await paloma.api("POST", "/v1/messages", reply(from));
    expect(open).toMatchObject({ status: 201, body: { type: "text", fallback_of: null } });
    paloma.simulator.rules.add({ effect: { kind: "graph_error", code: 131026 } });
    const refused = await paloma.api("POST", "/v1/messages", reply(from));
    expect(refused).toMatchObject({ status: 422, body: { code: "rejected_by_meta" } });
    expect(sentTypes(paloma)).toEqual(["text"]);
  });

  it("is refused as a message of its own would be, and the answer has its id", async () => {
    const paloma = startPaloma();
    paloma.simulator.rules.add({ effect: { kind: "graph_error", code: 132015 } });
    const answer = await paloma.api("POST", "/v1/messages", reply(newCustomer()));
    expect(answer).toMatchObject({
      status: 422,
      body: { code: "rejected_by_meta", meta_error: { code: 132015 } },
    });
    const { body } = await paloma.api("GET", pathOf(answer.body.message_id));
    expect(body).toMatchObject({ type: "template", status: "failed" });
    expect(body.fallback_of).not.toBeNull();
  });

  it("goes at the time of a scheduled message whose window has closed by then, in its order", async () => {
    const paloma = startPaloma();
    const from = newCustomer();
    await paloma.simulator.customers.write({ from, content: { type: "text", body: "Hola" } });
    await paloma.simulator.flush();
    const send_at = new Date(Date.now() + 2 * DAY_MS).toISOString();
    const scheduled = await paloma.api("POST", "/v1/messages", reply(from, { send_at }));
    const next = { to: from, type: "template", template: FALLBACK, send_at };
    const behind = await paloma.api("POST", "/v1/messages", next);
    await letTimePass(conversationWithId(scheduled.body.conversation_id), 2 * DAY_MS);
    const [fallback] = await fallbacksIn(paloma, scheduled.body.conversation_id);
    expect(fallback).toMatchObject({ fallback_of: scheduled.body.id, status: "accepted" });
    expect(paloma.simulator.sent.map(({ body }) => body["biz_opaque_callback_data"])).toEqual([
      fallback.id,
      behind.body.id,
    ]);
    expect(fallback.expires_at).toBe(scheduled.body.expires_at);
  });

  it("leaves where D1 fails, and its row follows (I7)", async () => {
    vi.spyOn(console, "error").mockReturnValue();
    const paloma = startPaloma();
    const d1 = faultyD1();
    const original = vi.mocked(globalThis.fetch).getMockImplementation();
    vi.mocked(globalThis.fetch).mockImplementation(async (...call) => {
      const answer = await original?.(...call);
      d1.set("refused");
      return answer ?? new Response();
    });
    const { status, body } = await paloma.api(
      "POST",
      "/v1/messages",
      reply(newCustomer(), { window: "meta" }),
    );
    expect({ status, type: body.type }).toEqual({ status: 201, type: "template" });
    d1.set("none");
    vi.mocked(globalThis.fetch).mockImplementation(original ?? (async () => new Response()));
    await stopAllObjects();
    await letTimePass(conversationWithId(body.conversation_id), 20_000);
    expect(sentTypes(paloma)).toEqual(["template"]);
    expect(await fallbacksIn(paloma, body.conversation_id)).toMatchObject([
      { id: body.id, fallback_of: body.fallback_of, status: "accepted" },
    ]);
    expect((await paloma.api("GET", pathOf(body.fallback_of))).body).toMatchObject({
      status: "failed",
    });
  });

  it("is never sent twice where the object stops while it is being sent (I7)", async () => {
    vi.spyOn(console, "error").mockReturnValue();
    const paloma = startPaloma();
    const effect = { kind: "delay", milliseconds: 60_000 } as const;
    paloma.simulator.rules.add({ match: { type: "template", times: 1 }, effect });
    const body = reply(newCustomer());
    const headers = { "idempotency-key": unique("fallback-") };
    const first = paloma.api("POST", "/v1/messages", body, { headers }).catch(() => null);
    await eventually(
      async () => vi.mocked(globalThis.fetch).mock.calls.length,
      (calls) => calls > 0,
    );
    await stopAllObjects();
    await first;
    const answer = await eventually(
      () => paloma.api("POST", "/v1/messages", body, { headers }),
      ({ status }) => status < 500,
    );
    expect(answer).toMatchObject({
      status: 202,
      body: { type: "template", status: "unconfirmed", error: { code: "interrupted" } },
    });
    await letTimePass(conversationWithId(answer.body.conversation_id), DAY_MS);
    expect(vi.mocked(globalThis.fetch).mock.calls).toHaveLength(1);
  });
});

describe("a request with a fallback", () => {
  const { api } = { api: (body: object) => startPaloma().api("POST", "/v1/messages", body) };

  it.each([
    ["invalid_request", { fallback: "appointment_reminder" }, "/fallback"],
    ["invalid_request", { fallback: { name: "Appointment" } }, "/fallback/name"],
    [
      "template_parameters",
      {
        fallback: {
          name: "x",
          components: [{ type: "body", parameters: [{ type: "text", text: "a\nb" }] }],
        },
      },
      "/fallback/components/0/parameters/0/text",
    ],
    [
      "template_parameters",
      { fallback: { ...FALLBACK, params: { ...FALLBACK.params, pet: " " } } },
      "/fallback/params/pet",
    ],
    ["invalid_request", { type: "template", template: FALLBACK, text: undefined }, "/fallback"],
  ])("is refused as %s where it is wrong: %j", async (code, members, pointer) => {
    const answer = await api(reply(newCustomer(), members));
    expect(answer).toMatchObject({ status: 422, body: { code } });
    expect(answer.body.errors.map((error: { pointer: string }) => error.pointer)).toEqual([
      pointer,
    ]);
  });

  it("is refused where the template lacks a parameter, and quotes it", async () => {
    const { name: _name, ...params } = FALLBACK.params;
    const answer = await api(reply(newCustomer(), { fallback: { ...FALLBACK, params } }));
    expect(answer).toMatchObject({
      status: 422,
      body: { code: "template_parameters", errors: [{ pointer: "/fallback/params/name" }] },
    });
    expect(answer.body.detail).toContain("te recordamos tu cita");
  });
});
