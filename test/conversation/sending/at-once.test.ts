/** I7 on the short way of a send: what the object stores, and what remains where something stops it. */
import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { SendingAtOnce } from "../../../src/conversation/sending/at-once.ts";
import { BusinessNumber, type Slot } from "../../../src/business-number/object.ts";
import { outboundMessageId } from "../../../src/lib/ids.ts";
import { createDatabase } from "../../../src/store/d1.ts";
import { claimKeys } from "../../../src/store/idempotency-keys.ts";
import {
  inboundMessage,
  newPhoneAddress,
  outgoingTemplate,
  SHOWN,
} from "../../support/conversation-messages.ts";
import {
  alarmOf,
  conversationAt,
  letTimePass,
  rowsIn,
  rowsInD1,
  stopTheClock,
} from "../../support/conversation-object.ts";
import { faultyD1 } from "../../support/faulty-d1.ts";
import { eventually, newCustomer, type Paloma, startPaloma } from "../../support/paloma.ts";
import { unique } from "../../support/store-rows.ts";

const SECOND_MS = 1000;
const HOUR_MS = 3600 * SECOND_MS;

let paloma: Paloma;

beforeEach(() => {
  stopTheClock();
  paloma = startPaloma();
  vi.spyOn(console, "error").mockReturnValue();
});

afterEach(() => {
  vi.useRealTimers();
});

const sendable = (members = {}) =>
  outgoingTemplate({ shown: SHOWN, made_at: Date.now(), ...members });

function keyed(key = unique("key-")) {
  return {
    sent_by: "clinic",
    key,
    request_hash: "hash",
    created_at: Date.now(),
    erased_key_id: env.CONVERSATION.newUniqueId().toString(),
  };
}

type Address = ReturnType<typeof newPhoneAddress>;

const sendsIn = (address: Address) =>
  runInDurableObject(conversationAt(address), (_object, state) => {
    const { sql } = state.storage;
    const isMade =
      sql.exec("SELECT 1 FROM sqlite_schema WHERE name = 'state'").toArray().length > 0;
    const [row] = isMade ? sql.exec<{ value: string }>("SELECT value FROM state").toArray() : [];
    const { sends = [] } = JSON.parse(row?.value ?? "{}");
    return sends as Record<string, unknown>[]; // oxlint-disable-line typescript/no-unsafe-type-assertion -- an object's own row
  });

/** Meta is called and does not answer until it is released. */
function holdMeta() {
  const { promise: called, resolve: call } = Promise.withResolvers<null>();
  const { promise: released, resolve: release } = Promise.withResolvers<null>();
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
    call(null);
    await released;
    return paloma.simulator.fetch(new Request(input, init));
  });
  return { called, release };
}

