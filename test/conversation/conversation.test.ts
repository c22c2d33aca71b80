import { test } from "@fast-check/vitest";
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Conversation } from "../../src/conversation/object.ts";
import { ConversationStorage } from "../../src/conversation/storage/storage.ts";
import type { Address } from "../../src/lib/address.ts";
import type { InboundMessage } from "../../src/message/inbound-message.ts";
import {
  DAY_MS,
  HOUR_MS,
  inboundMessage,
  messageIdAt,
  NAMELESS,
  newPhoneAddress,
  newUserId,
  outgoingMessage,
  outgoingTemplate,
} from "../support/conversation-messages.ts";
import {
  alarmOf,
  conversationAt,
  conversationWithId,
  letTimePass,
  rowsIn,
  rowsInD1,
  seenIn,
  stopTheClock,
  withoutD1,
} from "../support/conversation-object.ts";
import { deliveriesOf, fromCustomer, messagesTo, outcomeOf } from "../support/deliveries.ts";
import { startPaloma } from "../support/paloma.ts";
import { stopAllObjects } from "../support/under-way.ts";

const SECOND_MS = 1000;

/** Hundreds of calls to real objects, on a machine that may be busy. */
const PROPERTY_TIMEOUT_MS = 30_000;

beforeEach(stopTheClock);

afterEach(() => {
  vi.useRealTimers();
});

/** Messages of one new customer, a second apart, the last one now. */
function textsFrom(address: Address, count: number): InboundMessage[] {
  const now = Date.now();
  return Array.from({ length: count }, (_, place) =>
    inboundMessage({ address, at: now - (count - 1 - place) * SECOND_MS, received_at: now }),
  );
}

const unsettledIn = (address: Address) =>
  rowsIn<{ wamid: string }>(
    conversationAt(address),
    "SELECT wamid FROM inbox WHERE payload IS NOT NULL ORDER BY message_id",
  );

const storedIn = (conversationId: string) =>
  rowsInD1<{ wamid: string }>(
    "SELECT wamid FROM messages WHERE conversation_id = ? ORDER BY id",
    conversationId,
  );

const wamids = (messages: readonly InboundMessage[]) => messages.map(({ wamid }) => ({ wamid }));

describe("receive", () => {
  it("takes every wamid once, also across an eviction (I3, I4)", async () => {
    const address = newPhoneAddress();
    const [first, second, third] = textsFrom(address, 3);
    if (!first || !second || !third) throw new Error("three texts were asked for");
    const [before] = await conversationAt(address).receive([first, second, first]);
    expect(before?.fresh).toEqual([first.wamid, second.wamid]);
    await evictDurableObject(conversationAt(address));
    const [after] = await conversationAt(address).receive([second, third]);
    expect(after).toMatchObject({
      fresh: [third.wamid],
      conversation: { unread_count: 3, last_message_at: third.at },
    });
  });

  it("keeps its version where nothing is new", async () => {
    const address = newPhoneAddress();
    const message = inboundMessage({ address });
    const [first] = await conversationAt(address).receive([message]);
    const [second] = await conversationAt(address).receive([message]);
    expect(first?.conversation.version).toBe(1);
    expect(second?.conversation).toEqual(first?.conversation);
  });

  it("takes all messages of a call or none (I2)", async () => {
    const address = newPhoneAddress();
    const message = inboundMessage({ address });
    const other = inboundMessage({ address });
    vi.spyOn(ConversationStorage.prototype, "save").mockImplementationOnce(() => {
      throw new Error("a fault of ours");
    });
    const failure = await runInDurableObject<Conversation, unknown>(
      conversationAt(address),
      (object) => object.receive([message, other]).catch((error: unknown) => error),
    );
    expect(String(failure)).toContain("a fault of ours");
    expect(await seenIn(conversationAt(address))).toEqual([]);
    const [received] = await conversationAt(address).receive([message]);
    expect(received).toMatchObject({
      fresh: [message.wamid],
      conversation: { unread_count: 1, version: 1 },
    });
  });

  it("answers nothing to nothing", async () => {
    expect(await conversationAt(newPhoneAddress()).receive([])).toEqual([]);
  });

  it("is taken once by two calls at once (I4)", async () => {
    const address = newPhoneAddress();
    const messages = textsFrom(address, 5);
    const calls = await Promise.all(
      Array.from({ length: 4 }, () => conversationAt(address).receive(messages)),
    );
    expect(calls.flat().flatMap(({ fresh }) => fresh)).toHaveLength(5);
    expect(calls.flat().at(-1)?.conversation.unread_count).toBe(5);
  });

  const scenario = messagesTo(newPhoneAddress()).chain((messages) =>
    fc.record({
      messages: fc.constant(messages),
      bodies: deliveriesOf(messages),
      marks: fc.array(fc.tuple(fc.nat({ max: 24 }), fc.constantFrom(...messages))),
      eviction: fc.option(fc.nat({ max: 24 })),
    }),
  );

  test.prop([scenario], { numRuns: 40 })(
    "comes to one state for any permutation, duplication and split, with reads and evictions between (I3, I4, I5)",
    async ({ messages, bodies, marks, eviction }) => {
      // What comes after a read with the stamp of what was read is unread: a matter of order.
      fc.pre(marks.length === 0 || new Set(messages.map(({ at }) => at)).size === messages.length);
      const here = newPhoneAddress();
      const own = fromCustomer(here);
      const readBefore: string[] = [""];
      for (const [place, body] of bodies.entries()) {
        await conversationAt(here).receive(body.map(own));
        if (place === eviction) await evictDurableObject(conversationAt(here));
        for (const [at, message] of marks) {
          if (at !== place) continue;
          const { id } = own(message);
          readBefore.push(id);
          await conversationAt(here).read(id);
        }
      }
      const [last] = await conversationAt(here).receive(messages.map(own));
      expect(last?.fresh).toEqual([]);
      const { last_message_at, ...outcome } = outcomeOf(
        bodies.flat().map(own),
        readBefore.toSorted().at(-1),
      );
      expect(last?.conversation).toMatchObject({
        ...outcome,
        last_message_at: last_message_at ?? Date.now(),
      });
    },
    PROPERTY_TIMEOUT_MS,
  );
});

