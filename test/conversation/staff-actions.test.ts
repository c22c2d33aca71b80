import { describe, expect, it, vi } from "vitest";
import { newCustomer, startPaloma, type Paloma } from "../support/paloma.ts";

/** A conversation in which a customer wrote these texts. */
async function conversationWith({ simulator, api }: Paloma, ...texts: string[]) {
  const from = newCustomer();
  const wamids: string[] = [];
  for (const [place, body] of texts.entries()) {
    const at = Date.now() - (texts.length - place) * 1000;
    wamids.push(await simulator.customers.write({ from, at, content: { type: "text", body } }));
    await simulator.flush();
  }
  const { body } = await api("GET", `/v1/conversations?contact=${from}`);
  return { id: String(body.data[0].id), wamids, from };
}

describe("what staff do to a conversation", () => {
  it("reads all of it, and the customer sees blue ticks up to the newest message (I4)", async () => {
    const paloma = startPaloma();
    const { id, wamids } = await conversationWith(paloma, "Hola", "¿Están?");
    const answer = await paloma.api("POST", `/v1/conversations/${id}/read`, {});
    expect(answer.body).toMatchObject({ unread_count: 0 });
    expect(paloma.simulator.reads.at(-1)).toMatchObject({ wamid: wamids[1] });
  });

  it("reads up to a message and leaves the later ones unread (I4)", async () => {
    const paloma = startPaloma();
    const { id, wamids, from } = await conversationWith(paloma, "Hola");
    const { body: first } = await paloma.api(
      "GET",
      `/v1/messages/${encodeURIComponent(wamids[0] ?? "")}`,
    );
    const later = { type: "text", body: "¿Están?" } as const;
    await paloma.simulator.customers.write({ from, content: later, at: Date.now() + 2000 });
    await paloma.simulator.flush();
    const answer = await paloma.api("POST", `/v1/conversations/${id}/read`, { up_to: first.id });
    expect(answer.body).toMatchObject({ unread_count: 1 });
    expect(paloma.simulator.reads.at(-1)).toMatchObject({ wamid: wamids[0] });
  });

  it("reads it although Meta takes no read marks", async () => {
    const error = vi.spyOn(console, "error").mockImplementation(() => undefined);
    const paloma = startPaloma();
    const { id } = await conversationWith(paloma, "Hola");
    const effect = { kind: "graph_error", code: 131000, httpStatus: 500 } as const;
    paloma.simulator.rules.add({ match: { route: "read" }, effect });
    const answer = await paloma.api("POST", `/v1/conversations/${id}/read`, {});
    expect(answer).toMatchObject({ status: 200, body: { unread_count: 0 } });
    expect(error.mock.lastCall?.[0]).toContain("mark_as_read_failed");
  });

  it("marks nothing at Meta where the customer never wrote", async () => {
    const { api, simulator } = startPaloma();
    const sent = await api("POST", "/v1/messages", {
      to: newCustomer(),
      type: "template",
      template: { name: "order_ready", params: { name: "Ana", order: "17" } },
    });
    const path = `/v1/conversations/${sent.body.conversation_id}/read`;
    expect((await api("POST", path, {})).status).toBe(200);
    expect(simulator.reads).toEqual([]);
  });

  it("answers it, and the customer waits no longer", async () => {
    const paloma = startPaloma();
    const { id, from } = await conversationWith(paloma, "Hola", "¿Están?");
    const path = `/v1/conversations/${id}`;
    const messages = await paloma.api("GET", `${path}/messages`);
    const { created_at } = messages.body.data.at(-1);
    expect((await paloma.api("GET", path)).body.waiting_since).toBe(created_at);
    const template = { name: "order_ready", params: { name: "Ana", order: "17" } };
    await paloma.api("POST", "/v1/messages", { to: from, type: "template", template });
    await paloma.api("POST", `${path}/read`, {});
    expect((await paloma.api("GET", path)).body.waiting_since).toBe(created_at);
    await paloma.api("POST", "/v1/messages", { to: from, text: { body: "Sí, ¡hola!" } });
    expect((await paloma.api("GET", path)).body.waiting_since).toBeNull();
    const again = Date.now() + 2000;
    await paloma.simulator.customers.write({
      from,
      content: { type: "text", body: "Gracias" },
      at: again,
    });
    await paloma.simulator.flush();
    const { body } = await paloma.api("GET", path);
    expect(Date.parse(body.waiting_since)).toBe(Math.floor(again / 1000) * 1000);
  });

  it("closes it without an answer, and opens it again: the customer waits as before", async () => {
    const paloma = startPaloma();
    const { id } = await conversationWith(paloma, "Gracias");
    const path = `/v1/conversations/${id}`;
    const { waiting_since } = (await paloma.api("GET", path)).body;
    expect(waiting_since).toEqual(expect.any(String));
    const closed = await paloma.api("PATCH", path, { status: "closed" });
    expect(closed.body.waiting_since).toBeNull();
    const reopened = await paloma.api("PATCH", path, { status: "pending" });
    expect(reopened.body.waiting_since).toBe(waiting_since);
  });

  it("closes it, until the customer writes again", async () => {
    const paloma = startPaloma();
    const { id, from } = await conversationWith(paloma, "Hola");
    const closed = await paloma.api("PATCH", `/v1/conversations/${id}`, { status: "closed" });
    expect(closed.body).toMatchObject({ status: "closed" });
    await paloma.simulator.customers.write({ from, content: { type: "text", body: "Otra vez" } });
    await paloma.simulator.flush();
    const reopened = await paloma.api("GET", `/v1/conversations/${id}`);
    expect(reopened.body).toMatchObject({ status: "pending", unread_count: 2 });
  });
});
