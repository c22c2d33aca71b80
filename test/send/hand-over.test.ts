/** I7 during a deploy, and where an object does not answer. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { upkeep } from "../../src/jobs/cron.ts";
import { Conversation } from "../../src/conversation/object.ts";
import type { Address } from "../../src/lib/address.ts";
import { keepForUpkeep } from "../../src/send/hand-over.ts";
import {
  inboundMessage,
  newPhoneAddress,
  outgoingTemplate,
  SHOWN,
} from "../support/conversation-messages.ts";
import {
  conversationAt,
  conversationWithId,
  letTimePass,
  stopTheClock,
} from "../support/conversation-object.ts";
import { faultyD1 } from "../support/faulty-d1.ts";
import { eventually, newCustomer, NUMBER, type Paloma, startPaloma } from "../support/paloma.ts";
import { unique } from "../support/store-rows.ts";
import { stopAllObjects } from "../support/under-way.ts";

const MINUTE_MS = 60_000;

const WILL_BE_SENT = expect.stringContaining("will be sent within minutes");

let paloma: Paloma;

beforeEach(() => {
  stopTheClock();
  paloma = startPaloma();
  vi.spyOn(console, "error").mockReturnValue();
  vi.spyOn(console, "info").mockReturnValue();
});

afterEach(() => {
  vi.useRealTimers();
});

function reminder(to = newCustomer()) {
  const params = { name: "Ana", pet: "Luna", date: "lunes", time: "10:00" };
  return { to, type: "template", template: { name: "appointment_reminder", params } };
}

const send = (body: object, key = unique("key-")) =>
  paloma.api("POST", "/v1/messages", body, { headers: { "idempotency-key": key } });

/** The objects are those of the version before: they have `send` and `enqueue` alone. */
function oldObjects(): void {
  for (const method of ["dispatch", "queueMessages", "outcomeOf"] as const) {
    vi.spyOn(Conversation.prototype, method).mockImplementation(async () => {
      throw new TypeError(`The RPC receiver does not implement the method "${method}".`);
    });
  }
  // oxlint-disable-next-line typescript/unbound-method -- called on the object below
  const { dispatch } = Original;
  vi.spyOn(Conversation.prototype, "send").mockImplementation(async function (
    this: Conversation,
    message,
    address,
  ) {
    const { shown: _new, ...known } = message;
    const sent = await dispatch.call(this, { message: known, address, key: null });
    return sent.kind === "sent" ? sent.sent : null;
  });
}

const Original = { dispatch: Conversation.prototype.dispatch }; // oxlint-disable-line typescript/unbound-method -- called on the objects

describe("I7: an object of 0.1.0", () => {
  test("gets the message after its row and its key are in D1, and sends it once", async () => {
    const key = unique("key-");
    const body = reminder();
    oldObjects();
    const sent = await send(body, key);
    expect(sent).toMatchObject({ status: 201, body: { status: "accepted" } });
    expect((await paloma.api("GET", `/v1/messages/${sent.body.id}`)).body).toMatchObject({
      status: "accepted",
      body: sent.body.body,
      wamid: sent.body.wamid,
    });
    expect((await send(body, key)).body.id).toBe(sent.body.id);
    vi.restoreAllMocks();
    vi.spyOn(globalThis, "fetch").mockRejectedValue(new Error("Meta is not asked again"));
    const again = await send(body, key);
    expect(again.body.id).toBe(sent.body.id);
    expect(paloma.simulator.sent).toHaveLength(1);
  });
});

