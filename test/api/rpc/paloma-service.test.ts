import { exports } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import type { PalomaBinding } from "../../../src/index.ts";
import { faultyD1 } from "../../support/faulty-d1.ts";
import { newCustomer, NUMBER, startPaloma, type Paloma } from "../../support/paloma.ts";

/** The binding of a Worker whose configuration names it so. */
function bound(props: object = { caller: "reminders" }): PalomaBinding {
  const service: unknown = exports.PalomaService({ props });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as every caller of the binding types it
  return service as PalomaBinding;
}

/** A request that no caller's compiler would let through. */
function wrong(value: unknown): never {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- RPC checks no types
  return value as never;
}

const REMINDER = {
  type: "template",
  template: {
    name: "appointment_reminder",
    params: { name: "Ana", pet: "Luna", date: "lunes", time: "10:00" },
  },
};

describe("send", () => {
  it("sends on the same path as HTTP, and its messages say who called", async () => {
    const { simulator, api } = startPaloma();
    const to = newCustomer();
    const result = await bound().send({ to: `+${to}`, ...REMINDER, metadata: { appointment: 1 } });
    expect(result).toMatchObject({
      ok: true,
      replayed: false,
      message: { status: "accepted", sent_by: "reminders", metadata: { appointment: 1 } },
    });
    expect(simulator.sent).toHaveLength(1);
    const { body } = await api("GET", `/v1/messages/${simulator.sent[0]?.wamid}`);
    expect(body).toMatchObject({ sent_by: "reminders", status: "accepted" });
  });

  it("sends once for each key of a caller, and another caller's key is another (I7)", async () => {
    const { simulator } = startPaloma();
    const message = { to: `+${newCustomer()}`, ...REMINDER, idempotency_key: crypto.randomUUID() };
    const results = await Promise.all(Array.from({ length: 5 }, () => bound().send(message)));
    const ids = results.map((result) => result.ok && result.message.id);
    expect(new Set(ids).size).toBe(1);
    expect(simulator.sent).toHaveLength(1);
    expect(results.filter((result) => result.ok && !result.replayed)).toHaveLength(1);
    const other = await bound({ caller: "orders" }).send(message);
    expect(other).toMatchObject({ ok: true, replayed: false });
    expect(simulator.sent).toHaveLength(2);
  });

  it("gives every violation as a problem, as over HTTP, and throws nothing", async () => {
    startPaloma();
    const result = await bound().send({ to: "12", type: "text", text: { body: "" } });
    expect(result).toMatchObject({
      ok: false,
      problem: {
        status: 422,
        code: "invalid_request",
        request_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        errors: [{ pointer: "/to" }, { pointer: "/text/body" }],
      },
    });
  });

  it("tells what failed by itself: a closed window", async () => {
    startPaloma();
    const result = await bound().send({ to: `+${newCustomer()}`, text: { body: "hola" } });
    expect(result).toMatchObject({
      ok: false,
      problem: { code: "session_window_closed", message_id: expect.stringMatching(/^msg_/) },
    });
  });

  const cyclic: Record<string, unknown> = {};
  cyclic["self"] = cyclic;

  it.each([
    ["nothing", undefined],
    ["null", null],
    ["text", "hola"],
    ["a cycle", cyclic],
    ["a BigInt", { to: 1n }],
  ])("refuses %s", async (_name, message) => {
    startPaloma();
    expect(await bound().send(wrong(message))).toMatchObject({
      ok: false,
      problem: { code: "invalid_request" },
    });
  });

  it("takes a Date where JSON has a time", async () => {
    startPaloma();
    const send_at = new Date(Date.now() + 60 * 60 * 1000);
    const result = await bound().send(wrong({ to: `+${newCustomer()}`, ...REMINDER, send_at }));
    expect(result).toMatchObject({
      ok: true,
      message: { status: "scheduled", send_at: send_at.toISOString() },
    });
  });
});

describe("sendBatch", () => {
  it("answers to each message, in their order", async () => {
    startPaloma();
    const to = `+${newCustomer()}`;
    const result = await bound().sendBatch([
      { to, ...REMINDER },
      { to: "12" },
      { to, ...REMINDER },
    ]);
    expect(result).toMatchObject({
      ok: true,
      data: [
        { index: 0, message: { status: "queued", sent_by: "reminders" } },
        { index: 1, problem: { code: "invalid_request" } },
        { index: 2, message: { status: "queued" } },
      ],
    });
  });

  it.each([[[]], ["hola"], [undefined], [Array.from({ length: 501 }, () => ({}))]])(
    "refuses what is no batch",
    async (messages) => {
      startPaloma();
      expect(await bound().sendBatch(wrong(messages))).toMatchObject({
        ok: false,
        problem: { code: "invalid_request", errors: [{ pointer: "/messages" }] },
      });
    },
  );
});

