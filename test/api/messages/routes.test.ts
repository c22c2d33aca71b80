import { describe, expect, test } from "vitest";
import { eventually, newCustomer, NUMBER, type Paloma, startPaloma } from "../../support/paloma.ts";
import { unique } from "../../support/store-rows.ts";

const SECOND_MS = 1000;
const HOUR_MS = 60 * 60 * SECOND_MS;
const BODY_LIMIT_BYTES = 10 * 1024 * 1024;

const REMINDER = {
  type: "template",
  template: {
    name: "appointment_reminder",
    params: { name: "Ana", pet: "Luna", date: "lunes", time: "10:00" },
  },
};

async function received({ simulator, api }: Paloma, wamid?: string) {
  const from = newCustomer();
  const content = { type: "text", body: "¡Hola!" } as const;
  const known = await simulator.customers.write({
    from,
    content,
    ...(wamid === undefined ? {} : { wamid }),
  });
  await simulator.flush();
  const { body } = await api("GET", `/v1/messages/${encodeURIComponent(known)}`);
  return body;
}

async function scheduled({ api }: Paloma) {
  const send_at = new Date(Date.now() + HOUR_MS).toISOString();
  return api("POST", "/v1/messages", { to: newCustomer(), ...REMINDER, send_at });
}

describe("GET /v1/messages/{id}", () => {
  test("finds a message by our id and by any wamid", async () => {
    const paloma = startPaloma();
    const wamid = `${unique("wamid.")}/+ñ%2F?#==`;
    const message = await received(paloma, wamid);
    expect(message.wamid).toBe(wamid);
    expect((await paloma.api("GET", `/v1/messages/${message.id}`)).body).toEqual(message);
  });

  test.each(["nobody", "msg_", `msg_${"0".repeat(32)}`, "wamid.nobody", "%00", "%F0%9F%90%95"])(
    "%s is not found, whatever is asked of it",
    async (id) => {
      const { api } = startPaloma();
      const asked = [
        await api("GET", `/v1/messages/${id}`),
        await api("DELETE", `/v1/messages/${id}`),
        await api("POST", `/v1/messages/${id}/resend`),
        await api("POST", `/v1/messages/${id}/read`),
      ];
      for (const { status, body } of asked) {
        expect(status).toBe(404);
        expect(body).toMatchObject({ code: "not_found", detail: "No message has this id." });
      }
    },
  );
});

describe("POST /v1/messages/{id}/read", () => {
  test("tells Meta once, and leaves the conversation unread", async () => {
    const paloma = startPaloma();
    const message = await received(paloma);
    await eventually(
      async () => paloma.simulator.reads.length,
      (reads) => reads >= 1,
    );
    const answer = await paloma.api("POST", `/v1/messages/${message.id}/read`);
    expect(answer).toMatchObject({ status: 200, body: { success: true } });
    expect(paloma.simulator.reads.slice(1)).toMatchObject([
      { phoneNumberId: NUMBER, wamid: message.wamid, typing: false },
    ]);
    const path = `/v1/conversations/${message.conversation_id}`;
    expect((await paloma.api("GET", path)).body.unread_count).toBe(1);
  });

  test.each([
    [{ typing: true }, true],
    [{ typing: false }, false],
    [{}, false],
    [" \n", false],
  ])("with %j says typing: %s", async (said, typing) => {
    const paloma = startPaloma();
    const { wamid } = await received(paloma);
    const answer = await paloma.api("POST", `/v1/messages/${encodeURIComponent(wamid)}/read`, said);
    expect(answer.status).toBe(200);
    expect(paloma.simulator.reads.at(-1)).toMatchObject({ wamid, typing });
  });

  test.each<[unknown, number, object]>([
    [{ typing: "yes" }, 422, { errors: [{ pointer: "/typing" }] }],
    [{ typing: null }, 422, { errors: [{ pointer: "/typing" }] }],
    [{ typing: true, more: 1 }, 422, { errors: [{ pointer: "/more" }] }],
    ["[]", 422, { errors: [{ pointer: "" }] }],
    ["true", 422, { errors: [{ pointer: "" }] }],
    ["{", 400, { code: "invalid_json" }],
    [`{"typing":"${"x".repeat(BODY_LIMIT_BYTES)}"}`, 413, { code: "too_large" }],
  ])("with %.30j is refused, and Meta hears nothing", async (said, status, body) => {
    const paloma = startPaloma();
    const { id } = await received(paloma);
    await eventually(
      async () => paloma.simulator.reads.length,
      (reads) => reads >= 1,
    );
    const answer = await paloma.api("POST", `/v1/messages/${id}/read`, said);
    expect(answer).toMatchObject({ status, body });
    expect(paloma.simulator.reads).toHaveLength(1);
  });

  test("of a message of ours is refused", async () => {
    const { simulator, api } = startPaloma();
    const sent = await api("POST", "/v1/messages", { to: newCustomer(), ...REMINDER });
    const { status, body } = await api("POST", `/v1/messages/${sent.body.id}/read`);
    expect({ status, code: body.code }).toEqual({ status: 422, code: "invalid_request" });
    expect(simulator.reads).toHaveLength(0);
  });

  test.each([
    [131009, 422, "rejected_by_meta"],
    [190, 502, "meta_unauthorized"],
    [130429, 502, "meta_unavailable"],
  ])("that Meta answers with error %i is a problem", async (code, status, problem) => {
    const paloma = startPaloma();
    const message = await received(paloma);
    paloma.simulator.rules.add({
      match: { route: "read" },
      effect: { kind: "graph_error", code, details: "No." },
    });
    const answer = await paloma.api("POST", `/v1/messages/${message.id}/read`);
    expect(answer.status).toBe(status);
    expect(answer.body).toMatchObject({
      code: problem,
      detail: "No.",
      meta_error: { code, details: "No.", fbtrace_id: expect.any(String) },
    });
  });
});

