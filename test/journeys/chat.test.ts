import { describe, expect, it } from "vitest";
import { eventually, newCustomer, startPaloma } from "../support/paloma.ts";

describe("a short chat", () => {
  it("goes from the reminder to the photo", async () => {
    const { simulator, api } = startPaloma();
    const ana = newCustomer();

    const sent = await api("POST", "/v1/messages", {
      to: `+52${ana.slice(3)}`,
      type: "template",
      template: {
        name: "appointment_reminder",
        params: { name: "Ana", pet: "Luna", date: "lunes", time: "10:00" },
      },
    });
    expect(sent.status).toBe(201);
    expect(sent.body).toMatchObject({ status: "accepted", direction: "outbound" });
    await simulator.flush();
    const read = await eventually(
      () => api("GET", `/v1/messages/${sent.body.id}`),
      ({ body }) => body.status === "read",
    );
    expect(read.body.statuses).toHaveLength(3);

    const wamid = await simulator.customers.write({
      from: ana,
      name: "Ana Ñúñez",
      content: { type: "text", body: "SÍ 👍" },
    });
    await simulator.flush();
    const inbound = await api("GET", `/v1/messages/${encodeURIComponent(wamid)}`);
    expect(inbound.body).toMatchObject({ body: "SÍ 👍", status: "delivered", type: "text" });
    const conversation = await api("GET", `/v1/conversations/${sent.body.conversation_id}`);
    expect(conversation.body).toMatchObject({
      status: "pending",
      unread_count: 1,
      subject: "WhatsApp: Ana Ñúñez",
      contact: { name: "Ana Ñúñez", wa_id: ana, phone: `+52${ana.slice(3)}` },
      session_window: { open: true },
    });
    const reply = await api("POST", "/v1/messages", {
      conversation_id: sent.body.conversation_id,
      text: { body: "¡Perfecto!" },
    });
    expect(reply.status).toBe(201);
  });
});