describe("the alarm", () => {
  it("brings into D1 what a call could not (I2)", async () => {
    vi.spyOn(console, "error").mockReturnValue();
    const address = newPhoneAddress();
    const messages = textsFrom(address, 3);
    const [received] = await withoutD1(() => conversationAt(address).receive(messages));
    const id = received?.conversation.id ?? "";
    expect(await storedIn(id)).toEqual([]);
    await letTimePass(conversationAt(address), 10 * SECOND_MS);
    expect(await storedIn(id)).toEqual(wamids(messages));
    expect(
      await rowsInD1("SELECT unread_count, phone FROM conversations WHERE id = ?", id),
    ).toEqual([{ unread_count: 3, phone: address.phone }]);
    expect(await unsettledIn(address)).toEqual([]);
  });

  it("brings more than one batch of messages", async () => {
    const address = newPhoneAddress();
    const messages = textsFrom(address, 230);
    vi.spyOn(console, "error").mockReturnValue();
    const [received] = await withoutD1(() => conversationAt(address).receive(messages));
    await letTimePass(conversationAt(address), 10 * SECOND_MS);
    expect(await storedIn(received?.conversation.id ?? "")).toHaveLength(230);
    expect(await unsettledIn(address)).toEqual([]);
  });

  it("brings a changed state that came with no message", async () => {
    const address = newPhoneAddress();
    const [received] = await conversationAt(address).receive(textsFrom(address, 2));
    await letTimePass(conversationAt(address), 10 * SECOND_MS);
    await conversationAt(address).read(null);
    await conversationAt(address).setStatus("closed");
    await letTimePass(conversationAt(address), 10 * SECOND_MS);
    const rows = await rowsInD1(
      "SELECT unread_count, status FROM conversations WHERE id = ?",
      received?.conversation.id ?? "",
    );
    expect(rows).toEqual([{ unread_count: 0, status: "closed" }]);
  });

  it("has nothing to do in an object to which nothing happened", async () => {
    const stub = conversationAt(newPhoneAddress());
    await runInDurableObject(stub, async (_object, state) => state.storage.setAlarm(Date.now()));
    await runDurableObjectAlarm(stub);
    expect(await alarmOf(stub)).toBeNull();
  });

  it("tries again at most 15 seconds apart while D1 fails, and loses nothing (I2)", async () => {
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    const address = newPhoneAddress();
    const messages = textsFrom(address, 2);
    const pauses: number[] = [];
    const [received] = await withoutD1(async () => {
      const answer = await conversationAt(address).receive(messages);
      for (let failures = 0; failures < 7; failures += 1) {
        const at = await alarmOf(conversationAt(address));
        if (at === null) throw new Error("no alarm is set");
        pauses.push((at - Date.now()) / SECOND_MS);
        vi.setSystemTime(at);
        await runDurableObjectAlarm(conversationAt(address));
      }
      return answer;
    });
    expect(pauses).toEqual([1, 1, 2, 4, 8, 15, 15]);
    expect(await unsettledIn(address)).toEqual(wamids(messages));
    await letTimePass(conversationAt(address), 15 * SECOND_MS);
    expect(await storedIn(received?.conversation.id ?? "")).toEqual(wamids(messages));
  });

  it("goes on after the object stopped between two tries", async () => {
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    const address = newPhoneAddress();
    const messages = textsFrom(address, 1);
    const [received] = await withoutD1(async () => {
      const answer = await conversationAt(address).receive(messages);
      await letTimePass(conversationAt(address), 20 * SECOND_MS);
      return answer;
    });
    await stopAllObjects();
    await letTimePass(conversationAt(address), 15 * SECOND_MS);
    expect(await storedIn(received?.conversation.id ?? "")).toEqual(wamids(messages));
  });

  it("is set again on waking where it was lost", async () => {
    const address = newPhoneAddress();
    vi.spyOn(console, "error").mockReturnValue();
    await withoutD1(() => conversationAt(address).receive(textsFrom(address, 1)));
    await runInDurableObject(conversationAt(address), (_object, state) =>
      state.storage.deleteAlarm(),
    );
    await evictDurableObject(conversationAt(address));
    expect(await alarmOf(conversationAt(address))).toBe(Date.now() + SECOND_MS);
  });

  it("lets messages leave although D1 fails (their rows are there already)", async () => {
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    const { simulator } = startPaloma();
    const address = newPhoneAddress();
    const message = outgoingTemplate({ ready_at: Date.now() + 60 * SECOND_MS });
    await conversationAt(address).enqueue([message], address);
    await withoutD1(() => letTimePass(conversationAt(address), 75 * SECOND_MS));
    expect(simulator.sent.map(({ body }) => body["biz_opaque_callback_data"])).toEqual([
      message.id,
    ]);
  });
});

