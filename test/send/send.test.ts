import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { claimFor } from "../../src/api/messages/read.ts";
import { payloadOf } from "../../src/message/outgoing-message.ts";
import { type PreparedSend, prepareSend } from "../../src/send/prepare.ts";
import { parseSendRequest } from "../../src/send/request.ts";
import { createDatabase } from "../../src/store/d1.ts";
import { claimKeys } from "../../src/store/idempotency-keys.ts";
import {
  DAY_MS,
  HOUR_MS,
  inboundMessage,
  NAMELESS,
  newPhoneAddress,
  newUserId,
} from "../support/conversation-messages.ts";
import {
  conversationAt,
  conversationWithId,
  letTimePass,
  rowsInD1,
  stopTheClock,
} from "../support/conversation-object.ts";
import {
  eventually,
  newCustomer,
  NUMBER,
  OTHER_NUMBER,
  type Paloma,
  startPaloma,
} from "../support/paloma.ts";
import { claimByOldWorker } from "../support/old-claims.ts";
import { readPhone } from "../support/read-phone.ts";

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;

const CLINIC = { name: "clinic", token: "", scopes: new Set(["send"] as const) };

beforeEach(stopTheClock);

afterEach(() => {
  vi.useRealTimers();
});

/** A reminder, which needs no open window. */
function reminder(to: string, members: object = {}) {
  const params = { name: "Ana", pet: "Luna", date: "lunes", time: "10:00" };
  return {
    to,
    type: "template",
    template: { name: "appointment_reminder", params },
    ...members,
  };
}

function text(to: string, body = "Hola", members: object = {}) {
  return { to, text: { body }, ...members };
}

/** A customer who just wrote, and what they wrote. */
async function customerWhoWrote({ simulator, api }: Paloma, from = newCustomer()) {
  const wamid = await simulator.customers.write({
    from,
    content: { type: "text", body: "¿Hay citas?" },
  });
  await simulator.flush();
  const { body } = await api("GET", `/v1/messages/${encodeURIComponent(wamid)}`);
  return { from, wamid, messageId: String(body.id), conversationId: String(body.conversation_id) };
}

/** Calls that send, without read marks. */
function sendCalls({ simulator }: Paloma) {
  return simulator.calls.filter(({ route }) => route === "messages");
}

/** A template as Meta tells of it. */
async function knowTemplate(name: string, status: string, category = "UTILITY"): Promise<void> {
  await env.DB.prepare(
    `INSERT INTO templates (name, language, category, status, status_at, category_at, quality_at, created_at, updated_at)
     VALUES (?1, 'es_MX', ?3, ?2, 0, 1, 0, 1, 1)
     ON CONFLICT DO UPDATE SET status = excluded.status`,
  )
    .bind(name, status, category)
    .run();
}

function pathOf(id: unknown): string {
  return `/v1/messages/${encodeURIComponent(String(id))}`;
}

const keyed = (key: string) => ({ headers: { "idempotency-key": key } });

const database = createDatabase(env.DB);

async function prepared(body: object, key: string): Promise<PreparedSend> {
  const parsed = parseSendRequest(body, Date.now(), readPhone);
  if (!parsed.ok) throw new Error("the request is refused");
  const claim = await claimFor(body, key, CLINIC);
  const result = await prepareSend(env, database, parsed.request, NUMBER, claim);
  if (!result.ok) throw new Error("the request can't be prepared");
  return result.prepared;
}

/** A key whose request ended before the conversation's object had the message. */
async function claimOnly(body: object, key: string): Promise<PreparedSend> {
  const send = await prepared(body, key);
  if (send.key === null) throw new Error("there is no key");
  const { outgoing, conversationId } = send;
  await claimKeys(database, [
    { ...send.key, message_id: outgoing.id, conversation_id: conversationId },
  ]);
  return send;
}

/** The same from a Worker of 0.1.0, which leaves the message's row. */
async function claimOfOldWorker(body: object, key: string): Promise<PreparedSend> {
  const send = await prepared(body, key);
  const { outgoing, conversationId, address } = send;
  const { shown: _shown, ...sendable } = outgoing;
  const at = Date.now();
  await claimByOldWorker({
    message: {
      id: outgoing.id,
      conversation_id: conversationId,
      phone_number_id: NUMBER,
      direction: "outbound",
      type: outgoing.type,
      body: "Hola",
      payload: JSON.stringify(payloadOf(outgoing)),
      sent_by: CLINIC.name,
      idempotency_key: key,
      request_hash: send.key?.request_hash ?? "",
      send_options: JSON.stringify(sendable),
      state: "pending",
      expires_at: outgoing.expires_at,
      created_at: at,
    },
    conversation: {
      id: conversationId,
      kind: "individual",
      phone_number_id: NUMBER,
      phone: address?.kind === "phone" ? address.phone : null,
      user_id: address?.kind === "user" ? address.user_id : null,
      status: "pending",
      unread_count: 0,
      last_message_at: at,
      version: 0,
      created_at: at,
      updated_at: at,
    },
  });
  return send;
}

