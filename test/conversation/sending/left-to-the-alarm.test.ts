import { evictDurableObject, runDurableObjectAlarm } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { BusinessNumber } from "../../../src/business-number/object.ts";
import { Outbox } from "../../../src/conversation/storage/outbox.ts";
import { OutboxTable } from "../../../src/conversation/tables/outbox-table.ts";
import { DAY_MS, HOUR_MS, outgoingMessage } from "../../support/conversation-messages.ts";
import {
  conversationWithId,
  letTimePass,
  rowsIn,
  stopTheClock,
} from "../../support/conversation-object.ts";
import { countCosts } from "../../support/count-costs.ts";
import { newCustomer, startPaloma } from "../../support/paloma.ts";

const SECOND_MS = 1000;

const reminder = () => ({
  to: newCustomer(),
  type: "template",
  template: {
    name: "appointment_reminder",
    params: { name: "Ana", pet: "Luna", date: "lunes", time: "10:00" },
  },
});

afterEach(() => {
  vi.useRealTimers();
});

describe("a message that is safe in its outbox (I7)", () => {
  it.each([
    ["a place in the line that is a fraction", 5000.5],
    ["a whole one", 5000],
  ])("is queued and sent in time with %s", async (_name, aheadMs) => {
    stopTheClock();
    const { api, simulator } = startPaloma();
    const at = Date.now() + aheadMs;
    // A number's object of 0.1.0 answers like this.
    vi.spyOn(BusinessNumber.prototype, "takeSlot").mockResolvedValueOnce({ kind: "later", at });
    const { status, body } = await api("POST", "/v1/messages", reminder());
    expect({ status, body }).toMatchObject({ status: 202, body: { status: "queued" } });
    const object = conversationWithId(body.conversation_id);
    const due = Math.ceil(at);
    expect(await rowsIn(object, "SELECT due_at, slot_at FROM outbox")).toEqual([
      { due_at: due, slot_at: due },
    ]);
    await letTimePass(object, 6 * SECOND_MS);
    expect(simulator.sent).toHaveLength(1);
  });

  it("keeps its slot where the number's object fails", async () => {
    stopTheClock();
    const { api, simulator } = startPaloma();
    const slotAt = Date.now() + 3 * SECOND_MS;
    const takeSlot = vi
      .spyOn(BusinessNumber.prototype, "takeSlot")
      .mockResolvedValueOnce({ kind: "later", at: slotAt + 500, slot_at: slotAt })
      .mockRejectedValueOnce(new Error("the object was reset"));
    const { body } = await api("POST", "/v1/messages", reminder());
    await letTimePass(conversationWithId(body.conversation_id), 20 * SECOND_MS);
    expect(simulator.sent).toHaveLength(1);
    expect(takeSlot.mock.calls).toEqual([[null], [slotAt], [slotAt]]);
  });

  it("is answered 202 and sent by the alarm, whatever throws before it is called", async () => {
    stopTheClock();
    const { api, simulator } = startPaloma();
    vi.spyOn(Outbox.prototype, "call").mockImplementationOnce(() => {
      throw new Error("a fault of ours");
    });
    const { status, body } = await api("POST", "/v1/messages", reminder());
    expect({ status, body }).toMatchObject({ status: 202, body: { status: "queued" } });
    expect(simulator.calls).toHaveLength(0);
    await letTimePass(conversationWithId(body.conversation_id), 30 * SECOND_MS);
    expect(simulator.sent).toHaveLength(1);
  });

  it("is answered 202 where it waits behind another, whatever throws", async () => {
    stopTheClock();
    const { api, simulator } = startPaloma();
    const first = reminder();
    const at = Date.now() + 3 * SECOND_MS;
    vi.spyOn(BusinessNumber.prototype, "takeSlot").mockResolvedValueOnce({ kind: "later", at });
    await api("POST", "/v1/messages", first);
    vi.spyOn(OutboxTable.prototype, "head").mockImplementationOnce(() => {
      throw new Error("a fault of ours");
    });
    const { status, body } = await api("POST", "/v1/messages", first);
    expect({ status, body }).toMatchObject({ status: 202, body: { status: "queued" } });
    await letTimePass(conversationWithId(body.conversation_id), 30 * SECOND_MS);
    expect(simulator.sent).toHaveLength(2);
  });

  it("is unconfirmed, and not sent again, where something throws after the call", async () => {
    stopTheClock();
    const { api, simulator } = startPaloma();
    vi.spyOn(Outbox.prototype, "finish").mockImplementationOnce(() => {
      throw new Error("a fault of ours");
    });
    const { status, body } = await api("POST", "/v1/messages", reminder());
    expect({ status, body }).toMatchObject({ status: 202, body: { status: "unconfirmed" } });
    const object = conversationWithId(body.conversation_id);
    await runDurableObjectAlarm(object);
    await letTimePass(object, 30 * SECOND_MS);
    expect(simulator.sent).toHaveLength(1);
  });
});

describe("an outbox in which an older object left 10,000 messages", () => {
  const WAITING = 10_000;

  it("costs a send and an alarm a few rows, once its object has made indexes", async () => {
    stopTheClock();
    const { api } = startPaloma();
    const to = newCustomer();
    const { body } = await api("POST", "/v1/messages", { ...reminder(), to });
    const object = conversationWithId(body.conversation_id);
    await letTimePass(object, 20 * SECOND_MS);
    const at = Date.now() + 30 * DAY_MS;
    const waits = JSON.stringify(outgoingMessage({ ready_at: at, expires_at: at + DAY_MS }));
    await rowsIn(
      object,
      `WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?1)
       INSERT INTO outbox (message_id, stage, ready_at, due_at, attempts, message, report, revision,
         recorded, created_at)
       SELECT printf('msg_%016x%016x', n, n), 'waiting', ?2, ?2, 0, ?3,
         '{"state":"scheduled","error":null}', 1, 1, ?4 FROM numbers`,
      WAITING,
      at,
      waits,
      Date.now(),
    );
    await evictDurableObject(object);
    const soFar = await countCosts();
    const reads = async (work: () => Promise<unknown>) => {
      const before = (await soFar()).objectRowsRead;
      await work();
      return (await soFar()).objectRowsRead - before;
    };
    const send = (more = {}) => api("POST", "/v1/messages", { ...reminder(), to, ...more });
    const alarm = () => runDurableObjectAlarm(object);
    expect(await reads(send)).toBeLessThan(1.1 * WAITING);
    expect(await reads(alarm)).toBeLessThan(10);
    expect(await reads(send)).toBeLessThan(20);
    expect(await reads(alarm)).toBeLessThan(10);
    const send_at = new Date(Date.now() + HOUR_MS).toISOString();
    expect(await reads(() => send({ send_at }))).toBeLessThan(40);
    expect(await reads(() => letTimePass(object, HOUR_MS))).toBeLessThan(40);
  });
});
