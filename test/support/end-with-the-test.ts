/**
 * Ends with each test what it began, and with each file the rows that it wrote, since one workerd runs
 * many files: an alarm or a queue message of an earlier test would call Meta, D1 and the queues of a
 * later one, which counts such calls.
 */
import { env } from "cloudflare:workers";
import { afterAll, afterEach, beforeEach, vi } from "vitest";
import * as worker from "../../src/index.ts";
import { begun, endTest, follow, idIn, isOfNow, stateOf } from "./under-way.ts";

type Around = (
  call: (...given: unknown[]) => unknown,
  given: readonly unknown[],
  receiver: unknown,
) => unknown;

/** The prototypes are those of the whole process: watched once, whatever file comes first. */
const WATCHED = Symbol.for("paloma.watched");

beforeEach(() => {
  begun.isInTest = true;
  begun.mayHang = true;
});

afterEach(() => endTest());

afterAll(async () => {
  begun.ofFile.clear();
  // The last test may have made D1 refuse.
  vi.restoreAllMocks();
  await emptyD1();
});

// Whoever calls an object asks the namespace for it first.
for (const name of ["get", "getByName"]) {
  watch(Object.getPrototypeOf(env.CONVERSATION), name, (call, given) => {
    const stub = call(...given);
    const id = idIn(stub);
    if (id !== null) (begun.isInTest ? begun.ofTest : begun.ofFile).add(id);
    return stub;
  });
}

const { prototype } = worker.Conversation;
for (const name of Object.getOwnPropertyNames(prototype)) {
  if (name === "constructor") continue;
  watch(prototype, name, (call, given, object) =>
    name === "alarm" && !isOfNow(object)
      ? undefined
      : follow(call(...given), begun.calls, stateOf(object)),
  );
}

watch(worker.default, "fetch", (call, [request, bindings, context]) => {
  watch(Object(context), "waitUntil", (leave, [work]) => leave(follow(work, begun.afterAnswers)));
  return follow(call(request, bindings, context), begun.requests);
});

watch(worker.default, "queue", (call, [batch, ...rest]) =>
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what the platform gives a consumer
  follow(call(ofNow(batch as MessageBatch), ...rest), begun.batches),
);

/** The lists and the upkeep of a later file would find these rows among its own. */
async function emptyD1(): Promise<void> {
  const { results } = await env.DB.prepare(
    `SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'd1_migrations'
       AND name NOT GLOB 'sqlite_*' AND name NOT GLOB '_cf_*'`,
  ).all<{ name: string }>();
  await env.DB.batch(results.map(({ name }) => env.DB.prepare(`DELETE FROM "${name}"`)));
}

/** The batch without what earlier tests left in the queue. */
function ofNow(batch: MessageBatch): MessageBatch {
  const isLeft = ({ timestamp }: Message): boolean => timestamp.getTime() < begun.since;
  for (const message of batch.messages.filter(isLeft)) message.ack();
  const messages = batch.messages.filter((message) => !isLeft(message));
  if (messages.length === batch.messages.length) return batch;
  return {
    queue: batch.queue,
    metadata: batch.metadata,
    messages,
    ackAll: () => messages.forEach((message) => message.ack()),
    retryAll: (options) => messages.forEach((message) => message.retry(options)),
  };
}

function watch(owner: object, name: string, around: Around): void {
  const inner: unknown = Reflect.get(owner, name);
  if (typeof inner !== "function" || WATCHED in inner) return;
  function watched(this: unknown, ...given: unknown[]): unknown {
    return around((...passed) => Reflect.apply(Object(inner), this, passed), given, this);
  }
  Object.defineProperty(owner, name, {
    value: Object.assign(watched, { [WATCHED]: true }),
    configurable: true,
    writable: true,
  });
}