describe("an idempotency key (I7)", () => {
  it("stands for its message for 48 hours, and may be used again after", async () => {
    const { api, simulator } = startPaloma();
    const to = newCustomer();
    const headers = { "idempotency-key": crypto.randomUUID() };
    const send = () => api("POST", "/v1/messages", reminder(to), { headers });
    const { body: first } = await send();
    vi.setSystemTime(Date.now() + 48 * HOUR_MS - MINUTE_MS);
    expect((await send()).body.id).toBe(first.id);
    expect(simulator.sent).toHaveLength(1);
    vi.setSystemTime(Date.now() + 2 * MINUTE_MS);
    expect((await send()).body.id).not.toBe(first.id);
    expect((await api("GET", `/v1/messages/${first.id}`)).status).toBe(200);
  });

  it("sends once for 50 requests at once and answers all alike", async () => {
    const { api, simulator } = startPaloma();
    const body = reminder(newCustomer());
    const key = crypto.randomUUID();
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => api("POST", "/v1/messages", body, keyed(key))),
    );
    expect(simulator.sent).toHaveLength(1);
    for (const answer of answers) {
      expect(answer.status).toBe(201);
      expect(answer.body).toEqual(answers[0]?.body);
    }
    const replayed = answers.filter(({ headers }) => headers.get("idempotent-replayed") === "true");
    expect(replayed).toHaveLength(49);
  });

  it("answers a later repetition with the message as it is by then", async () => {
    const { api, simulator } = startPaloma();
    const body = reminder(newCustomer());
    const first = await api("POST", "/v1/messages", body, keyed("later-repetition"));
    expect(first.headers.has("idempotent-replayed")).toBe(false);
    await simulator.flush();
    await eventually(
      () => api("GET", pathOf(first.body.id)),
      (answer) => answer.body.status === "read",
    );
    const again = await api("POST", "/v1/messages", body, keyed("later-repetition"));
    expect(again).toMatchObject({ status: 201, body: { id: first.body.id, status: "read" } });
    expect(again.headers.get("idempotent-replayed")).toBe("true");
    expect(simulator.sent).toHaveLength(1);
  });

  it("does not depend on how the body is written", async () => {
    const { api, simulator } = startPaloma();
    const to = newCustomer();
    const { type, template } = reminder(to);
    await api("POST", "/v1/messages", { to, type, template }, keyed("spelling"));
    const again = await api("POST", "/v1/messages", { template, type, to }, keyed("spelling"));
    expect(again.status).toBe(201);
    expect(simulator.sent).toHaveLength(1);
  });

  it("with another body is refused and names the message", async () => {
    const { api, simulator } = startPaloma();
    const to = newCustomer();
    const first = await api("POST", "/v1/messages", reminder(to), keyed("reused"));
    const other = reminder(to, { metadata: { appointment: 8812 } });
    const second = await api("POST", "/v1/messages", other, keyed("reused"));
    expect(second).toMatchObject({
      status: 422,
      body: { code: "idempotency_key_reused", message_id: first.body.id },
    });
    expect(simulator.sent).toHaveLength(1);
  });

  it("is each token's own", async () => {
    const { api, simulator } = startPaloma();
    const body = reminder(newCustomer());
    const clinic = await api("POST", "/v1/messages", body, keyed("shared"));
    const sender = await api("POST", "/v1/messages", body, { ...keyed("shared"), token: "sender" });
    expect(sender.body.id).not.toBe(clinic.body.id);
    expect(simulator.sent).toHaveLength(2);
  });

  it("gives the same problem again after a permanent failure", async () => {
    const paloma = startPaloma();
    const { api, simulator } = paloma;
    simulator.rules.add({ effect: { kind: "graph_error", code: 131026 } });
    const body = reminder(newCustomer());
    const first = await api("POST", "/v1/messages", body, keyed("failed"));
    const again = await api("POST", "/v1/messages", body, keyed("failed"));
    expect(first).toMatchObject({ status: 422, body: { code: "rejected_by_meta" } });
    expect(first.headers.has("idempotent-replayed")).toBe(false);
    const { request_id: _first, ...problem } = first.body;
    expect(again).toMatchObject({ status: 422, body: problem });
    expect(again.headers.get("idempotent-replayed")).toBe("true");
    expect(sendCalls(paloma)).toHaveLength(1);
  });

  it.each([
    ["", claimOnly],
    [" of a Worker of 0.1.0", claimOfOldWorker],
  ])("resumes a claim%s whose send never started", async (_name, claim) => {
    const { api, simulator } = startPaloma();
    const body = reminder(newCustomer());
    const key = crypto.randomUUID();
    const { outgoing } = await claim(body, key);
    const answer = await api("POST", "/v1/messages", body, keyed(key));
    expect(answer).toMatchObject({ status: 201, body: { id: outgoing.id, status: "accepted" } });
    expect(answer.headers.get("idempotent-replayed")).toBe("true");
    expect(simulator.sent).toHaveLength(1);
  });

  it("stands for its message also where the request is good no more", async () => {
    const { api, simulator } = startPaloma();
    const name = `paused_${crypto.randomUUID().replaceAll("-", "")}`;
    await knowTemplate(name, "APPROVED");
    simulator.rules.add({ effect: { kind: "graph_error", code: 131026 } });
    const body = { to: newCustomer(), type: "template", template: { name } };
    const key = crypto.randomUUID();
    const first = await api("POST", "/v1/messages", body, keyed(key));
    await knowTemplate(name, "PAUSED");
    const again = await api("POST", "/v1/messages", body, keyed(key));
    expect(again).toMatchObject({ status: 422, body: { code: "rejected_by_meta" } });
    expect(again.body.message_id).toBe(first.body.message_id);
    expect(simulator.calls).toHaveLength(1);
    const batch = { messages: [{ ...body, idempotency_key: key }, body] };
    expect((await api("POST", "/v1/messages/batch", batch)).body.data).toMatchObject([
      { message: { id: first.body.message_id } },
      { problem: { code: "template_not_approved" } },
    ]);
    const other = { ...body, template: { name, components: [] } };
    expect(await api("POST", "/v1/messages", other, keyed(key))).toMatchObject({
      status: 422,
      body: { code: "idempotency_key_reused", message_id: first.body.message_id },
    });
    const reused = { messages: [{ ...other, idempotency_key: key }] };
    expect((await api("POST", "/v1/messages/batch", reused)).body.data).toMatchObject([
      { problem: { code: "idempotency_key_reused" } },
    ]);
  });

  it("of a claim that never started sends nothing where the request is good no more", async () => {
    const { api } = startPaloma();
    const name = `paused_${crypto.randomUUID().replaceAll("-", "")}`;
    const body = { to: newCustomer(), type: "template", template: { name } };
    const key = crypto.randomUUID();
    await claimOnly(body, key);
    await knowTemplate(name, "PAUSED");
    expect(await api("POST", "/v1/messages", body, keyed(key))).toMatchObject({
      status: 422,
      body: { code: "template_not_approved" },
    });
    const batch = { messages: [{ ...body, idempotency_key: key }] };
    expect((await api("POST", "/v1/messages/batch", batch)).body.data).toMatchObject([
      { problem: { code: "template_not_approved" } },
    ]);
  });

  it("tells whoever waited 10 seconds that the first request is under way", async () => {
    const { api, simulator } = startPaloma();
    simulator.rules.add({ effect: { kind: "delay", milliseconds: 300 } });
    const body = reminder(newCustomer());
    const { outgoing } = await claimOnly(body, "under-way");
    const { setTimeout: start } = globalThis;
    const patience = 10 * SECOND_MS;
    vi.stubGlobal("setTimeout", (work: () => void, ms: number) =>
      start(work, ms === patience ? 50 : ms),
    );
    const waiting = await api("POST", "/v1/messages", body, keyed("under-way"));
    vi.unstubAllGlobals();
    expect(waiting).toMatchObject({
      status: 409,
      body: { code: "idempotency_in_progress", message_id: outgoing.id },
    });
    const done = await api("POST", "/v1/messages", body, keyed("under-way"));
    expect(done).toMatchObject({ status: 201, body: { id: outgoing.id } });
    expect(simulator.sent).toHaveLength(1);
  });
});

