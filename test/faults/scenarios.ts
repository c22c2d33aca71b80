/** What happens to a business on a day like any other, and how it must end whatever fails. */
import {
  createExecutionContext,
  runDurableObjectAlarm,
  waitOnExecutionContext,
} from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect } from "vitest";
import { app } from "../../src/app.ts";
import { consumeQueue } from "../../src/jobs/queues.ts";
import { type Address, conversationName } from "../../src/lib/address.ts";
import { Contacts } from "../../src/webhook/contacts.ts";
import { statusEvent } from "../../src/webhook/status.ts";
import { HOUR_MS, inboundMessage, newUserId } from "../support/conversation-messages.ts";
import { letTimePass, withoutD1 } from "../support/conversation-object.ts";
import type { Crossing, Fault } from "../support/crossings.ts";
import { openBrowser } from "../support/inbox.ts";
import { LogFollower } from "../support/log-follower.ts";
import { messageBatch } from "../support/message-batch.ts";
import {
  APP_SECRET,
  eventually,
  newCustomer,
  NUMBER,
  type Paloma,
  sign,
} from "../support/paloma.ts";
import { allRows, statusPack } from "../support/store-rows.ts";
import {
  contactOf,
  messagesChange,
  messageStatus,
  newWamid,
  textMessage,
  webhookBody,
} from "../support/webhook-bodies.ts";

export type Stage = Paloma;

export type Scenario = {
  /** In which a call fails. */
  work: () => Promise<void>;
  /** What everybody does once nothing fails any more. */
  recover: () => Promise<void>;
  /** How it ended, and how it must end; `hit` is the call that failed. */
  outcome: () => Promise<unknown>;
  expected: (hit: Crossing | null, kind: Fault) => unknown;
};

/** Makes what there is before anything fails. */
export type SetScenario = (stage: Stage) => Promise<Scenario>;

const TRIES = 10;
/** An alarm that something stops is followed by another; a move takes one more. */
const ALARM_ROUNDS = 2;
const ROUNDS_OF_A_MOVE = 3;

async function call(request: Request): Promise<Response> {
  const context = createExecutionContext();
  const response = await app.fetch(request, env, context);
  await waitOnExecutionContext(context);
  return response;
}

/** Asks again as long as it did not work, as Meta and every careful caller do. */
async function persistently(ask: () => Promise<{ status: number }>): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const response = await ask().catch(() => null);
    if (response !== null && response.status < 500) return;
    if (attempt === TRIES) throw new Error("it never worked");
  }
}

async function deliver(body: unknown): Promise<void> {
  const bytes = new TextEncoder().encode(JSON.stringify(body));
  const headers = { "x-hub-signature-256": await sign(bytes, APP_SECRET) };
  await persistently(() =>
    call(new Request("https://paloma.test/webhook", { method: "POST", headers, body: bytes })),
  );
}

const phone = (waId: string): Address => ({ kind: "phone", phone: waId.replace(/^521/, "52") });
const user = (user_id: string): Address => ({ kind: "user", user_id });
const objectOf = (address: Address) =>
  env.CONVERSATION.getByName(conversationName(NUMBER, address));

async function runAlarms(addresses: readonly Address[], rounds = ALARM_ROUNDS): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    for (const address of addresses) {
      await runDurableObjectAlarm(objectOf(address)).catch(() => false);
    }
  }
}

/** Unread and texts, oldest first, of every conversation of a contact. */
async function conversationsOf({ api }: Stage, contact: string) {
  const { body: list } = await api("GET", `/v1/conversations?contact=${contact}`);
  return Promise.all(
    list.data.map(async ({ id, unread_count }: { id: string; unread_count: number }) => {
      const { body: page } = await api("GET", `/v1/conversations/${id}/messages`);
      const texts = page.data.map(({ body }: { body: string }) => body).toReversed();
      return { unread_count, texts };
    }),
  );
}

