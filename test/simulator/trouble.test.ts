import { describe, expect, it } from "vitest";
import type { Effect } from "../../simulator/trouble/effect.ts";
import { ANA, NUMBER, startSimulator, statusesOf } from "./start-simulator.ts";
import type { GraphReply, TestBench } from "./start-simulator.ts";

const TEXT = { type: "text", text: { body: "Hola Ana" } };

async function openBench(): Promise<TestBench> {
  const bench = startSimulator();
  await bench.openWindow();
  await bench.simulator.flush();
  return bench;
}

const sendWith = (bench: TestBench, ...effects: Effect[]): Promise<GraphReply> =>
  bench.send(TEXT, { "X-Simulator-Effects": JSON.stringify(effects) });

async function statusNames(bench: TestBench): Promise<unknown[]> {
  await bench.simulator.flush();
  return statusesOf(bench).map(({ status }) => status);
}

async function sendRepeatedly(bench: TestBench, count: number): Promise<unknown[]> {
  const replies: unknown[] = [];
  for (let index = 0; index < count; index += 1) replies.push((await bench.send(TEXT)).code);
  return replies;
}

describe("trouble on one call", () => {
  it("delays the answer", async () => {
    const bench = await openBench();
    const start = performance.now();
    expect((await sendWith(bench, { kind: "delay", milliseconds: 30 })).status).toBe(200);
    expect(performance.now() - start).toBeGreaterThanOrEqual(25);
  });

  it("loses the answer of a message that was accepted", async () => {
    const bench = await openBench();
    const lost = sendWith(bench, { kind: "lost_connection", when: "after" });
    await expect(lost).rejects.toThrow(TypeError);
    expect(bench.simulator.sent).toHaveLength(1);
    expect(bench.simulator.calls).toMatchObject([
      { route: "messages", recipient: `+${ANA}`, status: null },
    ]);
    expect(await statusNames(bench)).toEqual(["sent", "delivered", "read"]);
  });

  it("loses the request", async () => {
    const bench = await openBench();
    const lost = sendWith(bench, { kind: "lost_connection", when: "before" });
    await expect(lost).rejects.toThrow(TypeError);
    expect(bench.simulator.sent).toHaveLength(0);
  });

  it.each([
    ["before", 0],
    ["after", 1],
  ] as const)("answers 503 %s accepting", async (when, sent) => {
    const bench = await openBench();
    const reply = await sendWith(bench, { kind: "http_error", status: 503, when });
    expect(reply.status).toBe(503);
    expect(reply.headers.get("Retry-After")).toBeNull();
    expect(bench.simulator.sent).toHaveLength(sent);
  });

  it("answers 429 with Retry-After", async () => {
    const bench = await openBench();
    const effect = {
      kind: "http_error",
      status: 429,
      when: "before",
      retryAfterSeconds: 3,
    } as const;
    expect((await sendWith(bench, effect)).headers.get("Retry-After")).toBe("3");
  });

  it("answers any of Meta's errors", async () => {
    const bench = await openBench();
    const plain = await sendWith(bench, { kind: "graph_error", code: 131056 });
    expect([plain.status, plain.code]).toEqual([400, 131056]);
    const full = await sendWith(bench, {
      kind: "graph_error",
      code: 130429,
      httpStatus: 429,
      details: "slow down",
      retryAfterSeconds: 7,
      isTransient: true,
    });
    expect([full.status, full.code, full.details]).toEqual([429, 130429, "slow down"]);
    expect(full.headers.get("Retry-After")).toBe("7");
    expect(full.body).toMatchObject({ error: { is_transient: true } });
    expect(bench.simulator.sent).toHaveLength(0);
  });

  it("accepts, then fails", async () => {
    const bench = await openBench();
    expect((await sendWith(bench, { kind: "fail_later", code: 131049 })).status).toBe(200);
    expect(await statusNames(bench)).toEqual(["sent", "failed"]);
    expect(statusesOf(bench)[1]).toMatchObject({ errors: [{ code: 131049 }] });
  });

  it("reports other statuses, in any order, or none", async () => {
    const bench = await openBench();
    await sendWith(bench, { kind: "statuses", statuses: ["read", "delivered", "sent"] });
    await sendWith(bench, { kind: "statuses", statuses: [] });
    expect(await statusNames(bench)).toEqual(["read", "delivered", "sent"]);
  });

  it("reports the first status before it answers", async () => {
    const bench = await openBench();
    await sendWith(bench, { kind: "status_before_answer" });
    expect(statusesOf(bench).map(({ status }) => status)).toEqual(["sent"]);
    expect(await statusNames(bench)).toEqual(["sent", "delivered", "read"]);
  });

  it("reports a failure before it answers", async () => {
    const bench = await openBench();
    bench.simulator.customers.put(ANA, { onWhatsApp: false });
    await sendWith(bench, { kind: "status_before_answer" });
    expect(statusesOf(bench)).toMatchObject([{ status: "failed", errors: [{ code: 131026 }] }]);
  });

  it("delivers each status several times", async () => {
    const bench = await openBench();
    await sendWith(
      bench,
      { kind: "duplicate_webhooks", copies: 2 },
      { kind: "statuses", statuses: ["sent"] },
    );
    expect(await statusNames(bench)).toEqual(["sent", "sent"]);
  });

  it("takes no notice of a header that it can't read", async () => {
    const bench = await openBench();
    for (const header of ["nonsense", '[{"kind":"explode"}]']) {
      expect((await bench.send(TEXT, { "X-Simulator-Effects": header })).status).toBe(200);
    }
  });
});