describe("the answer to a send", () => {
  it("is 201 where Meta accepts, and the message moves its conversation", async () => {
    const paloma = startPaloma();
    const { from, conversationId } = await customerWhoWrote(paloma);
    const answer = await paloma.api("POST", "/v1/messages", text(from));
    expect(answer).toMatchObject({
      status: 201,
      body: { status: "accepted", conversation_id: conversationId, sent_by: "clinic" },
    });
    expect(answer.body.wamid).toBe(paloma.simulator.sent[0]?.wamid);
    const { body } = await paloma.api("GET", `/v1/conversations/${conversationId}`);
    expect(body).toMatchObject({ status: "active", unread_count: 1 });
  });

  it.each([
    ["the connection is lost after Meta acted", { kind: "lost_connection", when: "after" }, 1],
    ["the connection is lost before", { kind: "lost_connection", when: "before" }, 0],
    ["Meta answers 502 after it acted", { kind: "http_error", status: 502, when: "after" }, 1],
    ["Meta says that something went wrong", { kind: "graph_error", code: 131000 }, 0],
  ] as const)(
    "is 202 unconfirmed where %s, and nothing is sent again (I7)",
    async (_when, effect, sent) => {
      const paloma = startPaloma();
      const { api, simulator } = paloma;
      simulator.rules.add({ match: { times: 1 }, effect });
      const answer = await api("POST", "/v1/messages", reminder(newCustomer()));
      expect(answer).toMatchObject({
        status: 202,
        body: { status: "unconfirmed", wamid: null, error: { code: "meta_unavailable" } },
      });
      await letTimePass(conversationWithId(answer.body.conversation_id), 2 * DAY_MS);
      expect(simulator.sent).toHaveLength(sent);
      expect(sendCalls(paloma)).toHaveLength(1);
    },
  );

  it("is confirmed by the statuses that come after a lost answer (I6)", async () => {
    const { api, simulator } = startPaloma();
    const effect = { kind: "lost_connection", when: "after" } as const;
    simulator.rules.add({ match: { times: 1 }, effect });
    const sent = await api("POST", "/v1/messages", reminder(newCustomer()));
    await simulator.flush();
    const message = await eventually(
      () => api("GET", pathOf(sent.body.id)),
      ({ body }) => body.status === "read",
    );
    expect(message.body).toMatchObject({ wamid: simulator.sent[0]?.wamid, error: null });
    expect(message.body.statuses).toHaveLength(3);
  });

  it.each([
    [130429, { retryAfterSeconds: 30 }],
    [131056, { retryAfterSeconds: 30 }],
    [80007, {}],
    [4, { httpStatus: 403 }],
    [17, {}],
    [32, {}],
    [341, {}],
    [613, {}],
    [80008, {}],
  ])(
    "is 202 queued where Meta is too busy (%i), and it leaves later, in order",
    async (code, more) => {
      const { api, simulator } = startPaloma();
      simulator.rules.add({ match: { times: 2 }, effect: { kind: "graph_error", code, ...more } });
      const to = newCustomer();
      const first = await api("POST", "/v1/messages", reminder(to));
      expect(first).toMatchObject({
        status: 202,
        body: {
          status: "queued",
          wamid: null,
          error: { code: expect.stringContaining("rate_limited"), meta: { code } },
        },
      });
      const second = await api("POST", "/v1/messages", reminder(to));
      expect(second).toMatchObject({ status: 202, body: { status: "queued", error: null } });
      expect(simulator.sent).toEqual([]);
      await letTimePass(conversationWithId(first.body.conversation_id), 10 * MINUTE_MS);
      expect(simulator.sent.map(({ body }) => body["biz_opaque_callback_data"])).toEqual([
        first.body.id,
        second.body.id,
      ]);
      expect((await api("GET", pathOf(first.body.id))).body).toMatchObject({
        status: "accepted",
        wamid: simulator.sent[0]?.wamid,
        error: null,
      });
    },
  );

  it("never asks Meta again before its Retry-After is over", async () => {
    const paloma = startPaloma();
    const effect = { kind: "graph_error", code: 130429, retryAfterSeconds: 600 } as const;
    paloma.simulator.rules.add({ match: { times: 1 }, effect });
    const sent = await paloma.api("POST", "/v1/messages", reminder(newCustomer()));
    await letTimePass(conversationWithId(sent.body.conversation_id), 10 * MINUTE_MS - 1);
    expect(sendCalls(paloma)).toHaveLength(1);
  });

  it("is 202 while our token is refused, and both messages leave once it works", async () => {
    const error = vi.spyOn(console, "error").mockReturnValue();
    const paloma = startPaloma();
    const { api, simulator } = paloma;
    const effect = { kind: "graph_error", code: 190, httpStatus: 401 } as const;
    const { id: rule } = simulator.rules.add({ effect });
    const to = newCustomer();
    const first = await api("POST", "/v1/messages", reminder(to));
    const second = await api("POST", "/v1/messages", reminder(to));
    expect(first).toMatchObject({
      status: 202,
      body: { status: "queued", error: { code: "meta_unauthorized", meta: { code: 190 } } },
    });
    const conversation = conversationWithId(first.body.conversation_id);
    await letTimePass(conversation, HOUR_MS);
    // One call each 30 to 45 seconds, and one line in the log.
    expect(sendCalls(paloma).length).toBeGreaterThan(80);
    expect(sendCalls(paloma).length).toBeLessThan(122);
    expect(error.mock.calls).toHaveLength(1);
    expect(error.mock.lastCall?.[0]).toContain("meta_needs_operator");
    simulator.rules.remove(rule);
    await letTimePass(conversation, MINUTE_MS);
    expect(simulator.sent.map(({ body }) => body["biz_opaque_callback_data"])).toEqual([
      first.body.id,
      second.body.id,
    ]);
    expect((await api("GET", pathOf(first.body.id))).body).toMatchObject({ error: null });
  });

  it("is 202 where Meta wants it not before 24 hours, and others pass it", async () => {
    const { api, simulator } = startPaloma();
    simulator.rules.add({ match: { times: 1 }, effect: { kind: "graph_error", code: 131049 } });
    const to = newCustomer();
    const expires_at = new Date(Date.now() + 2 * DAY_MS).toISOString();
    const first = await api("POST", "/v1/messages", reminder(to, { expires_at }));
    expect(first).toMatchObject({ status: 202, body: { status: "queued" } });
    const second = await api("POST", "/v1/messages", reminder(to));
    expect(second.status).toBe(201);
    await letTimePass(conversationWithId(first.body.conversation_id), DAY_MS - 1);
    expect(simulator.sent).toHaveLength(1);
    await letTimePass(conversationWithId(first.body.conversation_id), 1);
    expect(simulator.sent.map(({ body }) => body["biz_opaque_callback_data"])).toEqual([
      second.body.id,
      first.body.id,
    ]);
  });

  it("is failed with code expired once it is no longer worth sending", async () => {
    const paloma = startPaloma();
    const { api, simulator } = paloma;
    const effect = { kind: "graph_error", code: 130429, retryAfterSeconds: 3600 } as const;
    simulator.rules.add({ effect });
    const expires_at = new Date(Date.now() + 10 * MINUTE_MS).toISOString();
    const sent = await api("POST", "/v1/messages", reminder(newCustomer(), { expires_at }));
    await letTimePass(conversationWithId(sent.body.conversation_id), 2 * HOUR_MS);
    const { body } = await api("GET", pathOf(sent.body.id));
    expect(body).toMatchObject({ status: "failed", wamid: null, error: { code: "expired" } });
    expect(body.failed_at).not.toBeNull();
    expect(sendCalls(paloma)).toHaveLength(1);
  });

  it("expires a day after it is due, not after it was asked for", async () => {
    const { api, simulator } = startPaloma();
    const dueAt = Date.now() + 3 * DAY_MS;
    const send_at = new Date(dueAt).toISOString();
    const sent = await api("POST", "/v1/messages", reminder(newCustomer(), { send_at }));
    expect(sent.body.expires_at).toBe(new Date(dueAt + DAY_MS).toISOString());
    await letTimePass(conversationWithId(sent.body.conversation_id), 3 * DAY_MS);
    expect(simulator.sent.map(({ acceptedAt }) => acceptedAt)).toEqual([dueAt]);
  });

  it("is 409 outside the window, with the templates to use, and Meta is not asked (I5)", async () => {
    const paloma = startPaloma();
    const { from } = await customerWhoWrote(paloma);
    const wroteAt = Math.floor(Date.now() / SECOND_MS) * SECOND_MS;
    vi.setSystemTime(wroteAt + DAY_MS);
    const closed = await paloma.api("POST", "/v1/messages", text(from));
    expect(closed).toMatchObject({
      status: 409,
      body: {
        code: "session_window_closed",
        expired_at: new Date(wroteAt + DAY_MS).toISOString(),
        templates: expect.arrayContaining(["appointment_reminder", "order_ready"]),
        message_id: expect.stringMatching(/^msg_/),
      },
    });
    expect(sendCalls(paloma)).toEqual([]);
    vi.setSystemTime(wroteAt + DAY_MS - 1);
    expect((await paloma.api("POST", "/v1/messages", text(from))).status).toBe(201);
  });

  it("is 409 where the customer never wrote at all", async () => {
    const paloma = startPaloma();
    const answer = await paloma.api("POST", "/v1/messages", text(newCustomer()));
    expect(answer).toMatchObject({
      status: 409,
      body: {
        code: "session_window_closed",
        detail: expect.stringContaining("never wrote to this number"),
        expired_at: null,
      },
    });
    expect(sendCalls(paloma)).toEqual([]);
  });

  it("is refused where it is to leave from another number than its conversation's", async () => {
    const paloma = startPaloma();
    const { conversationId } = await customerWhoWrote(paloma);
    const body = { conversation_id: conversationId, from: OTHER_NUMBER, text: { body: "Hola" } };
    expect(await paloma.api("POST", "/v1/messages", body)).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: "/from", detail: expect.stringContaining(`${NUMBER}'s`) }] },
    });
    const answer = await paloma.api("POST", "/v1/messages", { ...body, from: NUMBER });
    expect(answer.status).toBe(201);
    expect(sendCalls(paloma)).toHaveLength(1);
  });

  it("is Meta's own refusal where the window is left to Meta", async () => {
    const paloma = startPaloma();
    const answer = await paloma.api(
      "POST",
      "/v1/messages",
      text(newCustomer(), "Hola", { window: "meta" }),
    );
    expect(answer).toMatchObject({
      status: 422,
      body: {
        code: "rejected_by_meta",
        meta_error: { code: 131047, fbtrace_id: expect.any(String) },
      },
    });
    expect(sendCalls(paloma)).toHaveLength(1);
  });

  it("is 429 for pace where the caller can't wait", async () => {
    const { api, simulator } = startPaloma();
    const to = newCustomer();
    const messages = Array.from({ length: 45 }, () => reminder(to));
    const batch = await api("POST", "/v1/messages/batch", { messages });
    const conversation = conversationWithId(batch.body.data[0].message.conversation_id);
    await letTimePass(conversation, 0);
    const answer = await api("POST", "/v1/messages", reminder(to, { wait: false }));
    expect(answer).toMatchObject({ status: 429, body: { code: "pair_rate_limited" } });
    expect(answer.headers.get("retry-after")).toBe("6");
    const patient = await api("POST", "/v1/messages", reminder(to));
    expect(patient).toMatchObject({ status: 202, body: { status: "queued" } });
    await letTimePass(conversation, 6 * SECOND_MS);
    expect(simulator.sent).toHaveLength(46);
  });

  it("holds where D1 fails after the call: the alarm brings the outcome", async () => {
    const error = vi.spyOn(console, "error").mockImplementation(() => undefined);
    const { api, simulator } = startPaloma();
    vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
      await env.DB.exec("ALTER TABLE message_statuses RENAME TO message_statuses_away");
      return simulator.fetch(new Request(input, init));
    });
    const sent = await api("POST", "/v1/messages", reminder(newCustomer()));
    await env.DB.exec("ALTER TABLE message_statuses_away RENAME TO message_statuses");
    expect(sent).toMatchObject({ status: 201, body: { status: "accepted" } });
    expect(error.mock.lastCall?.[0]).toContain("projection_left_to_alarm");
    expect((await api("GET", pathOf(sent.body.id))).status).toBe(404);
    await letTimePass(conversationWithId(sent.body.conversation_id), 10 * SECOND_MS);
    expect((await api("GET", pathOf(sent.body.id))).body).toMatchObject({
      status: "accepted",
      wamid: simulator.sent[0]?.wamid,
    });
  });
});

