/**
 * Counts what the platform charges for, whoever causes it: D1, objects and queues are watched at
 * their prototypes, which the Worker and its objects share in a test.
 */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { onTestFinished, vi } from "vitest";
import * as worker from "../../src/index.ts";
import type { Costs } from "./costs.ts";
import { eventually } from "./paloma.ts";
import { isOfNow } from "./under-way.ts";

/** How often in a row nothing may have changed before all after-work counts as done. */
const LOOKS_AT_REST = 5;

/**
 * Counts until the test ends, with Meta simulated; what it gives takes the sum so far, once nothing
 * goes on any more.
 */
export async function countCosts(): Promise<() => Promise<Costs>> {
  const counted = { d1RoundTrips: 0, objectCalls: 0, objectAlarms: 0, queueMessages: 0 };
  const d1: D1Meta[] = [];
  const inObjects = { rowsRead: 0, rowsWritten: 0 };
  let waiting = 0;

  watchD1((metas) => {
    counted.d1RoundTrips += 1;
    d1.push(...metas);
  });
  watchObjects((method, object) => {
    if (method !== "alarm") counted.objectCalls += 1;
    else if (isOfNow(object)) counted.objectAlarms += 1;
  });
  await watchStorage((rowsRead, rowsWritten) => {
    inObjects.rowsRead += rowsRead;
    inObjects.rowsWritten += rowsWritten;
  });
  watchQueues({
    sent(messages) {
      counted.queueMessages += messages;
      waiting += messages;
    },
    consumed(messages) {
      waiting -= messages;
    },
  });
  const graph = vi.mocked(globalThis.fetch).mock.calls;
  const graphBefore = graph.length;

  const soFar = (): Costs => ({
    ...counted,
    d1Statements: d1.length,
    d1RowsRead: sum(d1, ({ rows_read }) => rows_read),
    d1RowsWritten: sum(d1, ({ rows_written }) => rows_written),
    objectRowsRead: inObjects.rowsRead,
    objectRowsWritten: inObjects.rowsWritten,
    graphCalls: graph.length - graphBefore,
  });
  return () => atRest(soFar, () => waiting <= 0);
}

async function atRest(soFar: () => Costs, isQueueEmpty: () => boolean): Promise<Costs> {
  let last = "";
  let unchanged = 0;
  return eventually(
    () => Promise.resolve(soFar()),
    (costs) => {
      const look = JSON.stringify(costs);
      unchanged = look === last ? unchanged + 1 : 0;
      last = look;
      return unchanged >= LOOKS_AT_REST && isQueueEmpty();
    },
  );
}

type D1Meta = D1Result["meta"];

function watchD1(note: (metas: readonly D1Meta[]) => void): void {
  const database: object = Object.getPrototypeOf(env.DB);
  const statement: object = Object.getPrototypeOf(env.DB.prepare("SELECT 1"));
  const all: unknown = Reflect.get(statement, "all");
  intercept(database, "batch", async (call) => {
    const results: D1Result[] = await call();
    note(results.map(({ meta }) => meta));
    return results;
  });
  for (const method of ["all", "run"]) {
    intercept(statement, method, async (call) => {
      const result: D1Result = await call();
      note([result.meta]);
      return result;
    });
  }
  // Bare rows carry no meta. Look-ups alone ask for them, so asking twice changes nothing.
  intercept(statement, "raw", async (call, _parameters, receiver) => {
    if (typeof all !== "function") throw new TypeError("D1 has no all()");
    const result: D1Result = await Reflect.apply(all, receiver, []);
    note([result.meta]);
    return call();
  });
}

function watchObjects(note: (method: string, object: unknown) => void): void {
  for (const exported of Object.values(worker)) {
    if (typeof exported !== "function") continue;
    for (const method of Object.getOwnPropertyNames(exported.prototype)) {
      if (method === "constructor") continue;
      intercept(exported.prototype, method, (call, _parameters, object) => {
        note(method, object);
        return call();
      });
    }
  }
}

async function watchStorage(note: (rowsRead: number, rowsWritten: number) => void): Promise<void> {
  const anyObject = env.CONVERSATION.getByName("whose storage shows the prototypes");
  await runInDurableObject(anyObject, (_object, { storage }) => {
    intercept(Object.getPrototypeOf(storage.sql), "exec", (call) => {
      const cursor: SqlStorageCursor<never> = call();
      // Once its rows are taken. A cursor that is kept would lock the tables of its object.
      queueMicrotask(() => note(cursor.rowsRead, cursor.rowsWritten));
      return cursor;
    });
    intercept(Object.getPrototypeOf(storage), "setAlarm", (call) => {
      note(0, 1);
      return call();
    });
  });
}

function watchQueues(note: {
  sent: (messages: number) => void;
  consumed: (messages: number) => void;
}): void {
  const queue: object = Object.getPrototypeOf(env.STATUS_QUEUE);
  intercept(queue, "send", (call) => {
    note.sent(1);
    return call();
  });
  intercept(queue, "sendBatch", (call, [messages]) => {
    note.sent(Array.isArray(messages) ? messages.length : 0);
    return call();
  });
  const { queue: consume } = worker.default;
  vi.spyOn(worker.default, "queue").mockImplementation(async (batch, ...rest) => {
    await consume(batch, ...rest);
    note.consumed(batch.messages.length);
  });
}

/** Stands between a method and its callers until the test ends. */
function intercept(
  owner: object,
  method: string,
  // oxlint-disable-next-line typescript/no-explicit-any -- who intercepts knows what the method gives
  around: (call: () => any, parameters: readonly unknown[], receiver: unknown) => unknown,
): void {
  const original: unknown = Reflect.get(owner, method);
  if (typeof original !== "function") return;
  const put = (value: unknown): void => {
    Object.defineProperty(owner, method, { value, configurable: true, writable: true });
  };
  put(function (this: unknown, ...parameters: unknown[]) {
    return around(() => Reflect.apply(original, this, parameters), parameters, this);
  });
  onTestFinished(() => put(original));
}

function sum<Item>(items: readonly Item[], of: (item: Item) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