describe("a send that nothing holds up", () => {
  test("is under way in the object's row before Meta is called, and needs no table", async () => {
    const address = newPhoneAddress();
    const { called, release } = holdMeta();
    const message = sendable();
    const sending = conversationAt(address).dispatch({ message, address, key: null });
    await called;
    expect(await sendsIn(address)).toMatchObject([{ message_id: message.id, stage: "calling" }]);
    expect(await alarmOf(conversationAt(address))).not.toBeNull();
    release(null);
    expect(await sending).toMatchObject({ kind: "sent", shown: { row: { state: "accepted" } } });
    expect(await rowsIn(conversationAt(address), "SELECT * FROM outbox")).toEqual([]);
    expect(await rowsInD1("SELECT state FROM messages WHERE id = ?", message.id)).toEqual([
      { state: "accepted" },
    ]);
  });

  test("whose call takes long is shown as queued by the alarm, and then as what became of it", async () => {
    const address = newPhoneAddress();
    const { called, release } = holdMeta();
    const message = sendable();
    const sending = conversationAt(address).dispatch({ message, address, key: null });
    await called;
    const working = runDurableObjectAlarm(conversationAt(address));
    const stateInD1 = async () =>
      (await rowsInD1<{ state: string }>("SELECT state FROM messages WHERE id = ?", message.id))[0];
    await eventually(stateInD1, (row) => row?.state === "queued");
    release(null);
    await Promise.all([sending, working]);
    expect(await stateInD1()).toEqual({ state: "accepted" });
  });

  test("comes after all messages that the conversation has, though Meta's clock is ahead", async () => {
    const address = newPhoneAddress();
    const at = Date.now() + 60 * SECOND_MS;
    const inbound = inboundMessage({
      address,
      at,
      id: `${outboundMessageId(at).slice(0, 16)}0000${"a".repeat(16)}`,
    });
    await conversationAt(address).receive([inbound]);
    const message = sendable();
    const key = keyed();
    const first = await conversationAt(address).dispatch({ message, address, key });
    if (first.kind !== "sent") throw new Error("it was not sent");
    const { message_id } = first.sent.progress;
    expect(message_id > inbound.id).toBe(true);
    expect(message_id.slice(20)).toBe(message.id.slice(20));
    // Repeated under the id that the Worker gave it, it is the same message.
    const again = await conversationAt(address).dispatch({ message, address, key: null });
    expect(again).toMatchObject({ sent: { progress: { message_id } } });
    expect(paloma.simulator.sent).toHaveLength(1);
  });

  test("waits in the table where its slot does not come at once, and leaves with it", async () => {
    const address = newPhoneAddress();
    // The tables are made with the first send.
    await conversationAt(address).dispatch({ message: sendable(), address, key: null });
    const { length: before } = paloma.simulator.sent;
    const slot = Promise.withResolvers<Slot>();
    const takeSlot = vi
      .spyOn(BusinessNumber.prototype, "takeSlot")
      .mockImplementationOnce(() => slot.promise);
    const message = sendable();
    const sending = conversationAt(address).dispatch({ message, address, key: null });
    const stages = () => rowsIn(conversationAt(address), "SELECT stage FROM outbox");
    await eventually(stages, (rows) => rows.length === 1);
    expect(await stages()).toEqual([{ stage: "waiting" }]);
    expect(await sendsIn(address)).toMatchObject([{ stage: "done" }]);
    slot.resolve({ kind: "granted", probe: false });
    expect(await sending).toMatchObject({
      kind: "sent",
      sent: { progress: { report: { state: "accepted" } } },
    });
    expect(takeSlot).toHaveBeenCalledOnce();
    expect(paloma.simulator.sent).toHaveLength(before + 1);
  });

  test("does not pass one that waits for its slot", async () => {
    const address = newPhoneAddress();
    vi.spyOn(BusinessNumber.prototype, "takeSlot").mockResolvedValueOnce({
      kind: "later",
      at: Date.now() + 3 * SECOND_MS,
    });
    const messages = [sendable(), sendable()];
    for (const message of messages) {
      const sent = await conversationAt(address).dispatch({ message, address, key: null });
      expect(sent).toMatchObject({ sent: { progress: { report: { state: "queued" } } } });
    }
    await letTimePass(conversationAt(address), HOUR_MS);
    expect(paloma.simulator.sent.map(({ body }) => body["biz_opaque_callback_data"])).toEqual(
      messages.map(({ id }) => id),
    );
  });

  test("spends the pair rate once, however it leaves", async () => {
    const address = newPhoneAddress();
    const paceOf = async () =>
      (
        await rowsIn<{ at: number }>(
          conversationAt(address),
          "SELECT value ->> '$.state.pair_rate_at' AS at FROM state",
        )
      )[0]?.at;
    await conversationAt(address).dispatch({ message: sendable(), address, key: null });
    const once = await paceOf();
    vi.spyOn(BusinessNumber.prototype, "takeSlot").mockResolvedValueOnce({
      kind: "later",
      at: Date.now() + SECOND_MS,
    });
    await conversationAt(address).dispatch({ message: sendable(), address, key: null });
    expect(await paceOf()).toBe(once);
  });
});