describe("statuses that come before the answer (I6)", () => {
  it("end up on the message", async () => {
    const { api, simulator } = startPaloma();
    simulator.rules.add({ effect: { kind: "status_before_answer" } });
    const sent = await api("POST", "/v1/messages", reminder(newCustomer()));
    expect(sent.status).toBe(201);
    const early = await eventually(
      () => api("GET", pathOf(sent.body.id)),
      ({ body }) => body.status === "sent",
    );
    expect(early.body.wamid).toBe(sent.body.wamid);
    await simulator.flush();
    const late = await eventually(
      () => api("GET", pathOf(sent.body.id)),
      ({ body }) => body.status === "read",
    );
    expect(late.body.statuses.map(({ status }: { status: string }) => status).toSorted()).toEqual([
      "delivered",
      "read",
      "sent",
    ]);
  });
});

describe("the recipient (I8)", () => {
  it("is one conversation in every spelling of the phone", async () => {
    const { api, simulator } = startPaloma();
    const national = newCustomer().slice(3);
    const spellings = [
      `+52 ${national}`,
      `52${national}`,
      `521${national}`,
      `+521 ${national.slice(0, 3)}-${national.slice(3)}`,
      `0052 ${national}`,
    ];
    const conversations = new Set<unknown>();
    for (const to of spellings) {
      const answer = await api("POST", "/v1/messages", reminder(to));
      expect(answer.status).toBe(201);
      conversations.add(answer.body.conversation_id);
    }
    expect(conversations.size).toBe(1);
    expect(new Set(simulator.sent.map(({ customer }) => customer?.waId))).toEqual(
      new Set([`521${national}`]),
    );
  });

  it("by BSUID in `to` goes into `recipient`, where Meta does not drop it", async () => {
    const { api, simulator } = startPaloma();
    const userId = simulator.customers.put(newCustomer())?.userId ?? "";
    const answer = await api("POST", "/v1/messages", reminder(userId));
    expect(answer.status).toBe(201);
    expect(simulator.sent[0]?.customer?.userId).toBe(userId);
    expect(simulator.sent[0]?.body).toMatchObject({ recipient: userId });
    const again = await api("POST", "/v1/messages", {
      ...reminder(""),
      to: undefined,
      recipient: userId,
    });
    expect(again.body.conversation_id).toBe(answer.body.conversation_id);
  });

  it("by BSUID is refused for a template that Meta sends to phones alone", async () => {
    const { api, simulator } = startPaloma();
    const name = `login_${crypto.randomUUID().replaceAll("-", "")}`;
    await knowTemplate(name, "APPROVED", "AUTHENTICATION");
    const body = { type: "template", template: { name }, to: newUserId() };
    const refused = await api("POST", "/v1/messages", body);
    expect(refused).toMatchObject({
      status: 422,
      body: { code: "invalid_request", errors: [{ pointer: "/recipient" }] },
    });
    expect(simulator.calls).toEqual([]);
  });

  it("by BSUID is the conversation by phone of the same person", async () => {
    const paloma = startPaloma();
    const { from, conversationId } = await customerWhoWrote(paloma);
    const userId = paloma.simulator.customers.find(from)?.userId ?? "";
    const answer = await paloma.api("POST", "/v1/messages", text(userId));
    expect(answer).toMatchObject({ status: 201, body: { conversation_id: conversationId } });
  });

  it("by BSUID is the conversation by phone also where D1 does not know it yet", async () => {
    const { api } = startPaloma();
    const address = newPhoneAddress();
    const userId = newUserId();
    const person = { ...NAMELESS, user_id: userId };
    const [received] = await conversationAt(address).receive([inboundMessage({ address, person })]);
    const answer = await api("POST", "/v1/messages", text(userId, "Hola", { window: "meta" }));
    const rows = await rowsInD1<{ id: string }>(
      "SELECT id FROM conversations WHERE user_id = ?",
      userId,
    );
    expect(rows).toEqual([{ id: received?.conversation.id }]);
    // The simulator does not know this BSUID; what it says of that stands in the right conversation.
    const { body } = await api("GET", pathOf(answer.body.message_id));
    expect(body).toMatchObject({ conversation_id: received?.conversation.id, status: "failed" });
  });

  it("who first wrote with a phone and then without is one conversation", async () => {
    const paloma = startPaloma();
    const { from, conversationId } = await customerWhoWrote(paloma);
    paloma.simulator.customers.put(from, { hidesPhone: true });
    const second = await customerWhoWrote(paloma, from);
    expect(second.conversationId).toBe(conversationId);
    const { body } = await paloma.api("GET", `/v1/conversations/${conversationId}`);
    expect(body).toMatchObject({ unread_count: 2, contact: { wa_id: from } });
    const reply = await paloma.api("POST", "/v1/messages", {
      conversation_id: conversationId,
      text: { body: "¡Hola!" },
    });
    expect(reply.status).toBe(201);
    expect(paloma.simulator.sent[0]?.customer?.waId).toBe(from);
  });

  it("by an unknown conversation_id is refused", async () => {
    const paloma = startPaloma();
    const answer = await paloma.api("POST", "/v1/messages", {
      conversation_id: "nobody",
      text: { body: "Hola" },
    });
    expect(answer).toMatchObject({
      status: 422,
      body: { code: "invalid_request", errors: [{ pointer: "/conversation_id" }] },
    });
    expect(paloma.simulator.calls).toEqual([]);
  });

  it("by the id of a conversation whose first send never started is found", async () => {
    const { api, simulator } = startPaloma();
    const to = newCustomer();
    const { conversationId } = await claimOfOldWorker(reminder(to), crypto.randomUUID());
    const { to: _to, ...unaddressed } = reminder(to);
    const answer = await api("POST", "/v1/messages", {
      ...unaddressed,
      conversation_id: conversationId,
    });
    expect(answer.status).toBe(201);
    expect(simulator.sent.map(({ customer }) => customer?.waId)).toEqual([to]);
  });

  it("by a BSUID whose first send never started is found", async () => {
    const { api, simulator } = startPaloma();
    const userId = simulator.customers.put(newCustomer())?.userId ?? "";
    await claimOfOldWorker(reminder(userId), crypto.randomUUID());
    const answer = await api("POST", "/v1/messages", reminder(userId));
    expect(answer.status).toBe(201);
    expect(simulator.sent.map(({ customer }) => customer?.userId)).toEqual([userId]);
  });

  it("by another business number is another conversation", async () => {
    const { api, simulator } = startPaloma();
    const to = newCustomer();
    const one = await api("POST", "/v1/messages", reminder(to));
    const other = await api("POST", "/v1/messages", reminder(to, { from: "206540352242922" }));
    expect(other.body.conversation_id).not.toBe(one.body.conversation_id);
    expect(simulator.sent.map(({ phoneNumberId }) => phoneNumberId)).toEqual([
      NUMBER,
      "206540352242922",
    ]);
  });
});

