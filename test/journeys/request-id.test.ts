/** One request's id leads from its own line to everything that it caused, and tells of nobody. */
import { runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { consumeQueue } from "../../src/jobs/queues.ts";
import { messageBatch } from "../support/message-batch.ts";
import { eventually, newCustomer, startPaloma } from "../support/paloma.ts";
import { statusRow, unique } from "../support/store-rows.ts";

const NAME = "Nombre Secreto Ñúñez";
const TEXT = "texto secreto de la clienta";

type Line = Record<string, unknown> & { event: string };

let logged: string[];

beforeEach(() => {
  logged = [];
  for (const level of ["info", "error"] as const) {
    vi.spyOn(console, level).mockImplementation((text: unknown) => {
      logged.push(String(text));
    });
  }
});

function linesOf(event: string): Line[] {
  return logged.map((line): Line => JSON.parse(line)).filter((line) => line.event === event);
}

describe("the request id", () => {
  it("leads from a request to the send that it caused, at once or by the alarm", async () => {
    const { api, simulator } = startPaloma();
    const to = newCustomer();
    await simulator.customers.write({
      from: to,
      name: NAME,
      content: { type: "text", body: TEXT },
    });
    await simulator.flush();
    const sent = await api("POST", "/v1/messages", { to, text: { body: TEXT } });
    const requestId = sent.headers.get("x-request-id");
    expect(linesOf("send")).toMatchObject([
      {
        request_id: requestId,
        message_id: sent.body.id,
        subject: "text",
        outcome: "accepted",
        count: 1,
        phone_number_id: "…2922",
        code: null,
        duration_ms: expect.any(Number),
      },
    ]);
    expect(linesOf("request")).toMatchObject([
      { request_id: requestId, subject: "POST /v1/messages", outcome: "201", caller: "clinic" },
    ]);

    const batch = await api("POST", "/v1/messages/batch", {
      messages: [{ to, text: { body: TEXT } }],
    });
    const queued = batch.body.data[0].message;
    const object = env.CONVERSATION.get(env.CONVERSATION.idFromString(queued.conversation_id));
    await runDurableObjectAlarm(object);
    const [line] = await eventually(
      async () => linesOf("send").filter(({ message_id }) => message_id === queued.id),
      (lines) => lines.length > 0,
    );
    expect(line?.["request_id"]).toBe(batch.headers.get("x-request-id"));
  });

  it("leads from a webhook into the queue", async () => {
    const { api, webhook, simulator } = startPaloma();
    const to = newCustomer();
    await simulator.customers.write({
      from: to,
      name: NAME,
      content: { type: "text", body: TEXT },
    });
    await simulator.flush();
    const { body } = await api("POST", "/v1/messages", { to, text: { body: TEXT } });
    const response = await webhook(statusBody(body.wamid, to));
    const requestId = response.headers.get("x-request-id");
    const [line] = await eventually(
      async () =>
        linesOf("queue_batch").filter((batch) =>
          String(batch["request_ids"]).includes(String(requestId)),
        ),
      (lines) => lines.length > 0,
    );
    expect(line).toMatchObject({
      subject: "paloma-status",
      outcome: "consumed",
      redelivered: 0,
      waited_ms: expect.any(Number),
      duration_ms: expect.any(Number),
    });
    expect(linesOf("webhook")).toContainEqual(
      expect.objectContaining({
        request_id: requestId,
        subject: "POST /webhook",
        outcome: "200",
        statuses: 1,
        messages: 0,
        caller: null,
      }),
    );
  });

  it("is missing where an older version queued, and the batch is consumed all the same", async () => {
    const body = statusRow(unique("wamid."), "sent");
    const { batch, acked } = messageBatch("paloma-status", [{ body, attempts: 2 }]);
    await consumeQueue(batch, env);
    expect(acked()).toEqual(["0"]);
    expect(linesOf("queue_batch")).toMatchObject([
      { count: 1, redelivered: 1, request_ids: "", outcome: "consumed" },
    ]);
  });

  it("tells one line a request, with the route's pattern and nothing of the address", async () => {
    const { api } = startPaloma();
    const path = `/v1/contacts/%2B${newCustomer()}?access_token=test-clinic-token`;
    await api("GET", path);
    await api("GET", `/nowhere/${TEXT}`, undefined, { token: null });
    await api("GET", "/v1/conversations", undefined, { token: null });
    expect(
      linesOf("request").map(({ subject, outcome, caller }) => [subject, outcome, caller]),
    ).toEqual([
      ["GET /v1/contacts/:address", "422", "clinic"],
      ["GET none", "404", null],
      ["GET /v1/conversations", "401", null],
    ]);
    expect(logged.join("\n")).not.toMatch(/token=|test-\w+-token|521998|nowhere|secreto/);
  });

  it("tells one line a webhook, refused ones too", async () => {
    const { webhook } = startPaloma();
    await webhook({ object: "whatsapp_business_account", entry: [] }, { secret: "another" });
    expect(linesOf("webhook")).toMatchObject([{ outcome: "403", caller: null }]);
    expect(linesOf("request")).toEqual([]);
  });

  it("I11: nothing of all this told a phone, a name, a text, a wamid or a token", async () => {
    const { api, simulator } = startPaloma({ automaticStatuses: ["sent", "failed"] });
    const from = newCustomer();
    await simulator.customers.write({ from, name: NAME, content: { type: "text", body: TEXT } });
    await simulator.flush();
    simulator.rules.add({
      match: { times: 1 },
      effect: { kind: "graph_error", code: 131026, details: `${TEXT} to +${from}` },
    });
    await api("PUT", `/v1/contacts/${from}`, { name: NAME });
    await api("POST", "/v1/messages", { to: from, text: { body: TEXT } });
    const { body } = await api("POST", "/v1/messages", { to: from, text: { body: TEXT } });
    await simulator.flush();
    await eventually(
      async () => (await api("GET", `/v1/messages/${body.id}`)).body.status,
      (status) => status === "failed",
    );
    const text = logged.join("\n");
    expect(linesOf("send").length).toBeGreaterThan(1);
    for (const secret of [NAME, TEXT, from, from.slice(3), "wamid.", "test-"]) {
      expect(text).not.toContain(secret);
    }
  });
});

function statusBody(wamid: string, recipient: string) {
  const status = {
    id: wamid,
    status: "delivered",
    timestamp: String(Math.floor(Date.now() / 1000)),
    recipient_id: recipient,
  };
  const metadata = { display_phone_number: "529983162438", phone_number_id: "106540352242922" };
  const value = { messaging_product: "whatsapp", metadata, statuses: [status] };
  const changes = [{ field: "messages", value }];
  return { object: "whatsapp_business_account", entry: [{ id: "102290129340398", changes }] };
}
