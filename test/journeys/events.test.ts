import { describe, expect, it } from "vitest";
import { eventually, newCustomer, startPaloma, type Paloma } from "../support/paloma.ts";
import { newSubscriber, withSubscribers, type Subscriber } from "../support/subscriber.ts";
import { timed } from "../support/timed.ts";
import {
  contactOf,
  messagesChange,
  messageStatus,
  textMessage,
  webhookBody,
} from "../support/webhook-bodies.ts";

const write = (paloma: Paloma, from: string, text: string, name = "Ana") =>
  paloma.webhook(
    webhookBody(
      messagesChange({ contacts: [contactOf(from, name)], messages: [textMessage(from, text)] }),
    ),
  );

/** Conversations of other tests, which share the objects' world, may be told of at any time. */
function isAbout(subject: string) {
  return ({ data }: { data: unknown }): boolean => JSON.stringify(data).includes(subject);
}

/** Waits for as many different events that name this customer, or this template. */
async function told(subscriber: Subscriber, subject: string, count: number) {
  return eventually(
    () => {
      const about = subscriber.received.filter(isAbout(subject));
      return Promise.resolve([...new Map(about.map((each) => [each.id, each])).values()]);
    },
    (events) => events.length >= count,
  );
}

describe("a subscriber", () => {
  it("hears of a new conversation and its first message, exactly as the API shows them", async () => {
    const paloma = startPaloma();
    const subscriber = newSubscriber();
    await withSubscribers([subscriber], async () => {
      const from = newCustomer();
      expect((await write(paloma, from, "¿Hay lugar?")).status).toBe(200);
      const events = await told(subscriber, from, 2);
      expect(events.map(({ type, sequence }) => [type, sequence])).toEqual([
        ["conversation.created", 1],
        ["message.received", 2],
      ]);
      const [created, received] = events;
      const { body: message } = await paloma.api(
        "GET",
        `/v1/messages/${received?.data.message.id}`,
      );
      const { statuses: _statuses, ...shown } = message;
      expect(received?.data.message).toEqual(shown);
      const { body: conversation } = await paloma.api(
        "GET",
        `/v1/conversations/${created?.conversation_id}`,
      );
      expect(created?.data).toEqual({ conversation });
      expect(received?.data.conversation).toEqual(conversation);
    });
  });

  it("can mirror the inbox: what staff do, what is sent, what becomes of it", async () => {
    const paloma = startPaloma();
    const subscriber = newSubscriber();
    await withSubscribers([subscriber], async () => {
      const from = newCustomer();
      const content = { type: "text" as const, body: "Hola" };
      await paloma.simulator.customers.write({ from, name: "Ana", content });
      await paloma.simulator.flush();
      const [created] = await told(subscriber, from, 2);
      const id = created?.conversation_id ?? "";
      await paloma.api("POST", `/v1/conversations/${id}/read`);
      await paloma.api("PATCH", `/v1/conversations/${id}`, { owner: "client-7" });
      await paloma.api("PUT", `/v1/contacts/${from}`, { name: "Ana N.", owner: "client-7" });
      const sent = await paloma.api("POST", "/v1/messages", {
        conversation_id: id,
        text: { body: "Sí" },
      });
      expect(sent.status).toBe(201);
      await told(subscriber, from, 7);
      await paloma.webhook(
        webhookBody(messagesChange({ statuses: [messageStatus(sent.body.wamid, "delivered")] })),
      );
      const events = await told(subscriber, from, 8);
      const numbered = events
        .filter(({ sequence }) => sequence !== undefined)
        .toSorted((one, other) => (one.sequence ?? 0) - (other.sequence ?? 0));
      expect(numbered.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5, 6]);
      expect(numbered.every(({ conversation_id }) => conversation_id === id)).toBe(true);
      const statuses = events.filter(({ type }) => type === "message.status");
      expect(statuses.map(({ data }) => data.status.status)).toEqual(["accepted", "delivered"]);
      expect(statuses[1]?.data.message).toMatchObject({ id: sent.body.id, status: "delivered" });
      expect(numbered.at(-1)?.data.conversation).toEqual(
        (await paloma.api("GET", `/v1/conversations/${id}`)).body,
      );
    });
  });

  it("hears of templates and of every other field", async () => {
    const paloma = startPaloma();
    const subscriber = newSubscriber();
    await withSubscribers([subscriber], async () => {
      const name = `recall_${crypto.randomUUID().slice(0, 8)}`;
      const value = {
        event: "APPROVED",
        message_template_id: 9007199254740993n.toString(),
        message_template_name: name,
        message_template_language: "es_MX",
        reason: "NONE",
      };
      await paloma.webhook(webhookBody({ field: "message_template_status_update", value }));
      const events = await told(subscriber, name, 2);
      expect(events.map(({ type }) => type).toSorted()).toEqual([
        "account.event",
        "template.updated",
      ]);
      const template = events.find(({ type }) => type === "template.updated");
      expect(template?.data.template).toMatchObject({
        name,
        language: "es_MX",
        status: "APPROVED",
      });
      const other = events.find(({ type }) => type === "account.event");
      // Other tests, some a year ahead, keep events of theirs.
      const ofTemplates = "/v1/events?field=message_template_status_update&limit=100";
      const { body } = await paloma.api("GET", ofTemplates);
      expect(body.data).toContainEqual(other?.data.event);
      expect(other?.data.event).toMatchObject({ id: other?.id });
    });
  });

  it("hears only of what it subscribed to, and others go on when it is gone", async () => {
    const paloma = startPaloma();
    const [messages, everything] = [newSubscriber(), newSubscriber()];
    await withSubscribers([{ ...messages, types: ["message.*"] }, everything], async () => {
      const from = newCustomer();
      let attempts = 0;
      let status = 500;
      messages.answer = (_attempt, event) => {
        if (isAbout(from)(event)) attempts += 1;
        return new Response(null, { status });
      };
      await write(paloma, from, "Hola");
      await told(everything, from, 2);
      expect(messages.received.filter(isAbout(from))).toEqual([]);
      status = 204;
      const events = await told(messages, from, 1);
      expect(events.map(({ type }) => type)).toEqual(["message.received"]);
      expect(attempts).toBe(2);
    });
  });

  it("that is slow to answer hears of all, and holds up nobody else", async () => {
    const paloma = startPaloma();
    const [slow, well] = [newSubscriber(), newSubscriber()];
    const answerMs = 1200;
    slow.answer = async () => {
      await scheduler.wait(answerMs);
      return new Response(null, { status: 204 });
    };
    const subscribers = [slow, well].map((each) => ({ ...each, types: ["message.*"] }));
    await withSubscribers(subscribers, async () => {
      const from = newCustomer();
      const writeAndHear = async (): Promise<void> => {
        for (let count = 1; count <= 4; count += 1) {
          await write(paloma, from, "¿Hay lugar?");
          await told(well, from, count);
        }
      };
      // One after the other, it would have waited for three answers.
      expect((await timed(writeAndHear())).took).toBeLessThan(2 * answerMs);
      await told(slow, from, 4);
    });
  });

  it("hears of the same event under the same id, however often Meta delivers it", async () => {
    const paloma = startPaloma();
    const subscriber = newSubscriber();
    await withSubscribers([subscriber], async () => {
      const from = newCustomer();
      const body = webhookBody(messagesChange({ messages: [textMessage(from, "Hola")] }));
      for (let time = 0; time < 3; time += 1) await paloma.webhook(body);
      await told(subscriber, from, 2);
      await write(paloma, from, "¿Sigue abierto?");
      const events = await told(subscriber, from, 4);
      // The second message told the customer's name.
      expect(events.map(({ type, sequence }) => `${sequence} ${type}`).toSorted()).toEqual([
        "1 conversation.created",
        "2 message.received",
        "3 message.received",
        "4 conversation.updated",
      ]);
    });
  });
});

it("finds no gap between what came before it subscribed and after", async () => {
  const paloma = startPaloma();
  const from = newCustomer();
  await write(paloma, from, "uno");
  const subscriber = newSubscriber();
  await withSubscribers([subscriber], async () => {
    await write(paloma, from, "dos");
    expect((await told(subscriber, from, 1)).map(({ sequence }) => sequence)).toEqual([3]);
  });
});