describe("DELETE /v1/messages/{id}", () => {
  test("I7: cancels a scheduled one, which then never leaves", async () => {
    const paloma = startPaloma();
    const waiting = await scheduled(paloma);
    expect(waiting).toMatchObject({ status: 202, body: { status: "scheduled", wamid: null } });
    const path = `/v1/messages/${waiting.body.id}`;
    const canceled = await paloma.api("DELETE", path);
    expect(canceled).toMatchObject({ status: 200, body: { status: "canceled" } });
    expect((await paloma.api("GET", path)).body.status).toBe("canceled");
    expect((await paloma.api("DELETE", path)).status).toBe(200);
    expect(paloma.simulator.sent).toHaveLength(0);
  });

  test("of what was sent, or came from a customer, is too late", async () => {
    const paloma = startPaloma();
    const sent = await paloma.api("POST", "/v1/messages", { to: newCustomer(), ...REMINDER });
    const message = await received(paloma);
    for (const [id, status] of [
      [sent.body.id, "accepted"],
      [message.id, "delivered"],
    ]) {
      const answer = await paloma.api("DELETE", `/v1/messages/${id}`);
      expect(answer).toMatchObject({
        status: 409,
        body: { code: "not_cancelable", message_id: id, detail: expect.stringContaining(status) },
      });
    }
  });
});

describe("POST /v1/messages/{id}/resend", () => {
  async function failed({ simulator, api }: Paloma) {
    simulator.rules.add({ match: { times: 1 }, effect: { kind: "graph_error", code: 131026 } });
    const answer = await api("POST", "/v1/messages", { to: newCustomer(), ...REMINDER });
    expect(answer.status).toBe(422);
    return String(answer.body.message_id);
  }

  test("of one that failed is a new message that says of which", async () => {
    const paloma = startPaloma();
    const id = await failed(paloma);
    const again = await paloma.api("POST", `/v1/messages/${id}/resend`);
    expect(again).toMatchObject({ status: 201, body: { resend_of: id, status: "accepted" } });
    expect(again.body.id).not.toBe(id);
    expect((await paloma.api("GET", `/v1/messages/${id}`)).body).toMatchObject({
      status: "failed",
      resend_of: null,
    });
  });

  test("I7: twice with one key is one message", async () => {
    const paloma = startPaloma();
    const id = await failed(paloma);
    const headers = { "idempotency-key": unique("key-") };
    const path = `/v1/messages/${id}/resend`;
    const first = await paloma.api("POST", path, undefined, { headers });
    const second = await paloma.api("POST", path, undefined, { headers });
    expect(second.body.id).toBe(first.body.id);
    expect(second.headers.get("idempotent-replayed")).toBe("true");
    expect(paloma.simulator.sent).toHaveLength(1);
  });

  test("of one that did not fail, or that a customer wrote, is refused", async () => {
    const paloma = startPaloma();
    const sent = await paloma.api("POST", "/v1/messages", { to: newCustomer(), ...REMINDER });
    const message = await received(paloma);
    for (const id of [sent.body.id, message.id]) {
      const { status, body } = await paloma.api("POST", `/v1/messages/${id}/resend`);
      expect({ status, code: body.code, message_id: body.message_id }).toEqual({
        status: 409,
        code: "not_resendable",
        message_id: id,
      });
    }
    expect(paloma.simulator.sent).toHaveLength(1);
  });
});

