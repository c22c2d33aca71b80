import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createJsonClient } from "../../scripts/client/json-client.ts";
import { API_TOKEN, servePaloma, type ServedPaloma } from "./support/serve-paloma.ts";

let paloma: ServedPaloma;

beforeAll(async () => {
  paloma = await servePaloma({ beside: [{ configPath: "examples/caller-worker/wrangler.toml" }] });
});

afterAll(() => paloma.stop());

describe("the Worker in examples/caller-worker", () => {
  const ana = "5219982220001";
  const appointment = {
    id: 8812,
    to: `+${ana}`,
    name: "Ana",
    pet: "Luna",
    date: "lunes",
    time: "10:00",
  };

  it("reminds once, however often it asks (I7)", async () => {
    const first = await post("/reminders", [appointment]);
    expect(first).toMatchObject({
      status: 200,
      body: [{ index: 0, message: { type: "template" } }],
    });
    const again = await post("/reminders", [appointment]);
    const [{ message }] = first.body;
    expect(again.body).toMatchObject([{ message: { id: message.id, sent_by: "reminders" } }]);
    await paloma.simulator.idle();
    const reminded = paloma.simulator.sent.filter(({ type }) => type === "template");
    expect(reminded).toHaveLength(1);
  });

  it("is told why a reply can't leave, and sees who wrote and answers when it can", async () => {
    const closed = await post("/reply", { to: `+${ana}`, body: "¿Vienes?" });
    expect(closed).toMatchObject({ status: 409, body: { closed: true } });
    await paloma.simulator.customers.write({
      from: ana,
      name: "Ana",
      content: { type: "text", body: "Sí" },
    });
    await paloma.simulator.flush();
    const unread = await paloma.worker("reminders").fetch("/unread");
    expect(await unread.json()).toEqual([{ subject: "WhatsApp: Ana", unread_count: 1 }]);
    const sent = await post("/reply", { to: `+${ana}`, body: "¡Perfecto!" });
    expect(sent).toMatchObject({ status: 200, body: { status: "accepted" } });
  });
});

describe("a caller over HTTP", () => {
  it("sees what a customer writes, and its answer reaches them", async () => {
    const api = createJsonClient(paloma.url, API_TOKEN);
    const luis = "5219982220002";
    await paloma.simulator.customers.write({ from: luis, content: { type: "text", body: "hola" } });
    await paloma.simulator.flush();
    const { body } = await api.call("GET", `/v1/conversations?contact=${luis}`);
    expect(body).toMatchObject({ data: [{ unread_count: 1, session_window: { open: true } }] });
    const reply = { to: `+${luis}`, text: { body: "¡Hola!" } };
    const sent = await api.call("POST", "/v1/messages", reply);
    expect(sent).toMatchObject({ status: 201, body: { status: "accepted" } });
    expect(paloma.simulator.sent.filter(({ input }) => input === `+${luis}`)).toHaveLength(1);
  });
});

// oxlint-disable-next-line typescript/no-explicit-any -- a test names the members it expects
async function post(path: string, body: unknown): Promise<{ status: number; body: any }> {
  const response = await paloma
    .worker("reminders")
    .fetch(path, { method: "POST", body: JSON.stringify(body) });
  return { status: response.status, body: await response.json() };
}
