/** I7 around an erasure: what is sent, what is not, and which answers the waiting callers get. */
import { evictDurableObject, runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import type { Effect } from "../../simulator/trouble/effect.ts";
import { BusinessNumber, type Slot } from "../../src/business-number/object.ts";
import { SendingAtOnce } from "../../src/conversation/sending/at-once.ts";
import { Conversation } from "../../src/conversation/object.ts";
import { Projector } from "../../src/conversation/sync/projector.ts";
import type { InboundMessage } from "../../src/message/inbound-message.ts";
import { inboundMessage, outgoingTemplate, SHOWN } from "../support/conversation-messages.ts";
import { conversationAt, rowsInD1 } from "../support/conversation-object.ts";
import {
  type Answer,
  eventually,
  newCustomer,
  NUMBER,
  type Paloma,
  startPaloma,
} from "../support/paloma.ts";
import { unique } from "../support/store-rows.ts";

const SECOND_MS = 1000;

const PAUSE_MS = 20;

let paloma: Paloma;
let held: number;

beforeEach(() => {
  held = 0;
  paloma = startPaloma();
  for (const level of ["info", "error"] as const) {
    vi.spyOn(console, level).mockImplementation(() => undefined);
  }
});

const erase = (address: string) => paloma.api("DELETE", `/v1/contacts/${address}`);

/** The customer writes, by Meta's clock now. */
async function write(from: string, body: string): Promise<void> {
  await paloma.simulator.customers.write({ from, content: { type: "text", body } });
  await paloma.simulator.flush();
}

async function customerWhoWrote(): Promise<string> {
  const from = newCustomer();
  await write(from, "hola");
  return from;
}

const text = (to: string, body = "va") => ({ to, text: { body } });

const send = (to: string, key = unique("key-"), body = "va") =>
  paloma.api("POST", "/v1/messages", text(to, body), { headers: { "idempotency-key": key } });

const sentTo = (customer: string) =>
  paloma.simulator.sent.filter(({ input }) => isOf(customer, input));

const callsToMeta = (customer: string) =>
  paloma.simulator.calls.filter(
    ({ route, recipient = "" }) => route === "messages" && isOf(customer, recipient),
  ).length;

/** However their number is spelt. */
function isOf(customer: string, written: string): boolean {
  return written.includes(customer.slice(3));
}

/** Meta answers no send to this customer until it is released, at the latest when the test ends. */
function holdMeta(customer: string): () => void {
  const meta = vi.mocked(globalThis.fetch);
  const answer = meta.getMockImplementation();
  if (answer === undefined) throw new Error("there is no simulator");
  const hold = newHold();
  meta.mockImplementation(async (input, init) => {
    if (typeof init?.body !== "string" || !isOf(customer, init.body)) return answer(input, init);
    held += 1;
    await hold.released();
    return answer(input, init);
  });
  return hold.release;
}

/** Holds up who waits for it until it is released, at the latest when the test ends. */
function newHold() {
  const hold = { isHeld: true };
  const release = (): void => {
    hold.isHeld = false;
  };
  onTestFinished(release);
  return {
    release,
    // A promise can't be settled for another object's request.
    async released(): Promise<void> {
      while (hold.isHeld) await scheduler.wait(PAUSE_MS);
    },
  };
}

const callHeld = () =>
  eventually(
    async () => held,
    (calls) => calls > 0,
  );

/** Begins an erasure that waits for the call under way; `end` has Meta answer and awaits it. */
async function beginToErase(to: string, release: () => void) {
  const erasing = erase(to);
  await eventually(
    () => objectOf(to).fateOf("msg_unknown", Date.now()),
    (fate) => fate !== "not_erased",
  );
  return {
    async end(): Promise<void> {
      release();
      expect((await erasing).status).toBe(204);
    },
  };
}

const addressOf = (from: string) => ({ kind: "phone", phone: `52${from.slice(3)}` }) as const;

const objectOf = (from: string) => conversationAt(addressOf(from));

/** Whatever is known by then: Meta took it, or may have. */
function expectMayHaveLeft({ status, body }: Answer): void {
  if (status === 201) return;
  expect({ status, body }).toMatchObject({
    status: 404,
    body: { code: "not_found", may_have_been_sent: true },
  });
  expect(body.detail).toMatch(/erased.*may have been sent/);
  expect(body.detail).not.toMatch(/new Idempotency-Key|nothing was sent|by itself/);
}

function expectNothingSent({ status, body }: Answer): void {
  expect({ status, body }).toMatchObject({ status: 404, body: { code: "not_found" } });
  expect(body.detail).toMatch(/erased.*nothing was sent/);
  expect(body).not.toHaveProperty("may_have_been_sent");
}

describe("I7: an erasure while messages leave", () => {
  test("lets the call under way end and starts no other", async () => {
    const to = await customerWhoWrote();
    const release = holdMeta(to);
    const keys = ["uno", "dos", "tres", "cuatro"].map(unique);
    const sending = keys.map((key) => send(to, key));
    await callHeld();
    const erasure = await beginToErase(to, release);
    await erasure.end();
    const answers = await Promise.all(sending);
    const first = answers.filter(
      ({ status, body }) => status === 201 || body.may_have_been_sent === true,
    );
    expect(first).toHaveLength(1);
    for (const answer of answers) {
      if (first.includes(answer)) expectMayHaveLeft(answer);
      else expectNothingSent(answer);
    }
    // Once more, with the same keys: no caller may read that nothing was sent.
    for (const key of keys) {
      const again = await send(to, key);
      expect(again.status).toBe(404);
      expectMayHaveLeft(again);
    }
    expect(callsToMeta(to)).toBe(1);
    expect(sentTo(to)).toHaveLength(1);
  });

  test.each<[string, Effect]>([
    ["no answer", { kind: "lost_connection", when: "after" }],
    ["a 500", { kind: "http_error", status: 500, when: "after" }],
  ])("whose call ends with %s says that it may have been sent", async (_what, effect) => {
    const to = await customerWhoWrote();
    paloma.simulator.rules.add({ match: { times: 1 }, effect });
    const release = holdMeta(to);
    const key = unique("key-");
    const sending = send(to, key);
    await callHeld();
    const erasure = await beginToErase(to, release);
    await erasure.end();
    const answer = await sending;
    // Unconfirmed, where it was answered right before.
    if (answer.status !== 202) expectMayHaveLeft(answer);
    expectMayHaveLeft(await send(to, key));
    expect(callsToMeta(to)).toBe(1);
  });

  test("whose call Meta refuses says that nothing was sent, or what Meta said", async () => {
    const to = await customerWhoWrote();
    const effect = { kind: "graph_error", code: 131_026, details: "Undeliverable." } as const;
    paloma.simulator.rules.add({ match: { times: 1 }, effect });
    const release = holdMeta(to);
    const sending = send(to);
    await callHeld();
    const erasure = await beginToErase(to, release);
    await erasure.end();
    const answer = await sending;
    if (answer.status !== 422) expectNothingSent(answer);
    expect(sentTo(to)).toEqual([]);
  });

  test("waits for no slot that is held", async () => {
    const to = await customerWhoWrote();
    const slot = Promise.withResolvers<Slot>();
    const takeSlot = vi
      .spyOn(BusinessNumber.prototype, "takeSlot")
      .mockImplementationOnce(() => slot.promise);
    const sending = [send(to), send(to)];
    await eventually(
      async () => takeSlot.mock.calls.length,
      (calls) => calls > 0,
    );
    expect((await erase(to)).status).toBe(204);
    for (const answer of await Promise.all(sending)) expectNothingSent(answer);
    slot.resolve({ kind: "granted", probe: false });
    expect(callsToMeta(to)).toBe(0);
  });

  test("calls Meta for no message whose key is confirmed meanwhile", async () => {
    const to = await customerWhoWrote();
    const hold = newHold();
    let isAsked = false;
    vi.spyOn(SendingAtOnce.prototype, "claim").mockImplementationOnce(async () => {
      isAsked = true;
      await hold.released();
      return { kind: "ours" };
    });
    const sending = send(to);
    await eventually(
      async () => isAsked,
      (asks) => asks,
    );
    const erasure = await beginToErase(to, hold.release);
    await erasure.end();
    expectNothingSent(await sending);
    expect(callsToMeta(to)).toBe(0);
  });

  test("answers no send before it is over, though the alarm holds it up", async () => {
    const to = await customerWhoWrote();
    const slot = Promise.withResolvers<Slot>();
    const takeSlot = vi
      .spyOn(BusinessNumber.prototype, "takeSlot")
      .mockImplementationOnce(() => slot.promise);
    const sending = send(to);
    await eventually(
      async () => takeSlot.mock.calls.length,
      (calls) => calls > 0,
    );
    let isAtWork = false;
    const hold = newHold();
    vi.spyOn(Projector.prototype, "sync").mockImplementationOnce(async () => {
      isAtWork = true;
      await hold.released();
    });
    const working = runDurableObjectAlarm(objectOf(to));
    await eventually(
      async () => isAtWork,
      (begins) => begins,
    );
    const erasure = await beginToErase(to, hold.release);
    const early = await Promise.race([sending, scheduler.wait(10 * PAUSE_MS)]);
    await erasure.end();
    slot.resolve({ kind: "granted", probe: false });
    await working;
    expect(early).toBeUndefined();
    expectNothingSent(await sending);
    expect(callsToMeta(to)).toBe(0);
  });

  test("takes back what would go in the place of another", async () => {
    const to = newCustomer();
    const slot = Promise.withResolvers<Slot>();
    const takeSlot = vi
      .spyOn(BusinessNumber.prototype, "takeSlot")
      .mockImplementationOnce(() => slot.promise);
    const params = { name: "Ana", pet: "Luna", date: "lunes", time: "10:00" };
    const fallback = { name: "appointment_reminder", params };
    const sending = paloma.api("POST", "/v1/messages", { ...text(to), fallback });
    await eventually(
      async () => takeSlot.mock.calls.length,
      (calls) => calls > 0,
    );
    expect((await erase(to)).status).toBe(204);
    expectNothingSent(await sending);
    slot.resolve({ kind: "granted", probe: false });
    expect(callsToMeta(to)).toBe(0);
  });

  test("is not found by who cancels one of its messages", async () => {
    const to = await customerWhoWrote();
    const later = { send_at: new Date(Date.now() + 60 * SECOND_MS).toISOString() };
    const { body } = await paloma.api("POST", "/v1/messages", { ...text(to), ...later });
    // The object has forgotten, D1 not yet.
    await objectOf(to).erase({ at: Date.now() });
    const path = `/v1/messages/${body.id}`;
    expect(await paloma.api("DELETE", path)).toMatchObject({ status: 404 });
    await erase(to);
  });

  test("waits for no slot that is far ahead", async () => {
    const to = await customerWhoWrote();
    vi.spyOn(BusinessNumber.prototype, "takeSlot").mockImplementationOnce(async () => {
      return { kind: "later", at: Date.now() + 60 * SECOND_MS };
    });
    const queued = await send(to);
    expect(queued).toMatchObject({ status: 202, body: { status: "queued" } });
    expect((await erase(to)).status).toBe(204);
    expect((await paloma.api("GET", `/v1/messages/${queued.body.id}`)).status).toBe(404);
    expect(callsToMeta(to)).toBe(0);
  });

  test("refuses what comes meanwhile, by whichever door", async () => {
    const to = await customerWhoWrote();
    const release = holdMeta(to);
    const first = send(to);
    await callHeld();
    const erasure = await beginToErase(to, release);
    const [late, later] = [unique("tarde-"), unique("más tarde-")];
    expectNothingSent(await send(to, unique("key-"), late));
    const batch = await paloma.api("POST", "/v1/messages/batch", {
      messages: [text(to, late), text(to, later)],
    });
    expect(batch.status).toBe(202);
    for (const { problem } of batch.body.data) {
      expectNothingSent({ status: problem.status, headers: new Headers(), body: problem });
    }
    const graph = await paloma.api("POST", `/v25.0/${NUMBER}/messages`, {
      messaging_product: "whatsapp",
      ...text(to),
    });
    expect(graph).toMatchObject({ status: 400, body: { error: { code: 100, error_subcode: 33 } } });
    expect(graph.body.error.error_data.details).toMatch(/erased.*nothing was sent/);
    expect(graph.body.error).not.toHaveProperty("is_transient");
    await erasure.end();
    expectMayHaveLeft(await first);
    expect(callsToMeta(to)).toBe(1);
    expect(await rowsInD1("SELECT id FROM messages WHERE body IN (?, ?)", late, later)).toEqual([]);
  });

  test("brings back nothing that came meanwhile, however late D1 has it", async () => {
    const to = await customerWhoWrote();
    const release = holdMeta(to);
    const sending = send(to);
    await callHeld();
    const erasure = await beginToErase(to, release);
    const hold = newHold();
    const late = Promise.withResolvers<null>();
    const d1: D1Database = Object.getPrototypeOf(env.DB);
    // oxlint-disable-next-line typescript/unbound-method -- called on the database below
    const original = d1.batch;
    vi.spyOn(d1, "batch").mockImplementationOnce(async function (this: D1Database, ...given) {
      await hold.released();
      return original.apply(this, given).finally(() => late.resolve(null));
    });
    const body = unique("mientras-");
    await write(to, body);
    await erasure.end();
    hold.release();
    await late.promise;
    expectMayHaveLeft(await sending);
    expect(await rowsInD1("SELECT id FROM messages WHERE body = ?", body)).toEqual([]);
  });

  test("waits for the letter of a message that D1 refuses, and erases it", async () => {
    const to = await customerWhoWrote();
    const hold = newHold();
    let isKept = false;
    const d1: D1Database = Object.getPrototypeOf(env.DB);
    // oxlint-disable-next-line typescript/unbound-method -- called on the database below
    const original = d1.batch;
    vi.spyOn(d1, "batch")
      .mockImplementationOnce(function (this: D1Database, ...given) {
        return original.apply(this, given);
      })
      .mockImplementationOnce(async function (this: D1Database, ...given) {
        isKept = true;
        await hold.released();
        return original.apply(this, given);
      });
    const message = inboundMessage({ address: addressOf(to) });
    const typeless: InboundMessage = JSON.parse(JSON.stringify({ ...message, type: null }));
    const receiving = objectOf(to).receive([typeless]);
    await eventually(
      async () => isKept,
      (keeps) => keeps,
    );
    const erasing = erase(to);
    await scheduler.wait(10 * PAUSE_MS);
    hold.release();
    expect((await erasing).status).toBe(204);
    await receiving;
    expect(
      await rowsInD1("SELECT id FROM dead_letters WHERE payload LIKE ?", `%${message.wamid}%`),
    ).toEqual([]);
  });

  test("leaves nothing to a message made before it, by whichever call that comes late", async () => {
    const to = await customerWhoWrote();
    const made = () => outgoingTemplate({ shown: SHOWN, made_at: Date.now() });
    const [message, queued] = [made(), made()];
    expect((await erase(to)).status).toBe(204);
    const address = addressOf(to);
    expect(await objectOf(to).dispatch({ message, address, key: null })).toEqual({
      kind: "not_taken",
    });
    expect(await objectOf(to).enqueue([queued], address)).toEqual([queued.id]);
    expect(await objectOf(to).whereabouts()).toBeNull();
    expect(callsToMeta(to)).toBe(0);
  });

  test("tells a client of Graph's that it may have been sent", async () => {
    const to = await customerWhoWrote();
    const headers = { "idempotency-key": unique("key-") };
    const body = { messaging_product: "whatsapp", ...text(to) };
    const sendByGraph = () => paloma.api("POST", `/v25.0/${NUMBER}/messages`, body, { headers });
    expect((await sendByGraph()).status).toBe(200);
    expect((await erase(to)).status).toBe(204);
    const again = await sendByGraph();
    expect(again).toMatchObject({ status: 400, body: { error: { code: 100 } } });
    expect(again.body.error.error_data.details).toMatch(/erased.*may have been sent/);
    expect(callsToMeta(to)).toBe(1);
  });

  test("is also answered for a key whose conversation is erased, singly and in a batch", async () => {
    const to = await customerWhoWrote();
    const { body } = await paloma.api("GET", `/v1/conversations?contact=${to}`);
    const message = { conversation_id: body.data[0].id, text: { body: "va" } };
    const key = unique("key-");
    const sendOnce = () =>
      paloma.api("POST", "/v1/messages", message, { headers: { "idempotency-key": key } });
    const sendBatch = () =>
      paloma.api("POST", "/v1/messages/batch", {
        messages: [{ ...message, idempotency_key: `${key}-b` }],
      });
    expect((await sendOnce()).status).toBe(201);
    const { body: batch } = await sendBatch();
    await eventually(
      async () => callsToMeta(to),
      (calls) => calls > 1,
    );
    expect(batch.data[0]).toHaveProperty("message");
    expect((await erase(to)).status).toBe(204);
    expectMayHaveLeft(await sendOnce());
    const [{ problem }] = (await sendBatch()).body.data;
    expect(problem).toMatchObject({ code: "not_found", may_have_been_sent: true });
    expect(callsToMeta(to)).toBe(2);
  });

  test("forgets with its object's memory what left, and then says so of nothing", async () => {
    const to = await customerWhoWrote();
    const { body } = await send(to);
    expect((await erase(to)).status).toBe(204);
    const stub = objectOf(to);
    const madeAt = Date.parse(body.created_at);
    expect(await stub.fateOf(body.id, madeAt)).toBe("may_have_been_sent");
    expect(await stub.fateOf("msg_never", madeAt)).toBe("unsent");
    await evictDurableObject(stub);
    const anew = objectOf(to);
    expect(await anew.fateOf(body.id, madeAt)).toBe("may_have_been_sent");
    expect(await anew.fateOf("msg_never", madeAt)).toBe("may_have_been_sent");
  });

  test("keeps what begins anew before all of the old is gone", async () => {
    const to = await customerWhoWrote();
    await send(to, unique("key-"), "de antes");
    // oxlint-disable-next-line typescript/unbound-method -- called on the object below
    const original = Conversation.prototype.erase;
    let isFirst = true;
    let sent: Answer | null = null;
    const spy = vi.spyOn(Conversation.prototype, "erase").mockImplementation(async function (
      this: Conversation,
      ...given
    ) {
      const erased = await original.apply(this, given);
      if (!isFirst) return erased;
      isFirst = false;
      await scheduler.wait(SECOND_MS);
      await write(to, "de después");
      sent = await send(to, unique("key-"), "respuesta");
      return erased;
    });
    expect((await erase(to)).status).toBe(204);
    spy.mockRestore();
    expect(sent).toMatchObject({ status: 201 });
    const { body } = await paloma.api("GET", `/v1/conversations?contact=${to}`);
    expect(body.data).toMatchObject([{ unread_count: 1, owner: null }]);
    const { body: list } = await paloma.api("GET", `/v1/conversations/${body.data[0].id}/messages`);
    const bodies = list.data.map((each: { body: string }) => each.body);
    expect(bodies.toSorted()).toEqual(["de después", "respuesta"]);
  });
});
