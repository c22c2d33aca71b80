import { runDurableObjectAlarm } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from "vitest";
import type { PalomaBinding } from "../../src/index.ts";
import { upkeep } from "../../src/jobs/cron.ts";
import { consumeQueue } from "../../src/jobs/queues.ts";
import {
  inboundMessage,
  newPhoneAddress,
  outgoingTemplate,
} from "../support/conversation-messages.ts";
import { conversationAt } from "../support/conversation-object.ts";
import { faultyD1 } from "../support/faulty-d1.ts";
import { openBrowser } from "../support/inbox.ts";
import { messageBatch } from "../support/message-batch.ts";
import { type ApiOptions, newCustomer, type Paloma, startPaloma } from "../support/paloma.ts";
import { allRows, statusRow, unique } from "../support/store-rows.ts";
import { timed } from "../support/timed.ts";

/** No answer takes longer than 2 s, whatever D1 does; the rest is what a busy machine adds. */
const LONGEST_ANSWER_MS = 2000 + 1000;

const SHORT_PATIENCE_MS = 50;

const FALLBACK = {
  name: "appointment_reminder",
  params: { name: "Ana", pet: "Luna", date: "lunes", time: "10:00" },
};

let errors: MockInstance<typeof console.error>;

beforeEach(() => {
  errors = vi.spyOn(console, "error").mockReturnValue();
});

afterEach(() => {
  vi.unstubAllGlobals();
});

/** Where nobody waits for an answer, no test needs to either. */
function shortenPatience(): void {
  const { setTimeout: start } = globalThis;
  vi.stubGlobal("setTimeout", (work: () => void, ms: number) =>
    start(work, Math.min(ms, SHORT_PATIENCE_MS)),
  );
}

/** A customer who wrote just now. */
async function customerWhoWrote({ simulator, api }: Paloma) {
  const to = newCustomer();
  await simulator.customers.write({ from: to, content: { type: "text", body: "hola" } });
  await simulator.flush();
  const { body: list } = await api("GET", `/v1/conversations?contact=${to}`);
  const { id } = list.data[0];
  const { body: page } = await api("GET", `/v1/conversations/${id}/messages`);
  return { to, id, message: page.data[0].id };
}