describe("a wamid", () => {
  const others = (address: Address, count: number) =>
    Array.from({ length: count }, () => inboundMessage({ address, type: "reaction" }));

  it("is known for 8 days, however many come after it, and forgotten later (I3)", async () => {
    const address = newPhoneAddress();
    const stub = () => conversationAt(address);
    const message = inboundMessage({ address });
    await stub().receive([message, ...others(address, 200)]);
    await stub().read(null);
    vi.setSystemTime(Date.now() + 8 * DAY_MS - 1);
    await stub().receive(others(address, 100));
    expect((await stub().receive([message]))[0]?.fresh).toEqual([]);
    vi.setSystemTime(Date.now() + 1);
    await stub().receive(others(address, 100));
    expect((await seenIn(stub())).some(({ id }) => id === message.id)).toBe(false);
    expect((await seenIn(stub())).length).toBeLessThan(64 + 200);
  });

  it("is kept as long as it is unread, for a read mark counts it (I4)", async () => {
    const address = newPhoneAddress();
    const stub = () => conversationAt(address);
    const [first, second] = textsFrom(address, 2);
    if (!first || !second) throw new Error("two texts were asked for");
    await stub().receive([first, second, ...others(address, 200)]);
    vi.setSystemTime(Date.now() + 30 * DAY_MS);
    await stub().receive(others(address, 100));
    expect((await seenIn(stub())).filter(({ unread }) => unread)).toHaveLength(2);
    expect((await stub().read(first.id))?.conversation.unread_count).toBe(1);
  });

  it("is kept while it is not in D1, however old (I2)", async () => {
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    const address = newPhoneAddress();
    const reaction = inboundMessage({ address, type: "reaction" });
    await withoutD1(async () => {
      await conversationAt(address).receive([reaction]);
      vi.setSystemTime(Date.now() + 9 * DAY_MS);
      await runDurableObjectAlarm(conversationAt(address));
    });
    expect(await unsettledIn(address)).toEqual(wamids([reaction]));
  });
});

