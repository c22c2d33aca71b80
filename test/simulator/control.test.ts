import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../simulator/json.ts";
import { createSimulator } from "../../simulator/simulator.ts";
import { ANA, list, NUMBER, object, startSimulator, statusesOf } from "./start-simulator.ts";
import type { TestBench } from "./start-simulator.ts";

async function control(
  bench: TestBench,
  method: string,
  path: string,
  body?: unknown,
): Promise<JsonObject> {
  const response = await bench.simulator.fetch(
    new Request(`http://localhost:8788/_simulator/${path}`, {
      method,
      body: body === undefined ? null : JSON.stringify(body),
    }),
  );
  return { status: response.status, ...object(await response.json()) };
}

const write = { from: ANA, name: "Ana Ñúñez", content: { type: "text", body: "Hola" } };
const TEXT = { type: "text", text: { body: "Hola Ana" } };

describe("control over HTTP", () => {
  it("gives the operator trouble, and shows it", async () => {
    const bench = startSimulator();
    const trouble = { subscribed: false, numberStatus: "RESTRICTED" };
    expect(await control(bench, "POST", "account", trouble)).toMatchObject(trouble);
    expect(await control(bench, "GET", "account")).toMatchObject({
      ...trouble,
      canSend: "AVAILABLE",
    });
    expect(await control(bench, "POST", "account", { numberStatus: "TIRED" })).toMatchObject({
      error: expect.stringContaining("numberStatus"),
    });
  });

  it("drives customers", async () => {
    const bench = startSimulator();
    const customer = await control(bench, "POST", "customers", {
      phone: "+529982220001",
      name: "Ana",
    });
    expect(customer).toMatchObject({ waId: ANA, name: "Ana" });
    const { id } = await control(bench, "POST", "customers/write", write);
    expect(id).toMatch(/^wamid\./);
    await control(bench, "POST", "customers/call", { from: ANA });
    await control(bench, "POST", "customers/echo", { to: ANA, body: "Hola" });
    await control(bench, "POST", "customers/prefer", { from: ANA, value: "stop" });
    await control(bench, "POST", "customers/change-number", { from: ANA });
    await control(bench, "POST", "flush");
    const fields = bench.changes().map(({ field }) => field);
    expect(fields).toEqual([
      "messages",
      "calls",
      "smb_message_echoes",
      "user_preferences",
      "messages",
    ]);
    const { data } = await control(bench, "GET", "customers");
    expect(data).toMatchObject([{ waId: ANA, name: "Ana Ñúñez", optedOut: true }]);
  });

  it("shows what was sent, read and called", async () => {
    const bench = startSimulator();
    const wamid = await bench.openWindow();
    await bench.send(TEXT);
    const mark = { messaging_product: "whatsapp", status: "read", message_id: wamid };
    await bench.graph("POST", `${NUMBER}/messages`, mark);
    expect((await control(bench, "GET", "sent"))["data"]).toMatchObject([{ type: "text" }]);
    expect((await control(bench, "GET", "reads"))["data"]).toMatchObject([{ wamid }]);
    expect((await control(bench, "GET", "calls"))["data"]).toMatchObject([
      { method: "POST", path: `/v25.0/${NUMBER}/messages`, route: "messages", status: 200 },
      { route: "read", status: 200, body: mark },
    ]);
  });

  it("sets rules", async () => {
    const bench = startSimulator();
    const effect = { kind: "graph_error", code: 2 };
    const { id } = await control(bench, "POST", "rules", { effect });
    expect((await bench.send(TEXT)).code).toBe(2);
    await control(bench, "DELETE", `rules/${String(id)}`);
    await control(bench, "POST", "rules", { match: { type: "text" }, effect });
    expect(list((await control(bench, "GET", "rules"))["data"])).toHaveLength(1);
    await control(bench, "DELETE", "rules");
    expect((await bench.send(TEXT)).code).toBe(131047);
  });

  it("holds, releases and posts webhooks", async () => {
    const bench = startSimulator({
      maximumDeliveryAttempts: 1,
      deliver: async () => new Response(null, { status: 500 }),
    });
    await control(bench, "POST", "webhooks/hold");
    await control(bench, "POST", "webhooks", { field: "security", value: { event: "1" } });
    await control(bench, "POST", "webhooks/release", { order: "reversed", batching: "one_body" });
    await control(bench, "POST", "idle");
    const { attempts, given_up: givenUp } = await control(bench, "GET", "webhooks");
    expect(attempts).toMatchObject([{ attempt: 1, status: 500 }]);
    expect(list(givenUp)).toHaveLength(1);
  });

  it("reports statuses, reviews templates and verifies", async () => {
    const bench = startSimulator({ automaticStatuses: [] });
    await bench.openWindow();
    const { wamid } = await bench.send(TEXT);
    await control(bench, "POST", "statuses", { wamid, status: "failed", errorCode: 131049 });
    await control(bench, "POST", "flush", { concurrent: true });
    expect(statusesOf(bench)).toMatchObject([{ status: "failed", errors: [{ code: 131049 }] }]);
    const review = { name: "order_ready", language: "es_MX", status: "PAUSED" };
    await control(bench, "POST", "templates/review", review);
    const { data } = await control(bench, "GET", "templates");
    expect(list(data).map((template) => object(template)["status"])).toContain("PAUSED");
    expect(await control(bench, "POST", "verify")).toMatchObject({ ok: false, status: 200 });
  });

  it.each([
    ["customers", { phone: "Ana" }, "Ana is not a phone number"],
    ["customers/write", { from: ANA }, /^content: /],
    ["customers/write", { ...write, surprise: 1 }, /^surprise: /],
    [
      "customers/write",
      { from: ANA, content: { type: "image", base64: "?" } },
      /^content\.base64: /,
    ],
    ["customers/write", "Hola", /^body: /],
    ["statuses", { wamid: "wamid.unknown", status: "read" }, /wamid\.unknown/],
    ["rules", { effect: { kind: "http_error", status: 200, when: "after" } }, /^effect\.status: /],
  ])("explains what is wrong with %s %j", async (path, body, error) => {
    const reply = await control(startSimulator(), "POST", path, body);
    expect(reply["status"]).toBe(400);
    expect(reply["error"]).toMatch(error);
  });

  it("knows no other paths", async () => {
    const { simulator } = startSimulator();
    const response = await simulator.fetch(new Request("http://localhost/_simulator/nothing"));
    expect(response.status).toBe(404);
  });

  it("forgets everything at a reset, but gives out no id twice", async () => {
    const bench = startSimulator();
    const before = await bench.openWindow();
    await control(bench, "POST", "reset");
    await bench.simulator.flush();
    expect(bench.received).toHaveLength(0);
    expect(bench.simulator.customers.all()).toEqual([]);
    expect((await bench.send(TEXT)).code).toBe(131047);
    expect(await bench.openWindow()).not.toBe(before);
  });
});

