/**
 * Watches every number that is bound while the tests run, in the objects and in D1: their INTEGER
 * columns refuse a fraction, and what was being done is then not done.
 */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeAll } from "vitest";

const fractions: string[] = [];

/** The prototypes are those of the whole process: watched once, whatever file comes first. */
const WATCHED = Symbol.for("paloma.bindings-watched");

beforeAll(async () => {
  if (Reflect.get(globalThis, WATCHED) === true) return;
  Reflect.set(globalThis, WATCHED, true);
  watch(Object.getPrototypeOf(env.DB.prepare("SELECT 1")), "bind", (values) => ["D1", values]);
  await runInDurableObject(env.CONVERSATION.getByName("watched"), (_object, { storage }) =>
    watch(Object.getPrototypeOf(storage.sql), "exec", ([query, ...values]) => [query, values]),
  );
});

afterEach(() => {
  const seen = fractions.splice(0);
  if (seen.length > 0) throw new Error(`bound, and no whole number: ${seen.join("; ")}`);
});

function watch(
  prototype: object,
  name: string,
  read: (given: unknown[]) => [where: unknown, values: unknown[]],
): void {
  const inner: unknown = Reflect.get(prototype, name);
  if (typeof inner !== "function") throw new Error(`nothing to watch: ${name}`);
  Reflect.set(prototype, name, function watched(this: unknown, ...given: unknown[]): unknown {
    const [where, values] = read(given);
    // Tests bind NaN to make a write fail.
    const bad = values.filter((value) => Number.isFinite(value) && !Number.isInteger(value));
    if (bad.length > 0) fractions.push(`${bad.join(", ")} in ${String(where)}`);
    return Reflect.apply(inner, this, given);
  });
}