describe("the read mark (I4)", () => {
  it("covers what was written before it, whenever that arrives", async () => {
    const address = newPhoneAddress();
    const [early, middle, late] = textsFrom(address, 3);
    if (!early || !middle || !late) throw new Error("three texts were asked for");
    await conversationAt(address).receive([middle]);
    expect((await conversationAt(address).read(null))?.conversation.unread_count).toBe(0);
    await conversationAt(address).receive([early]);
    const [received] = await conversationAt(address).receive([late]);
    expect(received?.conversation).toMatchObject({ unread_count: 1, read_up_to: middle.id });
  });

  it("leaves unread what came after it", async () => {
    const address = newPhoneAddress();
    const messages = textsFrom(address, 4);
    await conversationAt(address).receive(messages);
    expect(await conversationAt(address).read(messages[1]?.id ?? "")).toMatchObject({
      conversation: { unread_count: 2 },
    });
    expect(await conversationAt(address).read(messages[0]?.id ?? "")).toMatchObject({
      conversation: { unread_count: 2, read_up_to: messages[1]?.id },
    });
  });

  it("does not count reactions, edits and system messages", async () => {
    const address = newPhoneAddress();
    const messages = ["reaction", "edit", "revoke", "system", "text"].map((type) =>
      inboundMessage({ address, type }),
    );
    const [received] = await conversationAt(address).receive(messages);
    expect(received?.conversation.unread_count).toBe(1);
    const read = await conversationAt(address).read(messageIdAt(0));
    expect(read?.conversation.unread_count).toBe(1);
  });

  it("is nowhere without a conversation", async () => {
    const address = newPhoneAddress();
    expect(await conversationAt(address).read(null)).toBeNull();
    expect(await conversationAt(address).setStatus("closed")).toBeNull();
    expect(await conversationAt(address).cancel("msg_1")).toBeNull();
    expect(await conversationAt(address).send(outgoingMessage(), null)).toBeNull();
  });

  it("stays where nobody wrote yet", async () => {
    startPaloma();
    const address = newPhoneAddress();
    await conversationAt(address).send(outgoingTemplate(), address);
    expect(await conversationAt(address).read(null)).toMatchObject({
      conversation: { read_up_to: null },
    });
  });
});