describe("timers", () => {
  it("drive statuses and redelivery until idle", async () => {
    const bench = startSimulator({ automatic: true, statusDelayMs: 2 });
    await bench.openWindow();
    await bench.send(TEXT);
    await bench.simulator.idle();
    expect(bench.received).toHaveLength(4);
    await bench.simulator.idle();
  });

  it("need not be waited for", async () => {
    const bench = startSimulator({ automatic: true, statusDelayMs: 60_000 });
    await bench.openWindow();
    await bench.send(TEXT);
    await bench.simulator.flush();
    expect(statusesOf(bench)).toHaveLength(3);
  });

  it("end with stop, and so does every delay", async () => {
    const bench = startSimulator({ automatic: true, statusDelayMs: 1 });
    await bench.openWindow();
    await bench.send(TEXT);
    const effects = JSON.stringify([{ kind: "delay", milliseconds: 60_000 }]);
    const delayed = bench.send(TEXT, { "X-Simulator-Effects": effects });
    // Lets the call get as far as its delay.
    await new Promise((resolve) => setTimeout(resolve, 0));
    const idle = bench.simulator.idle();
    bench.simulator.stop();
    await idle;
    expect((await delayed).status).toBe(200);
    bench.simulator.stop();
    const count = bench.received.length;
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(bench.received).toHaveLength(count);
  });
});

describe("options", () => {
  it("have defaults", async () => {
    const options = {
      accessToken: "t",
      appSecret: "s",
      webhookUrl: "https://paloma.test/webhook",
      deliver: async () => new Response("ok"),
    };
    const one = createSimulator(options);
    const other = createSimulator(options);
    expect(one.randomSeed).not.toBe(other.randomSeed);
    const id = await one.customers.write({ from: ANA, content: { type: "text", body: "Hola" } });
    await one.idle();
    expect(one.webhooks.attempts).toMatchObject([{ status: 200 }]);
    expect(id).toMatch(/^wamid\./);
    const again = createSimulator({ ...options, randomSeed: one.randomSeed });
    await again.customers.write({ from: ANA, content: { type: "text", body: "Hola" } });
    again.stop();
    expect(again.customers.find(ANA)?.userId).toBe(one.customers.find(ANA)?.userId);
  });
});
