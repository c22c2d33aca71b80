import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { deliverEvents, type EventData } from "../../src/subscribers/deliver.ts";
import {
  EVENT_BODY_VERSION,
  type QueuedEvent,
  type SubscriberEvent,
} from "../../src/subscribers/event.ts";
import { type Pace, PROMPT, SLOW } from "../../src/subscribers/pace.ts";
import { messageBatch } from "../support/message-batch.ts";
import { allRows, NOON, unique } from "../support/store-rows.ts";
import {
  newSubscriber,
  type Subscriber,
  withSetting,
  withSubscribers,
} from "../support/subscriber.ts";

const QUEUE = "paloma-events";
const LONG_AGO = 365 * 24 * 60 * 60 * 1000;

afterEach(() => {
  vi.useRealTimers();
});

/** The least that an event of a conversation may hold. */
const about = (id: string) => ({ too_large: true, conversation: { id } });

/** Stands for the API: what an event is about. */
const dataOf: EventData = () => Promise.resolve(JSON.stringify(about("9f")));

function eventNumbered(sequence: number): SubscriberEvent {
  return { type: "conversation.created", conversation_id: "9f", sequence, at: NOON };
}

function queued({ url }: Pick<Subscriber, "url">, sequence = 1): QueuedEvent {
  return {
    version: EVENT_BODY_VERSION,
    id: `evt_${sequence}`,
    subscriber: url,
    event: eventNumbered(sequence),
  };
}

const status = (code: number, headers: Record<string, string> = {}) =>
  new Response(null, { status: code, headers });

async function deliver(
  subscribers: readonly Subscriber[],
  bodies: Parameters<typeof messageBatch>[1],
  data = dataOf,
  pace: Pace = PROMPT,
) {
  const record = messageBatch(QUEUE, bodies);
  await withSubscribers(subscribers, () => deliverEvents(record.batch, env, data, pace));
  return { acked: record.acked(), retried: record.retried() };
}