describe("send (I7)", () => {
  it("is idempotent by the message's id, one after the other and at once", async () => {
    const { simulator } = startPaloma();
    const address = newPhoneAddress();
    const message = outgoingTemplate();
    const sends = await Promise.all(
      Array.from({ length: 10 }, () => conversationAt(address).send(message, address)),
    );
    await stopAllObjects();
    sends.push(await conversationAt(address).send(message, address));
    expect(simulator.sent).toHaveLength(1);
    for (const sent of sends) {
      expect(sent?.progress.report).toMatchObject({
        state: "accepted",
        wamid: simulator.sent[0]?.wamid,
      });
    }
  });

  it("that had to wait is remembered for 72 hours after its outcome is in D1, its content no longer", async () => {
    const { simulator } = startPaloma();
    const address = newPhoneAddress();
    const message = outgoingTemplate({ ready_at: Date.now() + SECOND_MS });
    await conversationAt(address).send(message, address);
    await letTimePass(conversationAt(address), 72 * HOUR_MS - 1);
    const outbox = "SELECT message FROM outbox";
    expect(await rowsIn(conversationAt(address), outbox)).toEqual([{ message: null }]);
    await conversationAt(address).send(message, address);
    expect(simulator.sent).toHaveLength(1);
    await letTimePass(conversationAt(address), HOUR_MS);
    expect(await rowsIn(conversationAt(address), outbox)).toEqual([]);
    expect(await alarmOf(conversationAt(address))).toBeNull();
  });

  it("whose call was interrupted is unconfirmed and never called again", async () => {
    const { simulator } = startPaloma();
    const address = newPhoneAddress();
    const message = outgoingTemplate({ ready_at: Date.now() + HOUR_MS });
    await conversationAt(address).send(message, address);
    await runInDurableObject(conversationAt(address), (_object, state) => {
      state.storage.sql.exec("UPDATE outbox SET stage = 'calling'");
    });
    await evictDurableObject(conversationAt(address));
    const sent = await conversationAt(address).send(message, address);
    expect(sent).toMatchObject({
      progress: { report: { state: "unconfirmed", error: { code: "interrupted" } } },
      // It may have been sent, so the conversation has moved.
      conversation: { last_message_at: Date.now() },
    });
    await letTimePass(conversationAt(address), DAY_MS);
    expect(simulator.calls).toEqual([]);
  });

  it("is committed as calling before the call leaves, and can't be taken back from there", async () => {
    const { simulator } = startPaloma();
    const address = newPhoneAddress();
    const message = outgoingTemplate();
    const { promise: calling, resolve: called } = Promise.withResolvers<null>();
    const { promise: answering, resolve: answer } = Promise.withResolvers<null>();
    vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
      called(null);
      await answering;
      return simulator.fetch(new Request(input, init));
    });
    const sending = conversationAt(address).send(message, address);
    await calling;
    const canceled = await conversationAt(address).cancel(message.id);
    expect(canceled?.progress.report.state).toBe("calling");
    const stages = "SELECT value ->> '$.sends[0].stage' AS stage FROM state";
    expect(await rowsIn(conversationAt(address), stages)).toEqual([{ stage: "calling" }]);
    answer(null);
    expect((await sending)?.progress.report.state).toBe("accepted");
  });

  it("queues a message for pace and refuses one whose caller cannot wait", async () => {
    const { simulator } = startPaloma();
    const address = newPhoneAddress();
    const messages = Array.from({ length: 46 }, () => outgoingTemplate());
    await conversationAt(address).enqueue(messages, address);
    await letTimePass(conversationAt(address), 0);
    const unwillingToWait = outgoingTemplate({ wait: false });
    const sent = await conversationAt(address).send(unwillingToWait, address);
    expect(sent?.progress.report).toMatchObject({
      state: "failed",
      error: { code: "pair_rate_limited" },
    });
    await letTimePass(conversationAt(address), 60 * SECOND_MS);
    expect(simulator.sent).toHaveLength(46);
  });

  it("delivers a batch of 60 in order, none refused for pace", async () => {
    const { simulator } = startPaloma();
    const address = newPhoneAddress();
    const messages = Array.from({ length: 60 }, () => outgoingTemplate());
    await conversationAt(address).enqueue(messages, address);
    await letTimePass(conversationAt(address), 0);
    expect(simulator.sent).toHaveLength(45);
    await letTimePass(conversationAt(address), 15 * 6 * SECOND_MS - 1);
    expect(simulator.sent).toHaveLength(59);
    await letTimePass(conversationAt(address), 1);
    expect(simulator.sent.map(({ body }) => body["biz_opaque_callback_data"])).toEqual(
      messages.map(({ id }) => id),
    );
    expect(simulator.calls.filter(({ status }) => status !== 200)).toEqual([]);
  });

  it("lets scheduled messages leave at their times, by alarm and not before", async () => {
    const { simulator } = startPaloma();
    const address = newPhoneAddress();
    const now = Date.now();
    const later = outgoingTemplate({ ready_at: now + 2 * HOUR_MS });
    const sooner = outgoingTemplate({ ready_at: now + HOUR_MS });
    for (const message of [later, sooner]) {
      const sent = await conversationAt(address).send(message, address);
      expect(sent?.progress.report.state).toBe("scheduled");
    }
    await letTimePass(conversationAt(address), HOUR_MS - 1);
    expect(simulator.calls).toEqual([]);
    await evictDurableObject(conversationAt(address));
    await letTimePass(conversationAt(address), 1);
    expect(simulator.sent.map(({ body }) => body["biz_opaque_callback_data"])).toEqual([sooner.id]);
    await letTimePass(conversationAt(address), HOUR_MS);
    expect(simulator.sent.map(({ acceptedAt }) => acceptedAt)).toEqual([
      sooner.ready_at,
      later.ready_at,
    ]);
  });

  it("lets a direct message pass those that are scheduled", async () => {
    const { simulator } = startPaloma();
    const address = newPhoneAddress();
    const scheduled = outgoingTemplate({ ready_at: Date.now() + HOUR_MS });
    await conversationAt(address).send(scheduled, address);
    const direct = await conversationAt(address).send(outgoingTemplate(), address);
    expect(direct?.progress.report.state).toBe("accepted");
    expect(simulator.sent).toHaveLength(1);
  });
});

