/** I7 on the short way of a send: what remains where its object stops. */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  inboundMessage,
  newPhoneAddress,
  outgoingMessage,
  outgoingTemplate,
  SHOWN,
} from "../../support/conversation-messages.ts";
import {
  conversationAt,
  letTimePass,
  rowsInD1,
  stopTheClock,
} from "../../support/conversation-object.ts";
import { faultyD1 } from "../../support/faulty-d1.ts";
import { eventually, newCustomer, type Paloma, startPaloma } from "../../support/paloma.ts";
import { unique } from "../../support/store-rows.ts";
import { stopAllObjects } from "../../support/under-way.ts";

const SECOND_MS = 1000;

let paloma: Paloma;

beforeEach(() => {
  stopTheClock();
  paloma = startPaloma();
  vi.spyOn(console, "error").mockReturnValue();
});

afterEach(() => {
  vi.useRealTimers();
});

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

const reminder = (to: string) => {
  const params = { name: "Ana", pet: "Luna", date: "lunes", time: "10:00" };
  return { to, type: "template", template: { name: "appointment_reminder", params } };
};

const key = () => ({
  sent_by: "clinic",
  key: unique("key-"),
  request_hash: "a digest",
  created_at: Date.now(),
  erased_key_id: unique("erased-"),
});

/** The customer's object, and the send that ends with it. */
function sendTo(customer: string) {
  const headers = { "idempotency-key": unique("key-") };
  const send = () =>
    paloma.api("POST", "/v1/messages", reminder(customer), { headers }).catch(() => null);
  const address = { kind: "phone" as const, phone: `52${customer.slice(3)}` };
  return { send, address, object: () => conversationAt(address) };
}

