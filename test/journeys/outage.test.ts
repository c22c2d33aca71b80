import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { watchCrossings } from "../support/crossings.ts";
import { faultyD1 } from "../support/faulty-d1.ts";
import { eventually, newCustomer, startPaloma } from "../support/paloma.ts";
import { timed } from "../support/timed.ts";
import {
  messagesChange,
  messageStatus,
  newWamid,
  textMessage,
  webhookBody,
} from "../support/webhook-bodies.ts";

const SECOND_MS = 1000;

/** What one invocation of a Worker may have. */
const SUBREQUESTS = 10_000;

/** How soon after D1 is back the lists must be right. */
const RECOVERY_MS = 20 * SECOND_MS;

describe("while D1 fails (I2, I4)", () => {
  it("webhooks are taken, nothing is lost, and the lists are right within 20 s of its return", async () => {
    vi.spyOn(console, "error").mockReturnValue();
    const { api, webhook } = startPaloma();
    const customers = Array.from({ length: 3 }, newCustomer);
    const status = messageStatus(newWamid(), "sent");
    const d1 = faultyD1();
    d1.set("refused");
    for (const from of customers) {
      const messages = ["uno", "dos"].map((text) => textMessage(from, text));
      const response = await webhook(webhookBody(messagesChange({ messages, statuses: [status] })));
      expect(response.status).toBe(200);
    }
    // The alarms have tried by then, and failed as well.
    await scheduler.wait(11 * SECOND_MS);
    d1.set("none");
    const recovered = async (): Promise<void> => {
      for (const from of customers) {
        const list = () => api("GET", `/v1/conversations?contact=${from}`);
        await eventually(list, ({ body }) => body.data[0]?.unread_count === 2);
      }
      const recorded = () =>
        env.DB.prepare("SELECT 1 FROM message_statuses WHERE wamid = ?").bind(status["id"]).first();
      await eventually(recorded, (row) => row !== null);
    };
    expect((await timed(recovered())).took).toBeLessThan(RECOVERY_MS);
  }, 120_000);
});

describe("a body of 1,000 updates (I2)", () => {
  it("is taken whole, and one that can't be is nobody else's trouble", async () => {
    const { api, webhook } = startPaloma();
    const customers = Array.from({ length: 100 }, newCustomer);
    const messages = customers.flatMap((from) =>
      Array.from({ length: 9 }, (_, place) => textMessage(from, `hola ${place}`)),
    );
    const { id: _missing, ...unusable } = textMessage(newCustomer(), "sin id");
    const statuses = Array.from({ length: 99 }, () => messageStatus(newWamid(), "sent"));
    const half = Math.floor(messages.length / 2);
    const all = [...messages.slice(0, half), unusable, ...messages.slice(half)];
    const crossings = watchCrossings();
    const started = Date.now();
    crossings.start();
    const response = await webhook(webhookBody(messagesChange({ messages: all, statuses })));
    expect(response.status).toBe(200);
    // Meta's hard limit lies around 5 s; a test machine is slower than a data centre.
    expect(Date.now() - started).toBeLessThan(10 * SECOND_MS);
    // The last that it does is to tell Meta what was read.
    const after = async () => crossings.count("Meta");
    await eventually(after, (calls) => calls === customers.length);
    // So few for each customer that it could be a thousand of them.
    expect(crossings.stop().length / customers.length).toBeLessThan(SUBREQUESTS / 1000);
    for (const from of customers) {
      const { body } = await api("GET", `/v1/conversations?contact=${from}`);
      expect(body.data).toHaveLength(1);
    }
    const stored = await env.DB.prepare(
      `SELECT count(*) AS n FROM messages WHERE wamid IN (SELECT value FROM json_each(?))`,
    )
      .bind(JSON.stringify(messages.map(({ id }) => id)))
      .first<number>("n");
    expect(stored).toBe(messages.length);
  }, 60_000);
});
