import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createJsonClient } from "../../scripts/client/json-client.ts";
import { API_TOKEN, servePaloma, type ServedPaloma } from "./support/serve-paloma.ts";

let paloma: ServedPaloma;

beforeAll(async () => {
  paloma = await servePaloma();
});

afterAll(() => paloma.stop());

describe("the built Worker beside the simulator", () => {
  it("takes what a customer writes, and its answer reaches them", async () => {
    const api = createJsonClient(paloma.url, API_TOKEN);
    const customer = "5219982220001";
    await paloma.simulator.customers.write({
      from: customer,
      content: { type: "text", body: "hola" },
    });
    await paloma.simulator.flush();
    const { body } = await api.call("GET", `/v1/conversations?contact=${customer}`);
    expect(body).toMatchObject({ data: [{ unread_count: 1, session_window: { open: true } }] });
    const sent = await api.call("POST", "/v1/messages", {
      to: `+${customer}`,
      text: { body: "¡Hola!" },
    });
    expect(sent).toMatchObject({ status: 201, body: { status: "accepted" } });
    expect(paloma.simulator.sent).toHaveLength(1);
  });
});
