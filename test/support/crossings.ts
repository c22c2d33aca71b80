/**
 * Every call by which work leaves where it runs: to D1, to an object, to a queue, to Meta. They are
 * counted as they come, and one of them can be made to fail.
 */
import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { vi } from "vitest";
import { stopObject } from "./under-way.ts";

export const FAULTS = [
  /** Nothing arrives. */
  "refused",
  /** It is done, and the answer is lost. */
  "answer_lost",
  /** The same, and the platform says that it may be repeated. */
  "connection_lost",
  /** It is done, and the conversations' objects stop before anybody goes on: whoever they are. */
  "aborted",
  /** They are evicted before it is done, as soon as they rest. */
  "evicted",
] as const;

/** How long an eviction is waited for. */
const EVICTION_MS = 20;

export type Fault = (typeof FAULTS)[number];

/** `D1`, `queue`, `Meta`, or the method of an object. */
export type Crossing = string;

export type Crossings = {
  /** Counts from here on; the one at this place (from 0) fails, if any. */
  start: (fault?: { at: number; kind: Fault }) => void;
  /** How many of these there were so far. */
  count: (name: Crossing) => number;
  /** Counts no more, and tells what was crossed, in order. */
  stop: () => Crossing[];
};

/** Until the mocks are restored. Meta must be mocked already. */
export function watchCrossings(): Crossings {
  let crossed: Crossing[] | null = null;
  let planned: { at: number; kind: Fault } | null = null;
  const namespace: object = Object.getPrototypeOf(env.CONVERSATION);
  // oxlint-disable-next-line typescript/unbound-method -- called on the namespace it is spied on
  const get: DurableObjectNamespace["get"] = Reflect.get(namespace, "get");
  // oxlint-disable-next-line typescript/unbound-method -- the same
  const getByName: DurableObjectNamespace["getByName"] = Reflect.get(namespace, "getByName");
  /** Those called since the count began. */
  const called = new Set<string>();
  const objects = () =>
    [...called].map((id) =>
      Reflect.apply(get, env.CONVERSATION, [env.CONVERSATION.idFromString(id)]),
    );

  async function cross(name: Crossing, go: () => unknown): Promise<unknown> {
    if (crossed === null) return go();
    crossed.push(name);
    if (planned?.at !== crossed.length - 1) return go();
    switch (planned.kind) {
      case "refused":
        throw failure(name, false);
      case "answer_lost":
        await go();
        throw failure(name, false);
      case "connection_lost":
        await go();
        throw failure(name, true);
      case "aborted": {
        const result = await go();
        await Promise.all(objects().map(stopObject));
        return result;
      }
      case "evicted":
        // An object that asks for its own eviction rests only after this.
        await Promise.race([
          Promise.all(objects().map((stub) => evictDurableObject(stub))),
          scheduler.wait(EVICTION_MS),
        ]);
        return go();
    }
  }

  function watch(target: object, method: string, name: Crossing): void {
    const found: unknown = Reflect.get(target, method);
    // A mock goes on under its own name: what it does is what must be called.
    const original = vi.isMockFunction(found) ? found.getMockImplementation() : found;
    if (typeof original !== "function") throw new Error(`there is no ${method}`);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a name of the platform's own
    vi.spyOn(target as Record<string, () => unknown>, method).mockImplementation(function (
      this: unknown,
      ...parameters: unknown[]
    ) {
      return cross(name, () => Reflect.apply(original, this, parameters));
    });
  }

  watch(Object.getPrototypeOf(env.DB), "batch", "D1");
  const statement: unknown = Object.getPrototypeOf(env.DB.prepare("SELECT 1"));
  if (typeof statement !== "object" || statement === null) throw new Error("no D1 statement");
  for (const method of ["run", "all", "raw", "first"]) watch(statement, method, "D1");
  watch(Object.getPrototypeOf(env.STATUS_QUEUE), "sendBatch", "queue");
  watch(globalThis, "fetch", "Meta");

  const watched = (object: DurableObjectStub): DurableObjectStub =>
    new Proxy(object, {
      get(stub, method) {
        const member: unknown = Reflect.get(stub, method);
        if (typeof member !== "function" || typeof method !== "string") return member;
        return (...parameters: unknown[]) =>
          cross(method, () => Reflect.apply(member, stub, parameters));
      },
    });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- names of the platform's own
  const platform = namespace as Pick<DurableObjectNamespace, "get" | "getByName">;
  // Conversations are called by id, business numbers by name.
  vi.spyOn(platform, "get").mockImplementation(function (this: DurableObjectNamespace, id) {
    if (crossed !== null) called.add(id.toString());
    return watched(Reflect.apply(get, this, [id]));
  });
  vi.spyOn(platform, "getByName").mockImplementation(function (this: DurableObjectNamespace, name) {
    const object = Reflect.apply(getByName, this, [name]);
    return this === env.CONVERSATION || crossed === null ? object : watched(object);
  });

  return {
    start(fault) {
      crossed = [];
      called.clear();
      planned = fault ?? null;
    },
    count: (name) => crossed?.filter((each) => each === name).length ?? 0,
    stop() {
      const all = crossed ?? [];
      crossed = null;
      return all;
    },
  };
}

/** As the platform says it of each. */
function failure(name: Crossing, repeatable: boolean): Error {
  if (name === "D1") {
    return new Error(
      repeatable ? "D1_ERROR: Network connection lost." : "D1_ERROR: D1 DB is overloaded.",
    );
  }
  return Object.assign(new Error("Network connection lost."), { retryable: repeatable });
}