describe("an idempotency key", () => {
  test("that D1 confirms long after the slot came has the send ask for another slot", async () => {
    const address = newPhoneAddress();
    const takeSlot = vi.spyOn(BusinessNumber.prototype, "takeSlot");
    const act = async (): Promise<void> => {
      await takeSlot.mock.results[0]?.value;
      await scheduler.wait(10);
      vi.setSystemTime(Date.now() + SECOND_MS);
    };
    // D1 may hold up many customers' claims, which it then answers at once.
    faultyD1().interrupt({ skipped: 0, moment: "after", act });
    const message = sendable();
    const sent = await conversationAt(address).dispatch({ message, address, key: keyed() });
    expect(sent).toMatchObject({ sent: { progress: { report: { state: "accepted" } } } });
    expect(takeSlot).toHaveBeenCalledTimes(2);
    await conversationAt(address).dispatch({ message: sendable(), address, key: keyed() });
    expect(takeSlot).toHaveBeenCalledTimes(3);
  });

  test("that is another message's takes the send back, and leaves no conversation", async () => {
    const address = newPhoneAddress();
    const key = keyed();
    const holder = { ...key, message_id: outboundMessageId(Date.now()), conversation_id: "other" };
    await claimKeys(createDatabase(env.DB), [holder]);
    const answer = await conversationAt(address).dispatch({ message: sendable(), address, key });
    expect(answer).toMatchObject({
      kind: "not_ours",
      answer: { kind: "earlier", holder: { message_id: holder.message_id } },
    });
    expect(paloma.simulator.calls).toEqual([]);
    expect(await sendsIn(address)).toEqual([]);
    expect(await conversationAt(address).whereabouts()).toBeNull();
  });

  test("that D1 has not confirmed stands for no message of the object's", async () => {
    const address = newPhoneAddress();
    const key = keyed();
    const holder = { ...key, message_id: outboundMessageId(Date.now()), conversation_id: "other" };
    await claimKeys(createDatabase(env.DB), [holder]);
    const hold = { isAsked: false, isHeld: true };
    // oxlint-disable-next-line typescript/unbound-method -- called on the object's own below
    const original = SendingAtOnce.prototype.claim;
    vi.spyOn(SendingAtOnce.prototype, "claim").mockImplementationOnce(async function (
      this: SendingAtOnce,
      ...given
    ) {
      hold.isAsked = true;
      // A promise can't be settled for another object's request.
      while (hold.isHeld) await scheduler.wait(1);
      return original.apply(this, given);
    });
    const dispatch = () => conversationAt(address).dispatch({ message: sendable(), address, key });
    const first = dispatch();
    await eventually(
      async () => hold.isAsked,
      (asks) => asks,
    );
    const second = await dispatch();
    hold.isHeld = false;
    for (const answer of [await first, second]) {
      expect(answer).toMatchObject({ answer: { holder: { message_id: holder.message_id } } });
    }
    expect(paloma.simulator.calls).toEqual([]);
  });

  test("that D1 does not answer for takes it back, too: nothing is sent", async () => {
    const address = newPhoneAddress();
    const d1 = faultyD1();
    d1.set("refused");
    const answer = await conversationAt(address).dispatch({
      message: sendable(),
      address,
      key: keyed(),
    });
    expect(answer).toMatchObject({ kind: "not_ours", answer: { kind: "unknown" } });
    d1.set("none");
    await letTimePass(conversationAt(address), HOUR_MS);
    expect(paloma.simulator.calls).toEqual([]);
    expect(await conversationAt(address).whereabouts()).toBeNull();
  });

  test("of one of the last messages is known without D1 and without a slot", async () => {
    const address = newPhoneAddress();
    const key = keyed();
    await conversationAt(address).dispatch({ message: sendable(), address, key });
    const takeSlot = vi.spyOn(BusinessNumber.prototype, "takeSlot");
    const d1 = faultyD1();
    d1.set("refused");
    const again = await conversationAt(address).dispatch({ message: sendable(), address, key });
    expect(again).toMatchObject({ answer: { kind: "earlier", holder: { request_hash: "hash" } } });
    expect(takeSlot).not.toHaveBeenCalled();
  });

  test("of 100 requests at once is one message", async () => {
    const to = newCustomer();
    const headers = { "idempotency-key": unique("key-") };
    const answers = await Promise.all(
      Array.from({ length: 100 }, () =>
        paloma.api("POST", "/v1/messages", reminder(to), { headers }),
      ),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    expect(new Set(answers.map((answer) => answer.body.id)).size).toBe(1);
    expect(paloma.simulator.sent).toHaveLength(1);
  });
});

const reminder = (to: string) => {
  const params = { name: "Ana", pet: "Luna", date: "lunes", time: "10:00" };
  return { to, type: "template", template: { name: "appointment_reminder", params } };
};

test("I7: an outage of D1 does not fill the one row, and every message gets its row after it", async () => {
  const address = newPhoneAddress();
  const d1 = faultyD1();
  d1.set("refused");
  const shown = { ...SHOWN, body: "x".repeat(30_000) };
  for (let n = 0; n < 30; n += 1) {
    vi.setSystemTime(Date.now() + 20 * SECOND_MS);
    await conversationAt(address).dispatch({ message: sendable({ shown }), address, key: null });
  }
  const [row] = await rowsIn<{ size: number }>(
    conversationAt(address),
    "SELECT length(value) AS size FROM state",
  );
  expect(row?.size).toBeLessThan(100_000);
  d1.set("none");
  await letTimePass(conversationAt(address), HOUR_MS);
  const id = conversationAt(address).id.toString();
  expect(
    await rowsInD1("SELECT state, count(*) AS n FROM messages WHERE conversation_id = ?", id),
  ).toEqual([{ state: "accepted", n: 30 }]);
  expect(paloma.simulator.sent).toHaveLength(30);
});