describe("what a message refers to", () => {
  it("may be named by our id or by wamid", async () => {
    const paloma = startPaloma();
    const { from, wamid, messageId } = await customerWhoWrote(paloma);
    for (const message_id of [messageId, wamid]) {
      const answer = await paloma.api(
        "POST",
        "/v1/messages",
        text(from, "Sí", { context: { message_id } }),
      );
      expect(answer).toMatchObject({ status: 201, body: { context: { message_id: wamid } } });
    }
    expect(paloma.simulator.sent.map(({ body }) => body["context"])).toEqual([
      { message_id: wamid },
      { message_id: wamid },
    ]);
  });

  it("is refused where no message has the id, or none that Meta knows", async () => {
    const { api, simulator } = startPaloma();
    const to = newCustomer();
    const send_at = new Date(Date.now() + HOUR_MS).toISOString();
    const scheduled = await api("POST", "/v1/messages", reminder(to, { send_at }));
    for (const message_id of ["msg_unknown", scheduled.body.id]) {
      const answer = await api("POST", "/v1/messages", reminder(to, { context: { message_id } }));
      expect(answer).toMatchObject({
        status: 422,
        body: { code: "invalid_request", errors: [{ pointer: "/context/message_id" }] },
      });
    }
    expect(simulator.calls).toEqual([]);
  });

  it("shows a reaction on its target, and takes it back", async () => {
    const paloma = startPaloma();
    const { from, messageId } = await customerWhoWrote(paloma);
    const react = (emoji: string) =>
      paloma.api("POST", "/v1/messages", {
        to: from,
        type: "reaction",
        reaction: { message_id: messageId, emoji },
      });
    expect((await react("❤️")).status).toBe(201);
    const reacted = await paloma.api("GET", pathOf(messageId));
    expect(reacted.body.reactions).toMatchObject([{ emoji: "❤️", from: "business" }]);
    vi.setSystemTime(Date.now() + SECOND_MS);
    expect((await react("")).status).toBe(201);
    const taken = await paloma.api("GET", pathOf(messageId));
    expect(taken.body.reactions).toEqual([]);
  });

  it("is refused where a reaction names no message of ours", async () => {
    const { api } = startPaloma();
    const answer = await api("POST", "/v1/messages", {
      to: newCustomer(),
      type: "reaction",
      reaction: { message_id: "msg_unknown", emoji: "❤️" },
    });
    expect(answer).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: "/reaction/message_id" }] },
    });
  });

  it("may be a file by our own id, in the content and in a header", async () => {
    const paloma = startPaloma();
    const { from } = await customerWhoWrote(paloma);
    const uploaded = await paloma.api("POST", "/v1/media?filename=luna.jpg", "Luna", {
      headers: { "content-type": "image/jpeg" },
    });
    expect(uploaded.status).toBe(201);
    const media_id: unknown = uploaded.body.id;
    const image = await paloma.api("POST", "/v1/messages", {
      to: from,
      type: "image",
      image: { media_id, caption: "Luna" },
    });
    expect(image.status).toBe(201);
    const buttons = await paloma.api("POST", "/v1/messages", {
      to: from,
      type: "interactive",
      interactive: interactiveWith({ type: "image", image: { media_id } }),
    });
    expect(buttons.status).toBe(201);
    const [sentImage, sentButtons] = paloma.simulator.sent;
    expect(sentImage?.body["image"]).toEqual({ id: uploaded.body.meta_id, caption: "Luna" });
    expect(sentButtons?.body["interactive"]).toMatchObject({
      header: { type: "image", image: { id: uploaded.body.meta_id } },
    });
  });

  it("is refused where no file has the id", async () => {
    const { api } = startPaloma();
    const to = newCustomer();
    const media_id = "med_unknown";
    const image = await api("POST", "/v1/messages", { to, type: "image", image: { media_id } });
    expect(image).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: "/image/media_id" }] },
    });
    const header = { type: "image", image: { media_id } };
    const interactive = interactiveWith(header);
    const buttons = await api("POST", "/v1/messages", { to, type: "interactive", interactive });
    expect(buttons).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: "/interactive/header/image/media_id" }] },
    });
  });

  it("is refused where a template lacks its parameters, and quotes it", async () => {
    const { api } = startPaloma();
    const template = { name: "appointment_reminder", params: { name: "Ana" } };
    const answer = await api("POST", "/v1/messages", {
      to: newCustomer(),
      type: "template",
      template,
    });
    expect(answer).toMatchObject({ status: 422, body: { code: "template_parameters" } });
    expect(answer.body.detail).toContain("te recordamos tu cita");
  });
});