describe("an event", () => {
  it("is posted as signed JSON, in order, and acknowledged when it was received", async () => {
    const subscriber = newSubscriber();
    const bodies = [1, 2, 3].map((sequence) => ({ body: queued(subscriber, sequence) }));
    const { acked, retried } = await deliver([subscriber], bodies);
    expect(acked).toEqual(["0", "1", "2"]);
    expect(retried.size).toBe(0);
    expect(subscriber.received[0]).toEqual({
      id: "evt_1",
      type: "conversation.created",
      timestamp: "2026-01-15T12:00:00.000Z",
      conversation_id: "9f",
      sequence: 1,
      data: about("9f"),
    });
    expect(subscriber.received.map(({ id }) => id)).toEqual(["evt_1", "evt_2", "evt_3"]);
  });

  it.each([200, 201, 202, 204])("is received where the answer is %i", async (code) => {
    const subscriber = newSubscriber();
    subscriber.answer = () => status(code);
    expect((await deliver([subscriber], [{ body: queued(subscriber) }])).acked).toEqual(["0"]);
  });

  it.each([301, 302, 307, 308])("follows no redirect (%i), and comes again", async (code) => {
    const subscriber = newSubscriber();
    subscriber.answer = () => status(code, { location: "https://elsewhere.test/" });
    vi.spyOn(console, "error").mockReturnValue();
    const { acked, retried } = await deliver([subscriber], [{ body: queued(subscriber) }]);
    expect(acked).toEqual([]);
    expect([...retried.keys()]).toEqual(["0"]);
    expect(subscriber.attempts).toBe(1);
    const calls = vi.mocked(fetch).mock.calls;
    expect(calls.map(([, init]) => init?.redirect)).toEqual(["manual"]);
  });

  it.each([400, 401, 404, 500, 502])(
    "that is refused (%i) comes again, ever later, and the next is tried",
    async (code) => {
      const subscriber = newSubscriber();
      subscriber.answer = (attempt) => status(attempt === 1 ? code : 204);
      const error = vi.spyOn(console, "error").mockReturnValue();
      const { acked, retried } = await deliver(
        [subscriber],
        [{ body: queued(subscriber, 1), attempts: 5 }, { body: queued(subscriber, 2) }],
      );
      expect(acked).toEqual(["1"]);
      expect(retried.get("0")).toBeGreaterThanOrEqual(32);
      expect(retried.get("0")).toBeLessThanOrEqual(40);
      expect(String(error.mock.calls[0])).toContain(`answered ${code}`);
    },
  );

  it("that the subscriber does not want (410) is over, and the next is tried", async () => {
    const subscriber = newSubscriber();
    subscriber.answer = (attempt) => status(attempt === 1 ? 410 : 204);
    const { acked } = await deliver(
      [subscriber],
      [{ body: queued(subscriber, 1) }, { body: queued(subscriber, 2) }],
    );
    expect(acked).toEqual(["0", "1"]);
    expect(subscriber.received.map(({ id }) => id)).toEqual(["evt_2"]);
  });

  it("whose content is no longer there is over", async () => {
    const subscriber = newSubscriber();
    const { acked } = await deliver([subscriber], [{ body: queued(subscriber) }], () =>
      Promise.resolve(null),
    );
    expect(acked).toEqual(["0"]);
    expect(subscriber.attempts).toBe(0);
  });

  it("whose content can't be loaded comes again", async () => {
    const subscriber = newSubscriber();
    vi.spyOn(console, "error").mockReturnValue();
    const { acked, retried } = await deliver([subscriber], [{ body: queued(subscriber) }], () =>
      Promise.reject(new Error("D1 DB is overloaded.")),
    );
    expect(acked).toEqual([]);
    expect([...retried.keys()]).toEqual(["0"]);
  });

  it("is loaded once for all of a batch that are told of it", async () => {
    const subscribers = [newSubscriber(), newSubscriber()];
    const load = vi.fn<EventData>(dataOf);
    const bodies = subscribers.map((subscriber) => ({ body: queued(subscriber) }));
    const { acked } = await deliver(subscribers, bodies, load);
    expect(acked.toSorted()).toEqual(["0", "1"]);
    expect(load).toHaveBeenCalledTimes(1);
  });

  it("larger than what a subscriber must take comes as ids", async () => {
    const subscriber = newSubscriber();
    const large = JSON.stringify({ about: "x".repeat(256 * 1024) });
    await deliver([subscriber], [{ body: queued(subscriber) }], () => Promise.resolve(large));
    expect(subscriber.received[0]?.data).toEqual(about("9f"));
  });
});

describe("a subscriber that is not there", () => {
  const troubles: [string, () => Response | Promise<Response>][] = [
    ["can't be connected to", () => Promise.reject(new TypeError("Network connection lost."))],
    ["has no time (503)", () => status(503)],
    ["is asked too much (429)", () => status(429)],
  ];

  it.each(troubles)(
    "because it %s is tried once a batch, and holds nobody up",
    async (_why, no) => {
      const [dead, well] = [newSubscriber(), newSubscriber()];
      dead.answer = no;
      vi.spyOn(console, "error").mockReturnValue();
      const bodies = [1, 2, 3].flatMap((sequence) => [
        { body: queued(dead, sequence) },
        { body: queued(well, sequence) },
      ]);
      const { acked, retried } = await deliver([dead, well], bodies);
      expect(acked).toEqual(["1", "3", "5"]);
      expect([...retried.keys()]).toEqual(["0", "2", "4"]);
      expect(dead.attempts).toBe(1);
      expect(well.received).toHaveLength(3);
    },
  );

  it("is left alone for five seconds, and then served as before", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + LONG_AGO });
    const subscriber = newSubscriber();
    subscriber.answer = (attempt) => status(attempt === 1 ? 503 : 204);
    vi.spyOn(console, "error").mockReturnValue();
    const { retried } = await deliver([subscriber], [{ body: queued(subscriber, 1) }]);
    expect(retried.get("0")).toBeGreaterThanOrEqual(5);
    await deliver([subscriber], [{ body: queued(subscriber, 2) }]);
    expect(subscriber.attempts).toBe(1);
    vi.setSystemTime(Date.now() + 5000);
    const { acked } = await deliver(
      [subscriber],
      [{ body: queued(subscriber, 1) }, { body: queued(subscriber, 2) }],
    );
    expect(acked).toEqual(["0", "1"]);
    expect(subscriber.attempts).toBe(3);
  });

  it.each([
    ["in seconds", "3600"],
    ["as a date", "Thu, 01 Jan 2099 01:00:00 GMT"],
  ])("is not tried before its Retry-After, %s", async (_how, retryAfter) => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.UTC(2099, 0, 1) });
    const subscriber = newSubscriber();
    subscriber.answer = () => status(503, { "retry-after": retryAfter });
    vi.spyOn(console, "error").mockReturnValue();
    const bodies = [1, 2].map((sequence) => ({ body: queued(subscriber, sequence) }));
    const { retried } = await deliver([subscriber], bodies);
    for (const delay of [retried.get("0"), retried.get("1")]) {
      expect(delay).toBeGreaterThanOrEqual(3600);
      expect(delay).toBeLessThanOrEqual(1.25 * 3600);
    }
    vi.setSystemTime(Date.now() + 3_599_000);
    await deliver([subscriber], bodies);
    expect(subscriber.attempts).toBe(1);
  });
});