describe("a BSUID of someone known by phone (I8)", () => {
  async function known() {
    const phone = newPhoneAddress();
    const userId = newUserId();
    const person = { ...NAMELESS, user_id: userId };
    const message = inboundMessage({ address: phone, person });
    const [received] = await conversationAt(phone).receive([message]);
    return {
      phone,
      user: { kind: "user", user_id: userId } satisfies Address,
      id: received?.conversation.id ?? "",
      message,
    };
  }

  it("leads to the conversation by phone, whatever is asked of it", async () => {
    const { simulator } = startPaloma();
    const { phone, user, id, message } = await known();
    const second = inboundMessage({ address: user, at: Date.now() + 1 });
    const [received] = await conversationAt(user).receive([second, message]);
    expect(received).toMatchObject({
      fresh: [second.wamid],
      conversation: { id, unread_count: 2, user_id: user.user_id, phone: phone.phone },
    });
    expect(await storedIn(id)).toEqual(wamids([message, second]));
    expect(await conversationAt(user).read(null)).toMatchObject({
      conversation: { id, unread_count: 0 },
    });
    expect(await conversationAt(user).setStatus("closed")).toMatchObject({
      conversation: { id, status: "closed" },
    });
    const sent = await conversationAt(user).send(outgoingTemplate(), user);
    expect(sent).toMatchObject({
      conversation: { id },
      progress: { report: { state: "accepted" } },
    });
    const scheduled = outgoingTemplate({ ready_at: Date.now() + HOUR_MS });
    await conversationAt(user).enqueue([scheduled], user);
    const canceled = await conversationAt(user).cancel(scheduled.id);
    expect(canceled).toMatchObject({
      conversation: { id },
      progress: { report: { state: "canceled" } },
    });
    expect(simulator.sent.map(({ input }) => input)).toEqual([`+${phone.phone}`]);
  });

  it("leads there still after both objects were evicted", async () => {
    const { phone, user, id } = await known();
    await evictDurableObject(conversationAt(user));
    await evictDurableObject(conversationAt(phone));
    const [received] = await conversationAt(user).receive([inboundMessage({ address: user })]);
    expect(received?.conversation).toMatchObject({ id, unread_count: 2 });
  });

  it("needs no alarm of its own", async () => {
    const { user } = await known();
    expect(await alarmOf(conversationAt(user))).toBeNull();
  });

  it("is linked by the alarm where the first call could not", async () => {
    const phone = newPhoneAddress();
    const user = { kind: "user", user_id: newUserId() } satisfies Address;
    const person = { ...NAMELESS, user_id: user.user_id };
    const [received] = await conversationAt(phone).receive([
      inboundMessage({ address: phone, person }),
    ]);
    // As if the object had stopped before it linked.
    await runInDurableObject(conversationAt(phone), (_object, state) => {
      const row = state.storage.sql.exec<{ value: string }>("SELECT value FROM state").one();
      const record = JSON.parse(row.value);
      for (const link of record.state.links) link.made = false;
      state.storage.sql.exec("UPDATE state SET value = ?", JSON.stringify(record));
    });
    await runInDurableObject(conversationAt(user), (_object, state) => {
      state.storage.sql.exec("DELETE FROM state");
    });
    await evictDurableObject(conversationAt(phone));
    await evictDurableObject(conversationAt(user));
    await runDurableObjectAlarm(conversationAt(phone));
    const [inside] = await rowsIn<{ version: number }>(
      conversationAt(phone),
      "SELECT value ->> '$.state.version' AS version FROM state",
    );
    // The link is a change as well: D1 follows it within the same alarm.
    expect(
      await rowsInD1("SELECT version FROM conversations WHERE phone = ?", phone.phone),
    ).toEqual([inside]);
    const [forwarded] = await conversationAt(user).receive([inboundMessage({ address: user })]);
    expect(forwarded?.conversation.id).toBe(received?.conversation.id);
  });

  it("keeps a conversation of its own where it had one before", async () => {
    const user = { kind: "user", user_id: newUserId() } satisfies Address;
    const [own] = await conversationAt(user).receive([inboundMessage({ address: user })]);
    const [other] = await conversationAt(newPhoneAddress()).receive([
      inboundMessage({ address: newPhoneAddress() }),
    ]);
    await conversationAt(user).pointTo(other?.conversation.id ?? "");
    const [again] = await conversationAt(user).receive([inboundMessage({ address: user })]);
    expect(again?.conversation).toMatchObject({ id: own?.conversation.id, unread_count: 2 });
  });

  it("is found by the conversation's id as by its name", async () => {
    const { phone, id } = await known();
    expect(conversationAt(phone).id.toString()).toBe(id);
    expect(await conversationWithId(id).read(null)).toMatchObject({
      conversation: { id, unread_count: 0 },
    });
  });
});