function interactiveWith(header: object) {
  const reply = { id: "si", title: "Sí" };
  return {
    type: "button",
    header,
    body: { text: "¿Confirmas?" },
    action: { buttons: [{ type: "reply", reply }] },
  };
}

describe("resend", () => {
  it("sends an unconfirmed message anew, once for each key (I7)", async () => {
    const { api, simulator } = startPaloma();
    const effect = { kind: "lost_connection", when: "before" } as const;
    simulator.rules.add({ match: { times: 1 }, effect });
    const lost = await api("POST", "/v1/messages", reminder(newCustomer(), { metadata: { a: 1 } }));
    const path = `${pathOf(lost.body.id)}/resend`;
    const resent = await api("POST", path, undefined, keyed("resent"));
    expect(resent).toMatchObject({
      status: 201,
      body: { resend_of: lost.body.id, body: lost.body.body, metadata: { a: 1 } },
    });
    expect(resent.body.id).not.toBe(lost.body.id);
    const again = await api("POST", path, undefined, keyed("resent"));
    expect(again.body.id).toBe(resent.body.id);
    expect(simulator.sent).toHaveLength(1);
  });

  it("answers a repetition although the first message arrived in the end (I7)", async () => {
    const { api, simulator } = startPaloma();
    const effect = { kind: "lost_connection", when: "before" } as const;
    simulator.rules.add({ match: { times: 1 }, effect });
    const lost = await api("POST", "/v1/messages", reminder(newCustomer()));
    const path = `${pathOf(lost.body.id)}/resend`;
    const key = crypto.randomUUID();
    const resent = await api("POST", path, undefined, keyed(key));
    await env.DB.prepare("UPDATE messages SET meta_status = 'delivered' WHERE id = ?")
      .bind(lost.body.id)
      .run();
    const again = await api("POST", path, undefined, keyed(key));
    expect(again).toMatchObject({ status: 201, body: { id: resent.body.id } });
    expect(await api("POST", path, undefined, keyed(crypto.randomUUID()))).toMatchObject({
      status: 409,
      body: { code: "not_resendable" },
    });
  });

  it("sends a failed message anew", async () => {
    const { api, simulator } = startPaloma();
    simulator.rules.add({ match: { times: 1 }, effect: { kind: "graph_error", code: 131026 } });
    const failed = await api("POST", "/v1/messages", reminder(newCustomer()));
    const resent = await api("POST", `${pathOf(failed.body.message_id)}/resend`);
    expect(resent).toMatchObject({ status: 201, body: { resend_of: failed.body.message_id } });
    expect(simulator.sent).toHaveLength(1);
  });

  it("is a message of today, though the first one would have expired", async () => {
    const { api, simulator } = startPaloma();
    simulator.rules.add({ match: { times: 1 }, effect: { kind: "graph_error", code: 131026 } });
    const failed = await api("POST", "/v1/messages", reminder(newCustomer()));
    vi.setSystemTime(Date.now() + 2 * DAY_MS);
    const resent = await api("POST", `${pathOf(failed.body.message_id)}/resend`);
    expect(resent).toMatchObject({
      status: 201,
      body: { expires_at: new Date(Date.now() + DAY_MS).toISOString() },
    });
  });

  it("is refused where the customer stopped marketing since", async () => {
    const { api, simulator } = startPaloma();
    const to = newCustomer();
    await knowTemplate("spring_offer", "APPROVED", "MARKETING");
    simulator.rules.add({ effect: { kind: "graph_error", code: 131026 } });
    const template = { name: "spring_offer" };
    const failed = await api("POST", "/v1/messages", { to, type: "template", template });
    expect(failed).toMatchObject({ status: 422, body: { code: "rejected_by_meta" } });
    const address = to.replace(/^521/, "52");
    await env.DB.prepare(
      `INSERT INTO contacts (address, marketing, marketing_at, created_at, updated_at)
       VALUES (?, 'stop', 1, 1, 1)`,
    )
      .bind(address)
      .run();
    const resent = await api("POST", `${pathOf(failed.body.message_id)}/resend`);
    expect(resent).toMatchObject({ status: 422, body: { code: "recipient_opted_out" } });
    expect(simulator.calls).toHaveLength(1);
  });

  it("looks its file up anew", async () => {
    const paloma = startPaloma();
    const { from } = await customerWhoWrote(paloma);
    const { api, simulator } = paloma;
    const uploaded = await api("POST", "/v1/media?filename=luna.jpg", "Luna", {
      headers: { "content-type": "image/jpeg" },
    });
    simulator.rules.add({ match: { times: 1 }, effect: { kind: "graph_error", code: 131053 } });
    const image = { media_id: uploaded.body.id, caption: "Luna" };
    const failed = await api("POST", "/v1/messages", { to: from, type: "image", image });
    await env.DB.prepare("DELETE FROM media WHERE id = ?").bind(uploaded.body.id).run();
    const gone = await api("POST", `${pathOf(failed.body.message_id)}/resend`);
    expect(gone).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: "/image/media_id" }] },
    });
  });

  it("judges the window as it is by then", async () => {
    const paloma = startPaloma();
    const { from } = await customerWhoWrote(paloma);
    paloma.simulator.rules.add({
      match: { times: 1 },
      effect: { kind: "graph_error", code: 131026 },
    });
    const failed = await paloma.api("POST", "/v1/messages", text(from));
    vi.setSystemTime(Date.now() + 2 * DAY_MS);
    const resent = await paloma.api("POST", `${pathOf(failed.body.message_id)}/resend`);
    expect(resent).toMatchObject({ status: 409, body: { code: "session_window_closed" } });
  });

  it("is refused for a message that was accepted, and for a customer's", async () => {
    const paloma = startPaloma();
    const { from, messageId } = await customerWhoWrote(paloma);
    const sent = await paloma.api("POST", "/v1/messages", text(from));
    for (const id of [sent.body.id, messageId]) {
      const answer = await paloma.api("POST", `${pathOf(id)}/resend`);
      expect(answer).toMatchObject({ status: 409, body: { code: "not_resendable" } });
    }
    expect(paloma.simulator.sent).toHaveLength(1);
  });
});