describe("POST /v1/messages/batch", () => {
  test("answers each in its place: queued, refused, the same key once", async () => {
    const paloma = startPaloma();
    const [to, key] = [newCustomer(), unique("key-")];
    const messages = [
      { to, ...REMINDER, idempotency_key: key },
      { to: "nobody", ...REMINDER },
      { to, ...REMINDER, idempotency_key: key },
      { to: newCustomer(), ...REMINDER, idempotency_key: key },
      "a text",
      { to: newCustomer(), ...REMINDER, idempotency_key: "" },
    ];
    const { status, body } = await paloma.api("POST", "/v1/messages/batch", { messages });
    expect(status).toBe(202);
    expect(body.data).toMatchObject([
      { index: 0, message: { status: "queued", contact: { phone: `+52${to.slice(3)}` } } },
      { index: 1, problem: { status: 422, errors: [{ pointer: "/to" }] } },
      { index: 2, message: { id: body.data[0].message.id } },
      {
        index: 3,
        problem: { code: "idempotency_key_reused", message_id: body.data[0].message.id },
      },
      { index: 4, problem: { code: "invalid_request" } },
      { index: 5, problem: { errors: [{ pointer: "/idempotency_key" }] } },
    ]);
    const { body: message } = await eventually(
      () => paloma.api("GET", `/v1/messages/${body.data[0].message.id}`),
      (answer) => answer.body.status !== "pending" && answer.body.status !== "queued",
    );
    expect(message.status).toBe("accepted");
    expect(paloma.simulator.sent).toHaveLength(1);
  });

  test.each([
    [{}, "/messages", "is required"],
    [{ messages: [] }, "/messages", "must be an array of 1 to 500 messages, got 0"],
    [{ messages: {} }, "/messages", "must be an array of 1 to 500 messages, got an object"],
    [
      { messages: Array.from({ length: 501 }, () => ({})) },
      "/messages",
      "must be an array of 1 to 500 messages, got 501",
    ],
    [{ messages: [], send_at: "…" }, "/send_at", "is unknown here: only messages"],
    [[], "", "must be an object, got an array"],
    [null, "", "must be an object, got null"],
  ])("of %.30j is refused", async (said, pointer, detail) => {
    const { api } = startPaloma();
    const { status, body } = await api("POST", "/v1/messages/batch", JSON.stringify(said));
    expect(status).toBe(422);
    expect(body.errors).toEqual([{ pointer, detail }]);
  });

  test("of no JSON is refused", async () => {
    const { api } = startPaloma();
    expect((await api("POST", "/v1/messages/batch", "[")).status).toBe(400);
  });
});

describe("POST /v1/messages", () => {
  test("is refused where it is no JSON, or no request", async () => {
    const { simulator, api } = startPaloma();
    expect((await api("POST", "/v1/messages", "{")).status).toBe(400);
    const { status, body } = await api("POST", "/v1/messages", { to: "nobody", ...REMINDER });
    expect(status).toBe(422);
    expect(body.errors).toMatchObject([{ pointer: "/to" }]);
    expect(simulator.sent).toHaveLength(0);
  });
});

describe("scopes", () => {
  test.each([
    ["POST", "/v1/messages", "reader"],
    ["POST", "/v1/messages/batch", "reader"],
    ["POST", "/v1/messages/x/resend", "reader"],
    ["POST", "/v1/messages/x/read", "reader"],
    ["DELETE", "/v1/messages/x", "reader"],
    ["GET", "/v1/messages/x", "sender"],
  ] as const)("%s %s is nothing for the %s", async (method, path, token) => {
    const { api } = startPaloma();
    const body = method === "POST" ? {} : undefined;
    expect((await api(method, path, body, { token })).status).toBe(403);
    expect((await api(method, path, body, { token: null })).status).toBe(401);
  });
});
