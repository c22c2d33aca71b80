import { exports } from "cloudflare:workers";
import { hc } from "hono/client";
import { describe, expect, expectTypeOf, it } from "vitest";
import type { PalomaApi } from "../../src/app.ts";
import { eventually, newCustomer, startPaloma } from "../support/paloma.ts";

const client = hc<PalomaApi>("https://paloma.test", {
  headers: { authorization: "Bearer test-clinic-token" },
  fetch: (input: RequestInfo | URL, init?: RequestInit) => exports.default.fetch(input, init),
});

const { conversations, messages } = client.v1;

describe("Hono's own client, with the type of the API", () => {
  it("plays a chat", async () => {
    const { simulator } = startPaloma();
    const ana = newCustomer();

    const reminded = await messages.$post(
      {
        json: {
          to: `+${ana}`,
          type: "template",
          template: {
            name: "appointment_reminder",
            params: { name: "Ana", pet: "Luna", date: "lunes", time: "10:00" },
          },
        },
      },
      { headers: { "idempotency-key": `reminder-${ana}` } },
    );
    expect(reminded.status).toBe(201);
    if (!reminded.ok) throw new Error((await reminded.json()).detail);
    const { id, conversation_id } = await reminded.json();

    const written = await simulator.customers.write({
      from: ana,
      content: { type: "text", body: "SÍ" },
    });
    await simulator.flush();
    const read = await eventually(
      async () => {
        const answer = await messages[":id"].$get({ param: { id } });
        return answer.ok ? await answer.json() : null;
      },
      (message) => message?.status === "read",
    );
    expect(read?.statuses.map(({ status }) => status)).toContain("delivered");

    const listed = await conversations.$get({ query: { contact: ana } });
    if (!listed.ok) throw new Error((await listed.json()).detail);
    const { data } = await listed.json();
    expect(data).toMatchObject([{ id: conversation_id, unread_count: 1 }]);

    const replied = await messages.$post({
      json: { conversation_id, text: { body: "¡Perfecto!" }, context: { message_id: written } },
    });
    expect(replied.status).toBe(201);
    const path = { param: { id: conversation_id } };
    await conversations[":id"].$patch({ ...path, json: { owner: "client-42" } });
    const seen = await conversations[":id"].read.$post({ ...path, json: {} });
    expect(await seen.json()).toMatchObject({ unread_count: 0, owner: "client-42" });
  });

  it("knows what a refusal holds", async () => {
    startPaloma();
    const refused = await messages.$post({
      json: { to: `+${newCustomer()}`, text: { body: "Hola" } },
    });
    if (refused.ok) throw new Error("A closed window refuses free-form messages.");
    const problem = await refused.json();
    expect(problem.code).toBe("session_window_closed");
    expect(problem.templates).toContain("appointment_reminder");
  });

  it("knows the types of what is sent and answered", () => {
    type Sent = Awaited<ReturnType<typeof messages.$post>>;
    type Message = Awaited<ReturnType<Extract<Sent, { ok: true }>["json"]>>;
    expectTypeOf<Message["sent_at"]>().toEqualTypeOf<string | null>();
    expectTypeOf<Message["direction"]>().toEqualTypeOf<"inbound" | "outbound">();
    type Json = Parameters<typeof messages.$post>[0]["json"];
    expectTypeOf<Json["to"]>().toEqualTypeOf<string | undefined>();
    expectTypeOf<{ to: number }>().not.toExtend<Json>();
  });
});