/** A body with two customers' messages, a status and another field. */
const receive: SetScenario = async (stage) => {
  const [ana, bruno] = [newCustomer(), newCustomer()];
  const status = messageStatus(newWamid(), "sent");
  const second = (after: number) => ({
    timestamp: String(Math.floor(Date.now() / 1000) - 60 + after),
  });
  const body = webhookBody(
    messagesChange({
      contacts: [{ ...contactOf(ana, "Ana"), user_id: newUserId() }, contactOf(bruno, "Bruno")],
      messages: [
        textMessage(ana, "uno", second(1)),
        textMessage(bruno, "hola"),
        textMessage(ana, "dos", second(2)),
      ],
      statuses: [status],
    }),
    { field: "account_alerts", value: { alert_info: ana } },
  );
  return {
    work: () => deliver(body),
    recover: () => runAlarms([phone(ana), phone(bruno)]),
    outcome: async () => ({
      ana: await conversationsOf(stage, ana),
      bruno: await conversationsOf(stage, bruno),
      events: await allRows("SELECT field FROM account_events WHERE value LIKE ?", `%${ana}%`),
      // Their queue takes its time.
      statuses: await eventually(
        () => allRows("SELECT status FROM message_statuses WHERE wamid = ?", status.id),
        (statuses) => statuses.length > 0,
      ),
    }),
    expected: () => ({
      ana: [{ unread_count: 2, texts: ["uno", "dos"] }],
      bruno: [{ unread_count: 1, texts: ["hola"] }],
      events: [{ field: "account_alerts" }],
      statuses: [{ status: "sent" }],
    }),
  };
};

/** What an alarm brings into D1 that did not answer the call. */
const project: SetScenario = async (stage) => {
  const ana = newCustomer();
  const message = textMessage(ana, "uno");
  await withoutD1(() =>
    objectOf(phone(ana)).receive([
      inboundMessage({
        wamid: message.id,
        address: phone(ana),
        payload: JSON.stringify(message),
      }),
    ]),
  );
  return {
    work: () => runAlarms([phone(ana)]),
    recover: () => runAlarms([phone(ana)]),
    outcome: () => conversationsOf(stage, ana),
    expected: () => [{ unread_count: 1, texts: ["uno"] }],
  };
};

/** A reply to a customer, repeated with its key until it is taken. */
const send: SetScenario = async ({ simulator, api }) => {
  const ana = newCustomer();
  await simulator.customers.write({ from: ana, content: { type: "text", body: "hola" } });
  await simulator.flush();
  const text = `respuesta ${ana}`;
  const headers = {
    authorization: "Bearer test-clinic-token",
    "idempotency-key": crypto.randomUUID(),
  };
  const body = JSON.stringify({ to: `+${ana}`, text: { body: text } });
  return {
    work: () =>
      persistently(() =>
        call(new Request("https://paloma.test/v1/messages", { method: "POST", headers, body })),
      ),
    recover: async () => {
      const anHour = () => letTimePass(objectOf(phone(ana)), HOUR_MS);
      // What is done after the answer may stop the object only now.
      await anHour().catch(anHour);
    },
    outcome: async () => {
      const { body: list } = await api("GET", `/v1/conversations?contact=${ana}`);
      const { body: page } = await api("GET", `/v1/conversations/${list.data[0]?.id}/messages`);
      const ours = page.data.filter((message: { body: string }) => message.body === text);
      return {
        conversations: list.data.length,
        statuses: ours.map(({ status }: { status: string }) => status),
        atMeta: simulator.sent.filter((sent) => JSON.stringify(sent.body).includes(text)).length,
      };
    },
    // Where the call to Meta is hit, or the object stops right before, nobody knows whether Meta has the
    // message: then it is never tried again.
    expected: (hit, kind) =>
      hit === "Meta" || (kind === "aborted" && (hit === "takeSlot" || hit === "D1"))
        ? {
            conversations: 1,
            statuses: [expect.stringMatching(/^(unconfirmed|accepted)$/)],
            atMeta: expect.toSatisfy((count: number) => count <= 1),
          }
        : { conversations: 1, statuses: ["accepted"], atMeta: 1 },
  };
};