describe("a subscriber that takes its time", () => {
  /** More than the second it waits for, on a busy machine, and far less than the slow queue does. */
  const SOON_MS = 5000;

  /** As the prompt queue goes about it, only quicker. */
  const HURRIED: Pace = { queue: "prompt", answerMs: 100, shareMs: 100 };

  const never = (): Promise<Response> => new Promise(() => undefined);
  const after = async (milliseconds: number): Promise<Response> => {
    await scheduler.wait(milliseconds);
    return status(204);
  };

  /** The slow queue as the consumer sees it: what moves there waits for nobody in these tests. */
  async function withSlowQueue<Result>(
    work: (moved: QueuedEvent[]) => Promise<Result>,
    isUp = true,
  ): Promise<Result> {
    const moved: QueuedEvent[] = [];
    const sendBatch = (messages: Iterable<MessageSendRequest<QueuedEvent>>): Promise<void> => {
      if (!isUp) return Promise.reject(new Error("the queue is down"));
      for (const { body } of messages) moved.push(body);
      return Promise.resolve();
    };
    const { SLOW_EVENT_QUEUE } = env;
    Object.assign(env, { SLOW_EVENT_QUEUE: { sendBatch } });
    try {
      return await work(moved);
    } finally {
      Object.assign(env, { SLOW_EVENT_QUEUE });
    }
  }

  const bodiesFor = (subscriber: Subscriber, count: number, from = 1) =>
    Array.from({ length: count }, (_, place) => ({ body: queued(subscriber, from + place) }));

  it("holds a batch up once, for a second; then its events move on at once", async () => {
    vi.spyOn(console, "error").mockReturnValue();
    const [silent, well] = [newSubscriber(), newSubscriber()];
    silent.answer = never;
    await withSlowQueue(async (moved) => {
      const bodies = [...bodiesFor(silent, 4), ...bodiesFor(well, 4)];
      const startedAt = Date.now();
      const { acked, retried } = await deliver([silent, well], bodies);
      expect(Date.now() - startedAt).toBeLessThan(SOON_MS);
      expect(acked).toHaveLength(8);
      expect(retried.size).toBe(0);
      expect(silent.attempts).toBe(1);
      expect(well.received).toHaveLength(4);
      expect(moved.map(({ id }) => id).toSorted()).toEqual(["evt_1", "evt_2", "evt_3", "evt_4"]);
      const later = [...bodiesFor(silent, 4, 5), ...bodiesFor(well, 4, 5)];
      await deliver([silent, well], later);
      expect(silent.attempts).toBe(1);
      expect(well.received).toHaveLength(8);
      expect(moved).toHaveLength(8);
    });
  });

  it("but answers within the second keeps its place, until a batch has no more time for it", async () => {
    const [steady, well] = [newSubscriber(), newSubscriber()];
    steady.answer = () => after(60);
    await withSlowQueue(async (moved) => {
      const bodies = [...bodiesFor(steady, 30), ...bodiesFor(well, 4)];
      const pace: Pace = { ...PROMPT, shareMs: 100 };
      expect((await deliver([steady, well], bodies, dataOf, pace)).acked).toHaveLength(34);
      expect(steady.received.length).toBeGreaterThan(0);
      expect(moved.length).toBeGreaterThan(0);
      expect(moved.length + steady.received.length + well.received.length).toBe(34);
      const { acked } = await deliver([steady], bodiesFor(steady, 1, 31));
      expect(acked).toEqual(["0"]);
      expect(steady.received.at(-1)?.id).toBe("evt_31");
    });
  });

  it("gets what moved as soon as it answers, a few at a time", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + LONG_AGO });
    const subscriber = newSubscriber();
    let now = 0;
    let most = 0;
    subscriber.answer = async () => {
      most = Math.max(most, (now += 1));
      const answer = await after(5);
      vi.setSystemTime(Date.now() + 3000);
      now -= 1;
      return answer;
    };
    const bodies = bodiesFor(subscriber, 13);
    const { acked, retried } = await deliver([subscriber], bodies, dataOf, SLOW);
    expect(acked).toHaveLength(13);
    expect(retried.size).toBe(0);
    expect(subscriber.received).toHaveLength(13);
    expect(most).toBe(6);
    // Seen to be slow there, it is not even tried where others wait.
    await withSlowQueue(async (moved) => {
      await deliver([subscriber], bodiesFor(subscriber, 1, 14));
      expect(moved).toHaveLength(1);
      expect(subscriber.attempts).toBe(13);
    });
  });

  it("counts as quick again five minutes after it was last seen to be slow", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + LONG_AGO });
    const subscriber = newSubscriber();
    subscriber.answer = (attempt) => (attempt === 1 ? never() : status(204));
    await withSlowQueue(async (moved) => {
      await deliver([subscriber], bodiesFor(subscriber, 1), dataOf, HURRIED);
      vi.setSystemTime(Date.now() + 299_000);
      await deliver([subscriber], bodiesFor(subscriber, 1, 2));
      expect(moved).toHaveLength(2);
      vi.setSystemTime(Date.now() + 1000);
      await deliver([subscriber], bodiesFor(subscriber, 1, 3));
      expect(moved).toHaveLength(2);
      expect(subscriber.received.map(({ id }) => id)).toEqual(["evt_3"]);
    });
  });

  it("waits for its next try where its events can't move, and none is lost", async () => {
    const error = vi.spyOn(console, "error").mockReturnValue();
    const subscriber = newSubscriber();
    subscriber.answer = never;
    await withSlowQueue(async () => {
      const { acked, retried } = await deliver(
        [subscriber],
        bodiesFor(subscriber, 2),
        dataOf,
        HURRIED,
      );
      expect(acked).toEqual([]);
      expect([...retried.keys()]).toEqual(["0", "1"]);
    }, false);
    expect(String(error.mock.calls)).toContain("slow_events_not_moved");
  });

  it("is left alone for a minute if it does not answer in the slow queue either", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + LONG_AGO });
    const error = vi.spyOn(console, "error").mockReturnValue();
    const subscriber = newSubscriber();
    subscriber.answer = (attempt) => (attempt === 1 ? never() : status(204));
    const patience: Pace = { ...SLOW, answerMs: 100 };
    const { retried } = await deliver([subscriber], bodiesFor(subscriber, 3), dataOf, patience);
    expect([...retried.values()].map((delay) => (delay ?? 0) >= 60)).toEqual([true, true, true]);
    expect(subscriber.attempts).toBe(1);
    expect(String(error.mock.calls)).toContain("no answer in time");
    vi.setSystemTime(Date.now() + 60_000);
    const again = await deliver([subscriber], bodiesFor(subscriber, 3), dataOf, patience);
    expect(again.acked).toHaveLength(3);
  });

  it("has three days from when the event happened, not from when it moved (I10)", async () => {
    vi.spyOn(console, "error").mockReturnValue();
    const subscriber = newSubscriber();
    subscriber.answer = () => status(500);
    const old = { ...queued(subscriber), queued_at: Date.now() - 3 * 86_400_000 };
    const { acked } = await deliver([subscriber], [{ body: old }], dataOf, SLOW);
    expect(acked).toEqual(["0"]);
    expect(
      await allRows("SELECT reason FROM dead_letters WHERE instr(payload, ?) > 0", subscriber.url),
    ).toEqual([{ reason: "given up after three days" }]);
  });
});

