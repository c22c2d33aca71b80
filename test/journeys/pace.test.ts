import {
  createExecutionContext,
  runDurableObjectAlarm,
  waitOnExecutionContext,
} from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Simulator } from "../../simulator/simulator.ts";
import { app } from "../../src/app.ts";
import { BusinessNumber } from "../../src/business-number/object.ts";
import {
  alarmOf,
  conversationWithId,
  letTimePass,
  stopTheClock,
} from "../support/conversation-object.ts";
import { newCustomer, startPaloma, type Answer } from "../support/paloma.ts";
import { recordedD1 } from "../support/recorded-d1.ts";

const SECOND_MS = 1000;

/** Three times as many as are held until they may leave: the others come back. */
const CUSTOMERS = 500;

/** Far more than it takes; two slow cores are shared with other work. */
const PATIENCE_MS = 240 * SECOND_MS;

const REMINDER = {
  type: "template",
  template: {
    name: "appointment_reminder",
    params: { name: "Ana", pet: "Luna", date: "lunes", time: "10:00" },
  },
};

/** What Meta refused, by its code. */
function refusals({ calls }: Simulator): (number | null)[] {
  return calls.filter(({ status }) => status !== 200).map(({ errorCode }) => errorCode);
}

/** Our ids, in the order in which Meta accepted them. */
function accepted({ sent }: Simulator): unknown[] {
  return sent.map(({ body }) => body["biz_opaque_callback_data"]);
}

afterEach(() => {
  vi.useRealTimers();
});