describe("while D1 hangs", () => {
  it("whatever asks for it is answered 503 within 2 s, and only a send that asks nothing leaves", async () => {
    const paloma = startPaloma();
    const { api, simulator } = paloma;
    const { to, id, message } = await customerWhoWrote(paloma);
    const other = await customerWhoWrote(paloma);
    const service: unknown = exports.PalomaService({ props: { caller: "reminders" } });
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as every caller of the binding types it
    const bound = service as PalomaBinding;
    faultyD1().set("hangs");
    const text = { to, text: { body: "ok" } };
    const asked: [string, string, unknown?, ApiOptions?][] = [
      ["GET", "/v1/conversations"],
      ["GET", `/v1/conversations/${id}`],
      ["GET", `/v1/conversations/${id}/messages`],
      ["GET", `/v1/messages/${message}`],
      ["GET", `/v1/contacts/${to}`],
      ["GET", "/v1/templates"],
      ["GET", "/v1/events"],
      ["GET", "/v1/dead-letters", undefined, { token: "operator" }],
      ["PATCH", `/v1/conversations/${id}`, { status: "closed" }],
      ["POST", `/v1/conversations/${id}/read`],
      ["PUT", `/v1/contacts/${to}`, { name: "Ana" }],
      ["DELETE", `/v1/messages/${message}`],
      ["POST", `/v1/messages/${message}/resend`],
      ["POST", "/v1/messages", text, { headers: { "idempotency-key": crypto.randomUUID() } }],
      ["POST", "/v1/messages", { conversation_id: id, text: { body: "ok" } }],
    ];
    const [answers, batch, byBinding, sent] = await Promise.all([
      Promise.all(asked.map(async (call) => ({ call, ...(await timed(api(...call))) }))),
      timed(
        api("POST", "/v1/messages/batch", {
          messages: [{ ...text, idempotency_key: crypto.randomUUID() }],
        }),
      ),
      timed(bound.getMessage(message)),
      timed(api("POST", "/v1/messages", { ...text, to: other.to })),
    ]);
    for (const { call, result, took } of answers) {
      expect({ call, status: result.status, code: result.body.code }).toEqual({
        call,
        status: 503,
        code: "unavailable",
      });
      expect(took).toBeLessThan(LONGEST_ANSWER_MS);
    }
    expect(batch.result.body.data).toMatchObject([{ problem: { code: "unavailable" } }]);
    expect(byBinding.result).toMatchObject({ ok: false, problem: { code: "unavailable" } });
    expect(sent.result).toMatchObject({ status: 201, body: { status: "accepted" } });
    expect(Math.max(batch.took, byBinding.took, sent.took)).toBeLessThan(LONGEST_ANSWER_MS);
    expect(simulator.sent.map(({ wamid }) => wamid)).toEqual([sent.result.body.wamid]);
  });

  it("the staff's page is answered 503 within 2 s as well, but for who signs in and out", async () => {
    const { id, message } = await customerWhoWrote(startPaloma());
    const browser = openBrowser();
    await browser.signIn();
    faultyD1().set("hangs");
    const asked: [string, string, unknown?][] = [
      ["GET", "/inbox/api/me"],
      ["GET", "/inbox/api/changes"],
      ["GET", "/inbox/api/changes?after=0"],
      ["GET", "/inbox/api/staff"],
      ["GET", "/inbox/api/counts"],
      ["GET", "/inbox/api/conversations?view=waiting&include=last_message"],
      ["GET", "/inbox/api/conversations?q=ana"],
      ["GET", `/inbox/api/conversations/${id}`],
      ["GET", `/inbox/api/conversations/${id}/messages?around=${message}`],
      ["PATCH", `/inbox/api/conversations/${id}`, { assignee: "clinic" }],
      ["POST", `/inbox/api/conversations/${id}/read`, {}],
      ["POST", "/inbox/api/messages", { conversation_id: id, text: { body: "ok" } }],
      ["POST", "/inbox/api/templates/preview", FALLBACK],
    ];
    const answers = await Promise.all(
      asked.map(async (call) => ({ call, ...(await timed(browser.ask(...call))) })),
    );
    for (const { call, result, took } of answers) {
      const { status, body } = result;
      const expected = { call, status: 503, code: "unavailable" };
      expect({ call, status, code: body.code }).toEqual(expected);
      expect(took).toBeLessThan(LONGEST_ANSWER_MS);
    }
    const other = openBrowser();
    expect((await other.signIn()).status).toBe(204);
    expect((await other.ask("DELETE", "/inbox/session")).status).toBe(204);
  });

  it("from the moment that Meta answers on, a send is answered within 2 s (I7)", async () => {
    const paloma = startPaloma();
    const { api, simulator } = paloma;
    const customers = await Promise.all([customerWhoWrote(paloma), customerWhoWrote(paloma)]);
    const [taken, refused] = customers.map(({ to }) => to);
    simulator.rules.add({
      match: { recipient: `+${refused}`, times: 1 },
      effect: { kind: "graph_error", code: 131047 },
    });
    const d1 = faultyD1();
    const fetch = vi.mocked(globalThis.fetch);
    const answer = fetch.getMockImplementation();
    fetch.mockImplementation(async (...call) => {
      d1.set("hangs");
      return answer?.(...call) ?? new Response();
    });
    const send = (to: string | undefined, members: object) => {
      const headers = { "idempotency-key": crypto.randomUUID() };
      const body = { to, text: { body: "ok" }, ...members };
      return timed(api("POST", "/v1/messages", body, { headers }));
    };
    const [sent, withFallback] = await Promise.all([
      send(taken, {}),
      send(refused, { fallback: FALLBACK }),
    ]);
    expect(Math.max(sent.took, withFallback.took)).toBeLessThan(LONGEST_ANSWER_MS);
    expect(sent.result).toMatchObject({ status: 201, body: { status: "accepted" } });
    expect(withFallback.result).toMatchObject({ status: 201, body: { type: "template" } });
    expect(simulator.sent).toHaveLength(2);
  });

  it("an alarm gives up on it, and what waits behind leaves (I2, I7)", async () => {
    const { simulator } = startPaloma();
    const address = newPhoneAddress();
    const object = conversationAt(address);
    const [message, waiting] = [inboundMessage({ address }), outgoingTemplate()];
    await object.receive([message]);
    await object.enqueue([waiting], address);
    shortenPatience();
    const d1 = faultyD1();
    d1.set("hangs");
    await runDurableObjectAlarm(object);
    expect(simulator.sent).toHaveLength(1);
    vi.restoreAllMocks();
  });

  it("statuses go back into their queue, and none is lost (I2)", async () => {
    const wamid = unique("wamid.");
    const statuses = ["sent", "delivered"].map((status) => ({ body: statusRow(wamid, status) }));
    shortenPatience();
    const d1 = faultyD1();
    d1.set("hangs");
    const first = messageBatch("paloma-status", statuses);
    await consumeQueue(first.batch, env);
    expect(first.acked()).toEqual([]);
    expect([...first.retried().keys()]).toEqual(["0", "1"]);
    d1.set("none");
    const second = messageBatch("paloma-status", statuses);
    await consumeQueue(second.batch, env);
    expect(second.acked()).toEqual(["0", "1"]);
    expect(
      await allRows("SELECT status FROM message_statuses WHERE wamid = ? ORDER BY status", wamid),
    ).toEqual([{ status: "delivered" }, { status: "sent" }]);
  });

  it("upkeep ends, to begin again a minute later", async () => {
    shortenPatience();
    faultyD1().set("hangs");
    await upkeep(env, Date.now());
    const lines = errors.mock.calls.map(([line]) => JSON.parse(String(line)));
    expect(new Set(lines.map(({ event }) => event))).toEqual(new Set(["upkeep_failed"]));
  });
});