describe("I7: an object that does not answer", () => {
  test("gets the message once more from upkeep, and its caller may repeat it", async () => {
    const [key, body] = [unique("key-"), reminder()];
    const lost = vi
      .spyOn(Conversation.prototype, "dispatch")
      .mockRejectedValue(new Error("unreachable"));
    const refused = await send(body, key);
    expect(refused).toMatchObject({
      status: 503,
      body: { code: "unavailable", message_id: expect.stringMatching(/^msg_/) },
    });
    const path = `/v1/messages/${refused.body.message_id}`;
    const { body: kept } = await paloma.api("GET", path);
    expect(kept).toMatchObject({ status: "pending" });
    lost.mockRestore();
    await upkeep(env, Date.now() + 3 * MINUTE_MS);
    await letTimePass(conversationWithId(kept.conversation_id), MINUTE_MS);
    expect((await paloma.api("GET", path)).body.status).toBe("accepted");
    expect((await send(body, key)).body.id).toBe(refused.body.message_id);
    expect(paloma.simulator.sent).toHaveLength(1);
  });

  test("and stopped before it claimed the key gets the message from upkeep, which sends it", async () => {
    const [key, body] = [unique("key-"), reminder()];
    const isAsked = faultyD1().hangAfter(1);
    const sending = send(body, key);
    await eventually(
      async () => isAsked(),
      (asked) => asked,
    );
    await stopAllObjects();
    const refused = await sending;
    expect(refused).toMatchObject({ status: 503, body: { detail: WILL_BE_SENT } });
    const path = `/v1/messages/${refused.body.message_id}`;
    const { body: kept } = await paloma.api("GET", path);
    await letTimePass(conversationWithId(kept.conversation_id), MINUTE_MS);
    await upkeep(env, Date.now() + 3 * MINUTE_MS);
    await letTimePass(conversationWithId(kept.conversation_id), MINUTE_MS);
    expect((await paloma.api("GET", path)).body.status).toBe("accepted");
    expect((await send(body, key)).body.id).toBe(refused.body.message_id);
    expect(paloma.simulator.sent).toHaveLength(1);
  });

  test("that had taken it answers the caller at once, and sends nothing again", async () => {
    const body = reminder();
    // oxlint-disable-next-line typescript/unbound-method -- called on the object below
    const { dispatch } = Original;
    vi.spyOn(Conversation.prototype, "dispatch").mockImplementationOnce(async function (
      this: Conversation,
      given,
    ) {
      await dispatch.call(this, given);
      throw new Error("the answer is lost");
    });
    const { status, body: message } = await send(body);
    expect([status, message.status]).toEqual([201, "accepted"]);
    await upkeep(env, Date.now() + 3 * MINUTE_MS);
    await letTimePass(conversationWithId(message.conversation_id), MINUTE_MS);
    expect(paloma.simulator.sent).toHaveLength(1);
  });

  test("and gave it another place than the kept row sends it once, and D1 has its outcome", async () => {
    const address = newPhoneAddress();
    await seenAhead(address);
    const sendOne = (message = outgoingTemplate({ shown: SHOWN, made_at: Date.now() })) =>
      conversationAt(address).dispatch({ message, address, key: null });
    const message = outgoingTemplate({ shown: SHOWN, made_at: Date.now() });
    const d1 = faultyD1();
    d1.set("refused");
    await sendOne(message);
    d1.set("none");
    const { id } = conversationAt(address);
    await keepForUpkeep(env, id.toString(), { messages: [message], address });
    await letTimePass(conversationAt(address), MINUTE_MS);
    // Of the messages that left at once the object remembers the last ones.
    for (let n = 0; n < 6; n += 1) {
      vi.setSystemTime(Date.now() + MINUTE_MS);
      await sendOne();
    }
    await upkeep(env, Date.now() + 3 * MINUTE_MS);
    await letTimePass(conversationAt(address), MINUTE_MS);
    expect(paloma.simulator.sent).toHaveLength(7);
    expect((await paloma.api("GET", `/v1/messages/${message.id}`)).body).toMatchObject({
      status: "accepted",
      wamid: expect.any(String),
    });
  });
});