describe("rules", () => {
  const error = { kind: "graph_error", code: 131000 } as const;

  it("concern all messages, until removed or cleared", async () => {
    const bench = await openBench();
    const rule = bench.simulator.rules.add({ effect: error });
    expect(await sendRepeatedly(bench, 2)).toEqual([131000, 131000]);
    bench.simulator.rules.remove(rule.id);
    expect(await sendRepeatedly(bench, 1)).toEqual([undefined]);
    bench.simulator.rules.add({ effect: error });
    expect(bench.simulator.rules.all()).toHaveLength(1);
    bench.simulator.rules.clear();
    expect(await sendRepeatedly(bench, 1)).toEqual([undefined]);
  });

  it("concern the nth call, or the first few", async () => {
    const bench = await openBench();
    bench.simulator.rules.add({ match: { nth: 2 }, effect: error });
    expect(await sendRepeatedly(bench, 3)).toEqual([undefined, 131000, undefined]);
    bench.simulator.rules.add({ match: { times: 2 }, effect: error });
    expect(await sendRepeatedly(bench, 3)).toEqual([131000, 131000, undefined]);
  });

  it("concern calls by chance", async () => {
    const bench = await openBench();
    bench.simulator.rules.add({ match: { probability: 0.5 }, effect: error });
    const failed = (await sendRepeatedly(bench, 40)).filter((code) => code === 131000).length;
    expect(failed).toBeGreaterThan(8);
    expect(failed).toBeLessThan(32);
  });

  it.each([
    [{ recipient: `+${ANA}` }, 131000],
    [{ recipient: "+529980000000" }, undefined],
    [{ type: "text" }, 131000],
    [{ type: "image" }, undefined],
    [{ phoneNumberId: NUMBER }, 131000],
    [{ phoneNumberId: "1" }, undefined],
    [{ route: "read" as const }, undefined],
  ])("match %j", async (match, code) => {
    const bench = await openBench();
    bench.simulator.rules.add({ match, effect: error });
    expect((await bench.send(TEXT)).code).toBe(code);
    expect((await bench.send({ text: { body: "sin tipo" } })).code).toBe(code);
  });

  it.each([
    ["read", "POST", `${NUMBER}/messages`, { status: "read" }],
    ["media_upload", "POST", `${NUMBER}/media`, undefined],
    ["message_templates", "GET", "102290129340398/message_templates", undefined],
    ["other", "GET", NUMBER, undefined],
  ] as const)("concern the route %s", async (route, method, path, body) => {
    const bench = await openBench();
    bench.simulator.rules.add({ match: { route }, effect: error });
    expect((await bench.graph(method, path, body)).code).toBe(131000);
  });

  it("concern media downloads", async () => {
    const bench = await openBench();
    bench.simulator.rules.add({ match: { route: "media_download" }, effect: error });
    const url = "https://graph.facebook.com/whatsapp_business/attachments/?hash=x";
    expect((await bench.simulator.fetch(new Request(url))).status).toBe(400);
  });

  it("delay and duplicate webhooks", async () => {
    const bench = await openBench();
    bench.received.length = 0;
    const { rules, webhooks } = bench.simulator;
    rules.add({
      match: { route: "webhook", type: "security", times: 1 },
      effect: { kind: "delay", milliseconds: 50 },
    });
    rules.add({ match: { route: "webhook" }, effect: { kind: "duplicate_webhooks", copies: 2 } });
    webhooks.post("security", { event: "late" });
    webhooks.post("flows", { event: "early" });
    await bench.simulator.flush();
    const events = bench.changes().map(({ value }) => value["event"]);
    expect(events).toEqual(["early", "early", "late", "late"]);
  });
});