describe("what can't be delivered (I10)", () => {
  const lettersAbout = (marker: string) =>
    allRows("SELECT source, reason FROM dead_letters WHERE instr(payload, ?) > 0", marker);

  it("for three days is a dead letter", async () => {
    const subscriber = newSubscriber();
    subscriber.answer = () => status(500);
    vi.spyOn(console, "error").mockReturnValue();
    const { batch, acked } = messageBatch(QUEUE, [{ body: queued(subscriber) }]);
    const old = { ...batch.messages[0], timestamp: new Date(Date.now() - 3 * 86_400_000) };
    await withSubscribers(
      [subscriber],
      () =>
        // The one message, three days older.
        deliverEvents({ ...batch, messages: [old as Message] }, env, dataOf, PROMPT), // oxlint-disable-line typescript/no-unsafe-type-assertion
    );
    expect(acked()).toEqual(["0"]);
    expect(await lettersAbout(subscriber.url)).toMatchObject([
      { source: "events", reason: "given up after three days" },
    ]);
  });

  it("because nobody can read it is a dead letter", async () => {
    const marker = unique("event-");
    const subscriber = newSubscriber();
    const good = queued(subscriber);
    const bodies = [marker, { ...good, version: 2, id: marker }, { ...good, event: { marker } }];
    const { acked } = await deliver(
      [subscriber],
      [...bodies, good].map((body) => ({ body })),
    );
    expect(acked.toSorted()).toEqual(["0", "1", "2", "3"]);
    expect(await lettersAbout(marker)).toHaveLength(3);
    expect(subscriber.received).toHaveLength(1);
  });

  it("because nobody is subscribed there any more is over", async () => {
    const [former, present] = [newSubscriber(), newSubscriber()];
    const { acked } = await deliver(
      [present],
      [{ body: queued(former) }, { body: queued(present) }],
    );
    expect(acked.toSorted()).toEqual(["0", "1"]);
    expect(former.attempts).toBe(0);
  });

  it("because EVENT_SUBSCRIBERS is wrong waits for one that is right, and none is lost", async () => {
    const subscriber = newSubscriber();
    const error = vi.spyOn(console, "error").mockReturnValue();
    const { batch, acked, retried } = messageBatch(QUEUE, [{ body: queued(subscriber) }]);
    await withSetting("[{", () => deliverEvents(batch, env, dataOf, PROMPT));
    expect(acked()).toEqual([]);
    expect([...retried().keys()]).toEqual(["0"]);
    expect(String(error.mock.calls)).toContain("event_subscribers_wrong");
  });

  it("waits where not even a dead letter can be kept", async () => {
    vi.spyOn(console, "error").mockReturnValue();
    const { batch, acked, retried } = messageBatch(QUEUE, [{ body: "nothing" }]);
    const broken = new Proxy(env.DB, {
      get: () => () => {
        throw new Error("D1 DB is overloaded.");
      },
    });
    await deliverEvents(batch, { ...env, DB: broken }, dataOf, PROMPT);
    expect(acked()).toEqual([]);
    expect([...retried().keys()]).toEqual(["0"]);
  });
});

it("tells the log neither the whole address nor what is told (I11)", async () => {
  const subscriber = newSubscriber();
  const lines: string[] = [];
  const keep = (line: string): void => void lines.push(line);
  vi.spyOn(console, "error").mockImplementation(keep);
  vi.spyOn(console, "info").mockImplementation(keep);
  subscriber.answer = (attempt) => status(attempt === 1 ? 500 : 204);
  const secret = unique("secret-");
  await deliver([subscriber], [{ body: queued(subscriber) }, { body: queued(subscriber) }], () =>
    Promise.resolve(JSON.stringify(about(secret))),
  );
  expect(lines.length).toBeGreaterThan(1);
  expect(lines.join("\n")).not.toContain(subscriber.url);
  expect(lines.join("\n")).not.toContain(secret);
  expect(lines.join("\n")).not.toContain(subscriber.secret);
});