describe("a batch", () => {
  it("queues what is good and says what is wrong with the rest, in their order", async () => {
    const paloma = startPaloma();
    const { from, conversationId } = await customerWhoWrote(paloma);
    const answer = await paloma.api("POST", "/v1/messages/batch", {
      messages: [
        text(from, "uno"),
        { to: "no phone", text: { body: "x" } },
        text(from, "dos"),
        "not an object",
        text(from, "tres", { context: { message_id: "msg_unknown" } }),
        text(from, "cuatro", { idempotency_key: "" }),
        text(from, "cinco"),
      ],
    });
    expect(answer).toMatchObject({
      status: 202,
      body: {
        data: [
          { index: 0, message: { status: "queued", body: "uno" } },
          { index: 1, problem: { code: "invalid_request", errors: [{ pointer: "/to" }] } },
          { index: 2, message: { status: "queued", body: "dos" } },
          { index: 3, problem: { code: "invalid_request" } },
          { index: 4, problem: { errors: [{ pointer: "/context/message_id" }] } },
          { index: 5, problem: { errors: [{ pointer: "/idempotency_key" }] } },
          { index: 6, message: { status: "queued", body: "cinco" } },
        ],
      },
    });
    await letTimePass(conversationWithId(conversationId), 0);
    expect(paloma.simulator.sent.map(({ body }) => body["text"])).toMatchObject([
      { body: "uno" },
      { body: "dos" },
      { body: "cinco" },
    ]);
  });

  it("sends each key once, in one batch, again, and after a claim that never started (I7)", async () => {
    const { api, simulator } = startPaloma();
    const to = newCustomer();
    const { outgoing } = await claimOnly(reminder(to), "batch-left");
    const messages = [
      reminder(to, { idempotency_key: "batch-left" }),
      reminder(to, { idempotency_key: "batch-twice" }),
      reminder(to, { idempotency_key: "batch-twice" }),
    ];
    const first = await api("POST", "/v1/messages/batch", { messages });
    const ids = (answer: { body: { data: { message: { id: string } }[] } }) =>
      answer.body.data.map(({ message }) => message.id);
    expect(ids(first)[0]).toBe(outgoing.id);
    expect(ids(first)[2]).toBe(ids(first)[1]);
    await letTimePass(conversationWithId(first.body.data[0].message.conversation_id), 0);
    const second = await api("POST", "/v1/messages/batch", { messages });
    expect(ids(second)).toEqual(ids(first));
    expect(second.body.data[0].message.status).toBe("accepted");
    await letTimePass(conversationWithId(first.body.data[0].message.conversation_id), HOUR_MS);
    expect(simulator.sent).toHaveLength(2);
  });

  it("refuses a key that came with another body", async () => {
    const { api } = startPaloma();
    const to = newCustomer();
    const messages = [
      reminder(to, { idempotency_key: "batch-reused" }),
      reminder(to, { idempotency_key: "batch-reused", metadata: { a: 1 } }),
    ];
    const answer = await api("POST", "/v1/messages/batch", { messages });
    const [good, bad] = answer.body.data;
    expect(bad).toMatchObject({
      index: 1,
      problem: { code: "idempotency_key_reused", message_id: good.message.id },
    });
  });

  it("schedules what is to leave later", async () => {
    const { api, simulator } = startPaloma();
    const send_at = new Date(Date.now() + HOUR_MS).toISOString();
    const messages = [reminder(newCustomer(), { send_at })];
    const answer = await api("POST", "/v1/messages/batch", { messages });
    const { message } = answer.body.data[0];
    expect(message).toMatchObject({ status: "scheduled", send_at });
    await letTimePass(conversationWithId(message.conversation_id), HOUR_MS - 1);
    expect(simulator.sent).toEqual([]);
    await letTimePass(conversationWithId(message.conversation_id), 1);
    expect(simulator.sent).toHaveLength(1);
  });

  it("to a conversation whose first send never started is not lost", async () => {
    const { api, simulator } = startPaloma();
    const to = newCustomer();
    const { conversationId: conversation_id } = await claimOfOldWorker(
      reminder(to),
      crypto.randomUUID(),
    );
    const { to: _to, ...unaddressed } = reminder(to);
    const messages = [{ ...unaddressed, conversation_id }];
    await api("POST", "/v1/messages/batch", { messages });
    await letTimePass(conversationWithId(conversation_id), MINUTE_MS);
    expect(simulator.sent).toHaveLength(1);
  });
});