describe("an object that stops", () => {
  test("while Meta is called leaves the message unconfirmed, and its alarm brings the row", async () => {
    const { send, object } = sendTo(newCustomer());
    paloma.simulator.rules.add({ effect: { kind: "delay", milliseconds: 60_000 } });
    const sending = send();
    await eventually(
      async () => vi.mocked(globalThis.fetch).mock.calls.length,
      (calls) => calls === 1,
    );
    await stopAllObjects();
    await sending;
    await letTimePass(object(), 20 * SECOND_MS);
    const [row] = await rowsInD1<{ state: string }>(
      "SELECT state FROM messages WHERE conversation_id = ?",
      object().id.toString(),
    );
    expect(row).toEqual({ state: "unconfirmed" });
    expect(await send()).toMatchObject({ status: 202, body: { status: "unconfirmed" } });
    expect(vi.mocked(globalThis.fetch)).toHaveBeenCalledOnce();
  });

  test("while Meta is called leaves it unconfirmed, though its alarm has shown it as queued", async () => {
    const { send, object } = sendTo(newCustomer());
    paloma.simulator.rules.add({ effect: { kind: "delay", milliseconds: 60_000 } });
    const sending = send();
    await eventually(
      async () => vi.mocked(globalThis.fetch).mock.calls.length,
      (calls) => calls === 1,
    );
    const stored = () =>
      rowsInD1<{ state: string }>(
        "SELECT state FROM messages WHERE conversation_id = ?",
        object().id.toString(),
      );
    const alarm = runDurableObjectAlarm(object()).catch(() => false);
    await eventually(stored, (rows) => rows.length > 0);
    expect(await stored()).toEqual([{ state: "queued" }]);
    await stopAllObjects();
    await Promise.all([sending, alarm]);
    await letTimePass(object(), 20 * SECOND_MS);
    expect(await stored()).toEqual([{ state: "unconfirmed" }]);
  });

  test("before D1 had the key has sent nothing, and the caller who repeats sends it", async () => {
    const { send, object } = await stoppedBeforeTheKey();
    await letTimePass(object(), 20 * SECOND_MS);
    expect(paloma.simulator.calls).toEqual([]);
    const shown = () =>
      rowsInD1("SELECT version FROM conversations WHERE id = ?", object().id.toString());
    // Nothing was said to a new customer, so there is no conversation either.
    expect(await shown()).toEqual([]);
    expect(await send()).toMatchObject({ status: 201 });
    expect(paloma.simulator.sent).toHaveLength(1);
    expect(await shown()).toHaveLength(1);
  });

  test("before D1 had the key leaves no row, though the customer writes before the alarm", async () => {
    const { address, object } = await stoppedBeforeTheKey();
    await object().receive([inboundMessage({ address })]);
    const stored = () =>
      rowsInD1("SELECT direction FROM messages WHERE conversation_id = ?", object().id.toString());
    expect(await stored()).toEqual([{ direction: "inbound" }]);
    await letTimePass(object(), 20 * SECOND_MS);
    expect(await stored()).toEqual([{ direction: "inbound" }]);
  });

  test("before D1 had the key leaves the conversation as it was, and is repeated by the same call", async () => {
    const customer = newCustomer();
    const { address } = sendTo(customer);
    await paloma.simulator.customers.write({
      from: customer,
      content: { type: "text", body: "hola" },
    });
    await paloma.simulator.flush();
    const [{ at } = { at: 0 }] = await rowsInD1<{ at: number }>(
      "SELECT waiting_since AS at FROM conversations WHERE id = ?",
      conversationAt(address).id.toString(),
    );
    const shown = () =>
      rowsInD1(
        "SELECT status, waiting_since FROM conversations WHERE id = ?",
        conversationAt(address).id.toString(),
      );
    const waits = [{ status: "pending", waiting_since: at }];
    expect(await shown()).toEqual(waits);
    const message = outgoingMessage({ shown: SHOWN, made_at: Date.now() });
    const given = { message, address, key: key() };
    const isAsked = faultyD1().hangAfter(0);
    const sending = conversationAt(address)
      .dispatch(given)
      .catch(() => null);
    await eventually(
      async () => isAsked(),
      (asked) => asked,
    );
    await stopAllObjects();
    await sending;
    await conversationAt(address).bring();
    expect(await shown()).toEqual(waits);
    expect(await conversationAt(address).dispatch(given)).toMatchObject({
      sent: { progress: { report: { state: "accepted" } } },
    });
    expect(await shown()).toEqual([{ status: "active", waiting_since: null }]);
    expect(paloma.simulator.sent).toHaveLength(1);
  });

  test("before D1 had the key says nothing of the message while D1 does not answer", async () => {
    const address = newPhoneAddress();
    const d1 = faultyD1();
    const message = outgoingTemplate({ shown: SHOWN, made_at: Date.now() });
    const given = { message, address, key: key() };
    const isAsked = d1.hangAfter(0);
    const sending = conversationAt(address)
      .dispatch(given)
      .catch(() => null);
    await eventually(
      async () => isAsked(),
      (asked) => asked,
    );
    await stopAllObjects();
    await sending;
    d1.set("refused");
    const again = conversationAt(address)
      .dispatch(given)
      .catch((error: Error) => error.message);
    expect(await again).toContain("overloaded");
  });

  test("before D1 had the outcome brings it when its own alarm wakes it", async () => {
    vi.useRealTimers();
    const { address } = sendTo(newCustomer());
    const d1 = faultyD1();
    d1.set("hangs");
    const message = outgoingTemplate({ shown: SHOWN, made_at: Date.now() });
    const sending = conversationAt(address)
      .dispatch({ message, address, key: null })
      .catch(() => null);
    await eventually(
      () => sendsIn(address),
      ([send]) => send?.["stage"] === "done",
    );
    await stopAllObjects();
    await sending;
    d1.set("none");
    // Any call would wake it before.
    const rows = await eventually(
      () => rowsInD1("SELECT state FROM messages WHERE id = ?", message.id),
      ({ length }) => length > 0,
    );
    expect(rows).toEqual([{ state: "accepted" }]);
    expect(paloma.simulator.sent).toHaveLength(1);
  });

  test("with an outcome that D1 lacks brings it after waking", async () => {
    const address = newPhoneAddress();
    const d1 = faultyD1();
    d1.set("refused");
    const message = outgoingTemplate({ shown: SHOWN, made_at: Date.now() });
    const sent = await conversationAt(address).dispatch({ message, address, key: null });
    expect(sent).toMatchObject({ sent: { in_d1: false }, shown: { row: { state: "accepted" } } });
    await evictDurableObject(conversationAt(address));
    d1.set("none");
    await runDurableObjectAlarm(conversationAt(address));
    expect(await rowsInD1("SELECT state FROM messages WHERE id = ?", message.id)).toEqual([
      { state: "accepted" },
    ]);
    expect(paloma.simulator.sent).toHaveLength(1);
  });
});

/** A send whose object stopped while D1 hung over its key; from now on D1 answers. */
async function stoppedBeforeTheKey(): Promise<ReturnType<typeof sendTo>> {
  const sent = sendTo(newCustomer());
  const d1 = faultyD1();
  d1.set("hangs");
  const sending = sent.send();
  await eventually(
    () => sendsIn(sent.address),
    (sends) => sends.length === 1,
  );
  await stopAllObjects();
  await sending;
  d1.set("none");
  return sent;
}
