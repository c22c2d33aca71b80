import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { app } from "../../src/app.ts";
import { APP_SECRET, newCustomer, sign, startPaloma } from "../support/paloma.ts";
import { messagesChange, textMessage, webhookBody } from "../support/webhook-bodies.ts";

type Fault =
  /** The object is never reached. */
  | "before"
  /** The object did its work, and the answer is lost. */
  | "after";

/** The real objects, whose method fails the first `times` it is called. */
function faultyConversations(method: string, fault: Fault, times: number) {
  let left = times;
  const faulty = (stub: object) =>
    new Proxy(stub, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name);
        if (name !== method || left === 0 || typeof member !== "function") return member;
        return async (...parameters: unknown[]): Promise<never> => {
          left -= 1;
          if (fault === "after") await Reflect.apply(member, target, parameters);
          throw Object.assign(new Error("Network connection lost."), { retryable: times === 1 });
        };
      },
    });
  return new Proxy(env.CONVERSATION, {
    get(target, name) {
      if (name === "get") return (id: DurableObjectId) => faulty(target.get(id));
      const member: unknown = Reflect.get(target, name);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
}

async function call(request: Request, CONVERSATION: unknown): Promise<Response> {
  const context = createExecutionContext();
  const response = await app.fetch(request, { ...env, CONVERSATION }, context);
  await waitOnExecutionContext(context);
  return response;
}

describe.each<Fault>(["before", "after"])(
  "a call to an object that is lost %s its commit",
  (fault) => {
    it("is repeated where the platform says so, and the webhook is taken (I2, I4)", async () => {
      const { api } = startPaloma();
      const from = newCustomer();
      const text = JSON.stringify(
        webhookBody(messagesChange({ messages: [textMessage(from, "Hola")] })),
      );
      const response = await call(await signed(text), faultyConversations("receive", fault, 1));
      expect(response.status).toBe(200);
      const { body } = await api("GET", `/v1/conversations?contact=${from}`);
      expect(body.data).toMatchObject([{ unread_count: 1 }]);
    });

    it("is Meta's to repeat otherwise, and counts once (I2, I4)", async () => {
      vi.spyOn(console, "error").mockReturnValue();
      const { api } = startPaloma();
      const from = newCustomer();
      const text = JSON.stringify(
        webhookBody(messagesChange({ messages: [textMessage(from, "Hola")] })),
      );
      const conversations = faultyConversations("receive", fault, 2);
      for (const status of [500, 500, 200]) {
        expect((await call(await signed(text), conversations)).status).toBe(status);
      }
      const { body } = await api("GET", `/v1/conversations?contact=${from}`);
      expect(body.data).toMatchObject([{ unread_count: 1 }]);
    });

    it("is the caller's to repeat with its key, and the customer gets one message (I7)", async () => {
      vi.spyOn(console, "error").mockReturnValue();
      const { api, simulator } = startPaloma();
      const to = newCustomer();
      await simulator.customers.write({ from: to, content: { type: "text", body: "hola" } });
      await simulator.flush();
      const key = crypto.randomUUID();
      const conversations = faultyConversations("dispatch", fault, 2);
      const request = () =>
        new Request("https://paloma.test/v1/messages", {
          method: "POST",
          headers: { authorization: "Bearer test-clinic-token", "idempotency-key": key },
          body: JSON.stringify({ to: `+${to}`, text: { body: "una vez" } }),
        });
      const first = await call(request(), conversations);
      const kept = { code: "unavailable", message_id: expect.stringMatching(/^msg_/) };
      // Its key finds the message that the object has sent, though the object's answer is lost.
      const found = { status: "accepted" };
      expect(first.status).toBe(fault === "before" ? 503 : 201);
      expect(await first.json()).toMatchObject(fault === "before" ? kept : found);
      const answer = await call(request(), conversations);
      expect(answer.status).toBe(201);
      expect(await answer.json()).toMatchObject({ status: "accepted" });
      expect(simulator.sent).toHaveLength(1);
      const { body } = await api("GET", `/v1/messages/${simulator.sent[0]?.wamid}`);
      expect(body).toMatchObject({ body: "una vez" });
    });
  },
);

async function signed(text: string): Promise<Request> {
  const bytes = new TextEncoder().encode(text);
  return new Request("https://paloma.test/webhook", {
    method: "POST",
    headers: { "x-hub-signature-256": await sign(bytes, APP_SECRET) },
    body: bytes,
  });
}