describe("cancel", () => {
  it("takes back a scheduled message, which then never leaves", async () => {
    const paloma = startPaloma();
    const { api } = paloma;
    const send_at = new Date(Date.now() + HOUR_MS).toISOString();
    const scheduled = await api("POST", "/v1/messages", reminder(newCustomer(), { send_at }));
    expect(scheduled).toMatchObject({ status: 202, body: { status: "scheduled", send_at } });
    const canceled = await api("DELETE", pathOf(scheduled.body.id));
    expect(canceled).toMatchObject({ status: 200, body: { status: "canceled" } });
    expect((await api("GET", pathOf(scheduled.body.id))).body.status).toBe("canceled");
    await letTimePass(conversationWithId(scheduled.body.conversation_id), DAY_MS);
    expect(sendCalls(paloma)).toEqual([]);
    expect((await api("DELETE", pathOf(scheduled.body.id))).status).toBe(200);
  });

  it("takes back a queued message without holding the others", async () => {
    const { api, simulator } = startPaloma();
    const effect = { kind: "graph_error", code: 131056, retryAfterSeconds: 600 } as const;
    simulator.rules.add({ match: { times: 1 }, effect });
    const to = newCustomer();
    const first = await api("POST", "/v1/messages", reminder(to));
    const second = await api("POST", "/v1/messages", reminder(to));
    expect((await api("DELETE", pathOf(first.body.id))).status).toBe(200);
    await letTimePass(conversationWithId(first.body.conversation_id), MINUTE_MS);
    expect(simulator.sent.map(({ body }) => body["biz_opaque_callback_data"])).toEqual([
      second.body.id,
    ]);
  });

  it("is too late for what Meta accepted, and nothing for a customer's message", async () => {
    const paloma = startPaloma();
    const { from, messageId } = await customerWhoWrote(paloma);
    const sent = await paloma.api("POST", "/v1/messages", text(from));
    for (const id of [sent.body.id, messageId]) {
      const answer = await paloma.api("DELETE", pathOf(id));
      expect(answer).toMatchObject({
        status: 409,
        body: { code: "not_cancelable", message_id: id },
      });
    }
  });

  it("leaves a claim that never started to whoever repeats it", async () => {
    const { api } = startPaloma();
    const { outgoing } = await claimOfOldWorker(reminder(newCustomer()), crypto.randomUUID());
    expect((await api("DELETE", pathOf(outgoing.id))).status).toBe(409);
  });
});

describe("a content that we have no limits for", () => {
  const FLOW = `{"type":"flow","body":{"text":"Agenda"},"to_come":[null,1.5,{"a":""}],"action":{
    "name":"flow","parameters":{"flow_message_version":"3","flow_id":"7","flow_cta":"Abrir",
    "flow_action_payload":{"screen":"A","data":{"order":12345678901234567890,
    "image":{"link":"http://a.mx/a.jpg","media_id":"med_1"}}}}}}`.replaceAll(/\n */g, "");

  /** What went to Meta, as text: the simulator's parser would lose digits. */
  const lastCall = () => vi.mocked(globalThis.fetch).mock.calls.at(-1)?.[1]?.body;

  it("reaches Meta to the last digit, and again in a resend", async () => {
    const paloma = startPaloma();
    const { from } = await customerWhoWrote(paloma);
    paloma.simulator.rules.add({ effect: { kind: "graph_error", code: 131026 } });
    const body = `{"to":"${from}","type":"interactive","interactive":${FLOW}}`;
    const answer = await paloma.api("POST", "/v1/messages", body);
    expect(answer).toMatchObject({ status: 422, body: { code: "rejected_by_meta" } });
    expect(lastCall()).toContain(`"interactive":${FLOW}`);
    await paloma.api("POST", `${pathOf(answer.body.message_id)}/resend`);
    expect(sendCalls(paloma)).toHaveLength(2);
    expect(lastCall()).toContain(`"interactive":${FLOW}`);
  });

  it("does so by way of Graph's route too, and is another request with another digit", async () => {
    const paloma = startPaloma();
    const { from } = await customerWhoWrote(paloma);
    const headers = { "idempotency-key": crypto.randomUUID() };
    const send = (flow: string) => {
      const body = `{"to":"${from}","type":"interactive","interactive":${flow}}`;
      return paloma.api("POST", `/v25.0/${NUMBER}/messages`, body, { headers });
    };
    expect((await send(FLOW)).status).toBe(200);
    expect(lastCall()).toContain(`"interactive":${FLOW}`);
    expect((await send(FLOW.replace("67890", "67891"))).status).toBe(400);
    expect((await send(FLOW)).headers.get("idempotent-replayed")).toBe("true");
    expect(sendCalls(paloma)).toHaveLength(1);
  });

  it("is refused where a long number stands for a text", async () => {
    const body = '{"to":12345678901234567890,"text":{"body":12345678901234567890}}';
    const answer = await startPaloma().api("POST", "/v1/messages", body);
    expect(answer.body.errors).toEqual([
      { pointer: "/to", detail: "must be text, got a number" },
      { pointer: "/text/body", detail: "must be text, got a number" },
    ]);
  });
});