/** Statuses in no order, alone and in a pack, told to the consumer until it has acknowledged each. */
const consume: SetScenario = async ({ simulator, api }) => {
  const ana = newCustomer();
  await simulator.customers.write({ from: ana, content: { type: "text", body: "hola" } });
  await simulator.flush();
  const { body: sent } = await api("POST", "/v1/messages", { to: `+${ana}`, text: { body: "ok" } });
  const context = {
    phoneNumberId: NUMBER,
    displayPhoneNumber: null,
    contacts: new Contacts([]),
    receivedAt: 0,
  };
  const statuses = ["read", "sent", "read"].flatMap((status) => {
    const event = statusEvent(messageStatus(sent.wamid, status), context);
    return "reason" in event ? [] : [event];
  });
  const bodies = [...statuses.slice(0, 1), statusPack(statuses.slice(1))].map((body) => ({ body }));
  return {
    work: async () => {
      let left = bodies;
      for (let attempt = 1; left.length > 0; attempt += 1) {
        if (attempt > TRIES) throw new Error("never acknowledged");
        const { batch, acked } = messageBatch("paloma-status", left);
        await consumeQueue(batch, env);
        const done = new Set(acked());
        left = left.filter((_status, place) => !done.has(String(place)));
      }
    },
    recover: async () => undefined,
    outcome: async () => {
      const { body: message } = await api("GET", `/v1/messages/${sent.id}`);
      return {
        status: message.status,
        delivered: message.delivered_at === message.read_at,
        statuses: message.statuses.map(({ status }: { status: string }) => status),
      };
    },
    expected: () => ({ status: "read", delivered: true, statuses: ["sent", "read"] }),
  };
};

/** What staff change of a conversation and read of it, while another page of theirs follows the log. */
const change: SetScenario = async ({ simulator, api }) => {
  const ana = newCustomer();
  await simulator.customers.write({ from: ana, content: { type: "text", body: "hola" } });
  await simulator.flush();
  const page = openBrowser();
  await page.signIn();
  const follower = new LogFollower(
    (path) => page.ask("GET", path),
    () => [ana],
  );
  await follower.follow();
  const { body: list } = await api("GET", `/v1/conversations?contact=${ana}`);
  const path = `/inbox/api/conversations/${list.data[0].id}`;
  const ask = (method: string, of: string, body: object) =>
    persistently(() => page.ask(method, of, body));
  return {
    work: async () => {
      await ask("PATCH", path, { status: "closed", assignee: "clinic" });
      await ask("POST", `${path}/read`, {});
    },
    recover: () => runAlarms([phone(ana)]),
    outcome: async () => {
      const { body } = await api("GET", `/v1/conversations?contact=${ana}`);
      const [{ status, assignee, unread_count }] = body.data;
      await follower.follow();
      return { status, assignee, unread_count, differences: await follower.differences() };
    },
    expected: () => ({ status: "closed", assignee: "clinic", unread_count: 0, differences: [] }),
  };
};

/** Two conversations of one person become one, while messages come. */
export const unite: SetScenario = async (stage) => {
  const ana = newCustomer();
  const userId = newUserId();
  const start = Math.floor(Date.now() / 1000) - 60;
  const said = (text: string, after: number, ids: { from?: string; from_user_id?: string }) => {
    const { from: _everyone, ...message } = textMessage(ana, text);
    const timestamp = String(start + after);
    return webhookBody(
      messagesChange({
        contacts: [
          {
            profile: { name: "Ana" },
            ...(ids.from === undefined ? {} : { wa_id: ids.from }),
            ...(ids.from_user_id === undefined ? {} : { user_id: ids.from_user_id }),
          },
        ],
        messages: [{ ...message, timestamp, ...ids }],
      }),
    );
  };
  await deliver(said("uno", 1, { from_user_id: userId }));
  await deliver(said("dos", 2, { from: ana }));
  const both = [user(userId), phone(ana)];
  return {
    work: async () => {
      await deliver(said("tres", 3, { from: ana, from_user_id: userId }));
      await runAlarms(both, ROUNDS_OF_A_MOVE);
      await deliver(said("cuatro", 4, { from_user_id: userId }));
    },
    recover: () => runAlarms(both, ROUNDS_OF_A_MOVE),
    outcome: async () => ({
      byPhone: await conversationsOf(stage, ana),
      byUser: await conversationsOf(stage, userId),
    }),
    expected: () => {
      const whole = [{ unread_count: 4, texts: ["uno", "dos", "tres", "cuatro"] }];
      return { byPhone: whole, byUser: whole };
    },
  };
};

/** What happens, and which calls are among those that it takes. */
export const SCENARIOS: [string, SetScenario, Crossing[]][] = [
  ["a webhook is received (I2, I4, I6)", receive, ["receive", "queue", "D1", "Meta"]],
  ["an alarm brings into D1 what a call could not (I2)", project, ["D1"]],
  ["a message is sent (I7)", send, ["D1", "dispatch", "takeSlot", "Meta"]],
  ["statuses are consumed (I6)", consume, ["D1"]],
  ["staff change and read a conversation (I4, I13)", change, ["setStatus", "read", "D1"]],
];