describe("I7: a conversation of which only D1 knows", () => {
  const WAYS = {
    "one message": (to: object) => paloma.api("POST", "/v1/messages", to),
    "a batch": async (to: object) => {
      const { body } = await paloma.api("POST", "/v1/messages/batch", { messages: [to] });
      const [{ problem }] = body.data;
      return { status: problem.status, body: problem };
    },
  };
  const KINDS = { customer: "phone", group: "group_id" } as const;

  for (const [way, sendTo] of Object.entries(WAYS)) {
    for (const [kind, column] of Object.entries(KINDS)) {
      test(`gets ${way} to a ${kind} from upkeep, as the caller is told`, async () => {
        const id = env.CONVERSATION.idFromName(unique("new-")).toString();
        const address = kind === "group" ? unique("group-") : `52${newCustomer().slice(3)}`;
        await env.DB.prepare(
          `INSERT INTO conversations (id, kind, phone_number_id, ${column}, status, unread_count,
             last_message_at, version, created_at, updated_at)
           VALUES (?, ?, ?, ?, 'pending', 0, 1, 1, 1, 1)`,
        )
          .bind(id, kind === "group" ? "group" : "individual", NUMBER, address)
          .run();
        const { to: _to, ...template } = reminder();
        const refused = await sendTo({ ...template, conversation_id: id });
        expect(refused).toMatchObject({ status: 503, body: { detail: WILL_BE_SENT } });
        await upkeep(env, Date.now() + 3 * MINUTE_MS);
        await letTimePass(conversationWithId(id), MINUTE_MS);
        expect(paloma.simulator.calls).toHaveLength(1);
      });
    }
  }

  test("gets nothing where D1 does not keep the message, and the caller is not told that it will", async () => {
    vi.spyOn(Conversation.prototype, "queueMessages").mockImplementation(async () => {
      await env.DB.exec("ALTER TABLE messages RENAME TO messages_away");
      throw new Error("unreachable");
    });
    const answer = await paloma.api("POST", "/v1/messages/batch", { messages: [reminder()] });
    await env.DB.exec("ALTER TABLE messages_away RENAME TO messages");
    const [{ problem }] = answer.body.data;
    expect(problem.detail).toMatch(/we don't know whether the message was taken/);
  });
});

describe("a message that its object gave another place than its caller knows", () => {
  test("is canceled by the id that the caller knows", async () => {
    const address = newPhoneAddress();
    await seenAhead(address);
    const ready_at = Date.now() + 5 * MINUTE_MS;
    const message = outgoingTemplate({ shown: SHOWN, made_at: Date.now(), ready_at });
    await conversationAt(address).dispatch({ message, address, key: null });
    expect(await conversationAt(address).cancel(message.id)).toMatchObject({
      progress: { report: { state: "canceled" } },
    });
    await letTimePass(conversationAt(address), 10 * MINUTE_MS);
    expect(paloma.simulator.sent).toEqual([]);
  });

  test("may have been sent where it left before its customer's erasure", async () => {
    const address = newPhoneAddress();
    await seenAhead(address);
    const made_at = Date.now();
    const message = outgoingTemplate({ shown: SHOWN, made_at });
    await conversationAt(address).dispatch({ message, address, key: null });
    await conversationAt(address).erase({ at: made_at });
    const fate = await conversationAt(address).fateOf(message.id, made_at);
    expect(fate).toBe("may_have_been_sent");
  });
});

describe("a batch that is repeated", () => {
  test("answers with the message at the place that its object gave it", async () => {
    const to = newCustomer();
    const address = { kind: "phone" as const, phone: `52${to.slice(3)}` };
    await seenAhead(address);
    const messages = [{ ...reminder(to), idempotency_key: unique("key-") }];
    const [first, again] = [
      await paloma.api("POST", "/v1/messages/batch", { messages }),
      await paloma.api("POST", "/v1/messages/batch", { messages }),
    ];
    expect(again.body.data[0].message.id).toBe(first.body.data[0].message.id);
    await letTimePass(conversationAt(address), MINUTE_MS);
    expect(paloma.simulator.sent).toHaveLength(1);
  });
});

/** The customer's clock is ahead of ours: what we send stands behind their message. */
async function seenAhead(address: Address): Promise<void> {
  const now = Date.now();
  await conversationAt(address).receive([
    inboundMessage({ address, at: now + MINUTE_MS, received_at: now }),
  ]);
}

describe("while D1 does not answer", () => {
  test("a batch is queued without its rows, which follow", async () => {
    const to = [newCustomer(), newCustomer()];
    await env.DB.exec("ALTER TABLE messages RENAME TO messages_away");
    const answer = await paloma.api("POST", "/v1/messages/batch", {
      messages: to.map((each) => reminder(each)),
    });
    await env.DB.exec("ALTER TABLE messages_away RENAME TO messages");
    const messages = answer.body.data.map((each: { message: object }) => each.message);
    expect(messages).toMatchObject([{ status: "queued" }, { status: "queued" }]);
    for (const message of messages) {
      await letTimePass(conversationWithId(message.conversation_id), MINUTE_MS);
      expect((await paloma.api("GET", `/v1/messages/${message.id}`)).body.status).toBe("accepted");
    }
    expect(paloma.simulator.sent).toHaveLength(2);
  });
});