describe("the pace of a business number", () => {
  it(
    "takes 500 messages to 100 customers, each in order, and Meta is never too busy",
    async () => {
      // A quarter above the pace: a busy machine holds messages back for longer than a network does.
      const messagesPerSecond = 1.25 * Number(env.MESSAGES_PER_SECOND);
      const { simulator } = startPaloma({ automaticStatuses: [], messagesPerSecond });
      const customers = Array.from({ length: 100 }, newCustomer);
      const messages = Array.from({ length: 500 }, (_, place) => ({
        to: customers[place % 100],
        ...REMINDER,
      }));
      const { database, record } = recordedD1(env.DB);
      const context = createExecutionContext();
      const response = await app.fetch(
        new Request("https://paloma.test/v1/messages/batch", {
          method: "POST",
          headers: { authorization: "Bearer test-clinic-token" },
          body: JSON.stringify({ messages }),
        }),
        { ...env, DB: database },
        context,
      );
      await waitOnExecutionContext(context);
      expect(response.status).toBe(202);
      // An invocation may ask D1 a thousand things.
      expect(record.statements.length).toBeLessThan(50);
      const { data }: { data: { message: { id: string } }[] } = await response.json();
      const ids = data.map(({ message }) => message.id);
      const end = performance.now() + PATIENCE_MS;
      while (accepted(simulator).length < ids.length && performance.now() < end) {
        await scheduler.wait(100);
      }
      const arrived = accepted(simulator);
      expect(new Set(arrived)).toEqual(new Set(ids));
      expect(arrived).toHaveLength(ids.length);
      for (const customer of customers.keys()) {
        const own = ids.filter((_, place) => place % 100 === customer);
        expect(arrived.filter((id) => own.includes(String(id)))).toEqual(own);
      }
      expect(refusals(simulator)).toEqual([]);
    },
    2 * PATIENCE_MS,
  );

  it(
    "queues for hundreds of customers, and answers each who sends meanwhile, even in a pause",
    async () => {
      const error = vi.spyOn(console, "error");
      const messagesPerSecond = 1.25 * Number(env.MESSAGES_PER_SECOND);
      const { api, simulator } = startPaloma({ automaticStatuses: [], messagesPerSecond });
      const messages = Array.from({ length: CUSTOMERS }, () => ({
        to: newCustomer(),
        ...REMINDER,
      }));
      const { body } = await api("POST", "/v1/messages/batch", { messages });
      const ids: string[] = body.data.map(({ message }: { message: { id: string } }) => message.id);
      const answers: Answer[] = [];
      const sendOne = async (): Promise<void> => {
        const answer = await api("POST", "/v1/messages", { to: newCustomer(), ...REMINDER });
        answers.push(answer);
        ids.push(answer.body.id ?? answer.body.message_id);
      };
      await Promise.all(Array.from({ length: 8 }, sendOne));
      const effect = { kind: "graph_error", code: 130429, retryAfterSeconds: 1 } as const;
      const { id: tooBusy } = simulator.rules.add({ effect });
      const end = performance.now() + PATIENCE_MS;
      const missing = (): string[] => {
        const arrived = new Set(accepted(simulator));
        return ids.filter((id) => !arrived.has(id));
      };
      while (refusals(simulator).length === 0 && performance.now() < end) {
        await scheduler.wait(10);
      }
      await Promise.all(Array.from({ length: 9 }, sendOne));
      simulator.rules.remove(tooBusy);
      while (missing().length > 0 && performance.now() < end) await scheduler.wait(100);
      expect(missing()).toEqual([]);
      expect(accepted(simulator)).toHaveLength(ids.length);
      // A machine with other work may keep D1 from answering in time.
      const refused = answers
        .filter(({ status }) => status !== 201 && status !== 202)
        .filter(({ body: problem }) => !String(problem.detail).includes("database"));
      expect(refused).toEqual([]);
      expect(answers.map(({ status }) => status)).toContain(202);
      const failures = error.mock.calls
        .map(([line]) => String(line))
        .filter((line) => line.includes("alarm_failed") && line.includes("INTEGER"));
      expect(failures).toEqual([]);
    },
    2 * PATIENCE_MS,
  );

  it("takes 60 messages in a row to one customer, in order, and Meta is never too busy", async () => {
    stopTheClock();
    const { api, simulator } = startPaloma({ automaticStatuses: [] });
    const to = newCustomer();
    const messages = Array.from({ length: 60 }, () => ({ to, ...REMINDER }));
    const { body } = await api("POST", "/v1/messages/batch", { messages });
    const [first] = body.data;
    // 45 at once, and one each 6 seconds.
    await letTimePass(conversationWithId(first.message.conversation_id), 89 * SECOND_MS);
    expect(simulator.sent).toHaveLength(59);
    await letTimePass(conversationWithId(first.message.conversation_id), SECOND_MS);
    expect(accepted(simulator)).toEqual(
      body.data.map(({ message }: { message: { id: string } }) => message.id),
    );
    expect(refusals(simulator)).toEqual([]);
  });

  it("lets nobody send while Meta says that the number is too fast", async () => {
    stopTheClock();
    const { api, simulator } = startPaloma();
    const effect = { kind: "graph_error", code: 130429, retryAfterSeconds: 60 } as const;
    simulator.rules.add({ match: { times: 1 }, effect });
    const [one, other] = [newCustomer(), newCustomer()];
    const first = await api("POST", "/v1/messages", { to: one, ...REMINDER });
    const second = await api("POST", "/v1/messages", { to: other, ...REMINDER });
    for (const answer of [first, second]) {
      expect(answer).toMatchObject({ status: 202, body: { status: "queued" } });
    }
    const unwillingToWait = { to: newCustomer(), ...REMINDER, wait: false };
    const third = await api("POST", "/v1/messages", unwillingToWait);
    expect(third).toMatchObject({ status: 429, body: { code: "rate_limited" } });
    expect(Number(third.headers.get("retry-after"))).toBeGreaterThanOrEqual(60);
    expect(simulator.calls).toHaveLength(1);
    const elsewhere = { to: one, ...REMINDER, from: "206540352242922" };
    expect((await api("POST", "/v1/messages", elsewhere)).status).toBe(201);
    for (const { body } of [first, second]) {
      await letTimePass(conversationWithId(body.conversation_id), 120 * SECOND_MS);
    }
    expect(new Set(accepted(simulator).slice(1))).toEqual(new Set([first.body.id, second.body.id]));
  });

  it("is asked once for the slots of a batch, and again only by a message that is late", async () => {
    stopTheClock();
    const takeSlot = vi.spyOn(BusinessNumber.prototype, "takeSlot");
    const bookSlots = vi.spyOn(BusinessNumber.prototype, "bookSlots");
    const { api, simulator } = startPaloma({ automaticStatuses: [] });
    const messages = Array.from({ length: 12 }, () => ({ to: newCustomer(), ...REMINDER }));
    const { body } = await api("POST", "/v1/messages/batch", { messages });
    const sent: { id: string; conversation_id: string }[] = body.data.map(
      ({ message }: { message: object }) => message,
    );
    expect(bookSlots.mock.calls).toEqual([[12, expect.any(Number)]]);
    const left: number[] = [];
    for (const [place, { conversation_id }] of sent.entries()) {
      const conversation = conversationWithId(conversation_id);
      const slot = (await alarmOf(conversation)) ?? Number.NaN;
      const late = place === 11 ? 51 : place % 2 === 0 ? 0 : 50;
      vi.setSystemTime(slot + late);
      await runDurableObjectAlarm(conversation);
      left.push(slot);
    }
    // 80 a second, and a tenth for what is late on its way.
    const spacing = left.slice(1).map((slot, place) => slot - (left[place] ?? 0));
    expect(spacing.every((ms) => ms === 13 || ms === 14)).toBe(true);
    expect(takeSlot.mock.calls).toEqual([[left[11]]]);
    expect(accepted(simulator)).toEqual(sent.map(({ id }) => id));
  });

  it.each<[string, (slots: number[]) => number[] | Promise<number[]>]>([
    ["fails", () => Promise.reject(new Error("the number's object can't be reached"))],
    ["hangs", () => new Promise(() => undefined)],
    ["has fewer slots than messages", (slots) => slots.slice(0, 5)],
  ])("is asked by each message of a batch whose booking %s (I7)", async (how, answer) => {
    stopTheClock();
    const error = vi.spyOn(console, "error").mockReturnValue();
    // oxlint-disable-next-line typescript/unbound-method -- called on the object it is spied on
    const { bookSlots } = BusinessNumber.prototype;
    vi.spyOn(BusinessNumber.prototype, "bookSlots").mockImplementation(function (
      this: BusinessNumber,
      ...asked
    ) {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- over RPC each answer is a promise
      return answer(bookSlots.apply(this, asked)) as number[];
    });
    const { api, simulator } = startPaloma({ automaticStatuses: [] });
    const messages = Array.from({ length: 12 }, () => ({ to: newCustomer(), ...REMINDER }));
    const { status, body } = await api("POST", "/v1/messages/batch", { messages });
    expect(status).toBe(202);
    // Nobody else hears of it: the objects would write D1 once more.
    const events = error.mock.calls.map(([line]) => JSON.parse(String(line)).event);
    expect(events).toEqual(how === "fails" ? ["slots_not_booked"] : []);
    const ids: string[] = [];
    for (const { message } of body.data) {
      ids.push(message.id);
      await letTimePass(conversationWithId(message.conversation_id), 60 * SECOND_MS);
    }
    expect(accepted(simulator)).toHaveLength(ids.length);
    expect(new Set(accepted(simulator))).toEqual(new Set(ids));
  });

  it("is asked by each of a few, which then leave at once", async () => {
    stopTheClock();
    const bookSlots = vi.spyOn(BusinessNumber.prototype, "bookSlots");
    const { api, simulator } = startPaloma({ automaticStatuses: [] });
    const messages = Array.from({ length: 3 }, () => ({ to: newCustomer(), ...REMINDER }));
    const { body } = await api("POST", "/v1/messages/batch", { messages });
    for (const { message } of body.data) {
      await runDurableObjectAlarm(conversationWithId(message.conversation_id));
    }
    expect(bookSlots).not.toHaveBeenCalled();
    expect(simulator.sent).toHaveLength(3);
  });
});