describe("what is read", () => {
  async function customerWhoWrote({ simulator }: Paloma) {
    const from = newCustomer();
    const wamid = await simulator.customers.write({
      from,
      name: "Ana",
      content: { type: "text", body: "hola" },
    });
    await simulator.flush();
    return { from, wamid };
  }

  it("is a message by wamid or id, with its statuses", async () => {
    const paloma = startPaloma();
    const { wamid } = await customerWhoWrote(paloma);
    const result = await bound().getMessage(wamid);
    expect(result).toMatchObject({ ok: true, message: { wamid, body: "hola", statuses: [] } });
    const again = await bound().getMessage(result.ok ? result.message.id : "");
    expect(again).toEqual(result);
  });

  it("is a conversation, alone or in a list", async () => {
    const paloma = startPaloma();
    const { from } = await customerWhoWrote(paloma);
    const list = await bound().listConversations({ contact: `+${from}`, limit: 1 });
    expect(list).toMatchObject({
      ok: true,
      data: [{ unread_count: 1, phone_number_id: NUMBER }],
      next_cursor: null,
    });
    const id = (list.ok && list.data[0]?.id) || "";
    expect(await bound().getConversation(id)).toMatchObject({ ok: true, conversation: { id } });
  });

  it("comes in pages", async () => {
    const paloma = startPaloma();
    await customerWhoWrote(paloma);
    await customerWhoWrote(paloma);
    const first = await bound().listConversations({ limit: 1 });
    const cursor = (first.ok && first.next_cursor) || "";
    const second = await bound().listConversations({ limit: 1, cursor });
    const seen = [first, second].map((list) => list.ok && list.data[0]?.id);
    expect(new Set(seen).size).toBe(2);
    expect(await bound().listConversations()).toMatchObject({ ok: true });
  });

  it("is the calling Worker's own where it asks for its own", async () => {
    const paloma = startPaloma();
    const { from } = await customerWhoWrote(paloma);
    const { body } = await paloma.api("GET", `/v1/conversations?contact=${from}`);
    const { id } = body.data[0];
    await paloma.api("PATCH", `/v1/conversations/${id}`, { assignee: "rpc-of-its-own" });
    const mine = (caller: string) => bound({ caller }).listConversations({ view: "mine" });
    expect(await mine("rpc-of-its-own")).toMatchObject({ ok: true, data: [{ id }] });
    expect(await mine("another-caller")).toMatchObject({ ok: true, data: [] });
  });

  it.each([
    ["an unknown filter", { name: "Ana" }],
    ["an unknown view", { view: "everything" }],
    ["a contact beside a filter", { contact: "x", owner: "1" }],
    ["a filter that is no text", { owner: { $ne: "" } }],
    ["unread that is not true", { unread: false }],
    ["no query", null],
  ])("refuses %s", async (_name, query) => {
    startPaloma();
    expect(await bound().listConversations(wrong(query))).toMatchObject({
      ok: false,
      problem: { code: "invalid_request" },
    });
  });

  it("is not found by an id that nothing has", async () => {
    startPaloma();
    const notFound = { ok: false, problem: { code: "not_found", status: 404 } };
    expect(await bound().getMessage("msg_0")).toMatchObject(notFound);
    expect(await bound().getConversation("0")).toMatchObject(notFound);
    expect(await bound().getMessage(wrong({ $ne: 1 }))).toMatchObject(notFound);
  });
});

describe("a call", () => {
  it.each([[{}], [{ caller: "" }], [{ caller: 7 }]])(
    "without a name is refused: %j",
    async (props) => {
      startPaloma();
      expect(await bound(props).listConversations()).toMatchObject({
        ok: false,
        problem: { code: "unauthorized", detail: expect.stringContaining("props") },
      });
    },
  );

  it("that fails unforeseen is told as a problem, and the reason to the log alone", async () => {
    const logged = vi.spyOn(console, "error").mockReturnValue();
    startPaloma();
    faultyD1().set("refused");
    expect(await bound().getMessage("msg_0")).toMatchObject({
      ok: false,
      problem: { code: "internal", status: 500 },
    });
    expect(logged).toHaveBeenCalledWith(expect.stringContaining('"method":"getMessage"'));
  });
});
