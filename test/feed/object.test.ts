/** The feed as pages see it: over sockets of the whole Worker. */
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createDatabase } from "../../src/store/d1.ts";
import { project } from "../../src/store/projection.ts";
import { conversationRow, messageRow } from "../support/store-rows.ts";
import { readApiTokens } from "../../src/config/config.ts";
import type { InboxFeed } from "../../src/feed/object.ts";
import { openSession } from "../../src/staff/session.ts";
import { FEED_NAME, QUIET_MS } from "../../src/store/feed-hint.ts";
import {
  closeSockets,
  connect,
  type ConnectOptions,
  PROTOCOL,
  type Socket,
} from "../support/feed.ts";
import { countCosts } from "../support/count-costs.ts";
import { faultyD1 } from "../support/faulty-d1.ts";
import { type Browser, openBrowser } from "../support/inbox.ts";
import { eventually, newCustomer, type Paloma, startPaloma } from "../support/paloma.ts";

const HOUR_MS = 60 * 60 * 1000;
const MINUTE_MS = 60 * 1000;

/** How long hints are gathered. */
const GATHER_MS = 50;

/** Where nobody waits for an answer, no test needs to either. */
const SHORT_PATIENCE_MS = 50;

let paloma: Paloma;
let page: Browser;

beforeEach(async () => {
  paloma = startPaloma();
  page = openBrowser();
  await page.signIn();
});

afterEach(async () => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  closeSockets();
  await eventually(
    () => inFeed((_feed, { length }) => length),
    (open) => open === 0,
  );
});

const stub = () => env.INBOX_FEED.getByName(FEED_NAME);

/** Looks into the object. */
function inFeed<Result>(
  look: (feed: InboxFeed, sockets: WebSocket[]) => Result | Promise<Result>,
): Promise<Result> {
  return runInDurableObject(stub(), (feed, state) => look(feed, state.getWebSockets()));
}

/** The object is constructed anew while its sockets stay open. */
const hibernate = (): Promise<void> => evictDurableObject(stub(), { webSockets: "hibernate" });

/** The same, once it no longer reads the log by itself: in a moment in place of the time it takes. */
async function sleeps(): Promise<void> {
  const now = performance.now.bind(performance);
  const clock = vi.spyOn(performance, "now").mockImplementation(() => now() + MINUTE_MS);
  await hibernate();
  clock.mockRestore();
}

const opens = (options: ConnectOptions = {}): Promise<Socket> =>
  connect({ cookie: page.cookie, ...options });

/** A page that is connected and complete. */
async function openPage(options: ConnectOptions = {}): Promise<{ socket: Socket; seq: number }> {
  const socket = await opens(options);
  expect(socket.status).toBe(101);
  const { seq } = await socket.next("hello");
  return { socket, seq };
}

async function writes(from = newCustomer(), body = "Hola"): Promise<void> {
  await paloma.simulator.customers.write({ from, content: { type: "text", body } });
  await paloma.simulator.flush();
}

const seqNow = async (): Promise<number> => (await page.ask("GET", "/inbox/api/changes")).body.seq;

describe("a page that connects", () => {
  it("hears who it is, how far the log goes, and what time it is", async () => {
    const seq = await seqNow();
    const { socket } = await openPage();
    expect(socket.protocol).toBe(PROTOCOL);
    expect(socket.frames).toEqual([
      {
        t: "hello",
        seq,
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        version: (await page.ask("GET", "/inbox/api/me")).body.version,
        me: { name: "clinic", scopes: ["read", "send", "admin"] },
      },
    ]);
  });

  it("gets exactly what it missed, and then hello", async () => {
    const after = await seqNow();
    await writes();
    await writes();
    const { socket, seq } = await openPage({ after });
    expect(socket.frames.map(({ t }) => t)).toEqual(["changes", "hello"]);
    expect(socket.frames[0]).toMatchObject({ from: after, to: seq });
    expect(socket.frames[0].messages).toHaveLength(2);
  });

  it("is reset where the log does not reach back, and goes on from there", async () => {
    await writes();
    const { socket, seq } = await openPage({ after: (await seqNow()) + 7 });
    expect(socket.frames.map(({ t }) => t)).toEqual(["reset", "hello"]);
    expect(socket.frames[0]).toEqual({ t: "reset", seq });
    await writes();
    expect(await socket.next("changes")).toMatchObject({ from: seq });
  });

  it.each<[string, ConnectOptions, number]>([
    ["without a cookie", { cookie: null }, 401],
    ["with a foreign cookie", { cookie: "__Host-paloma=a.b" }, 401],
    [
      "with a token in place of a session",
      { cookie: null, headers: { authorization: "Bearer test-clinic-token" } },
      401,
    ],
    ["from another origin", { headers: { origin: "https://evil.example" } }, 403],
    ["from the same host over http", { headers: { origin: "http://paloma.test" } }, 403],
    ["from no origin", { headers: { origin: "" } }, 403],
    ["from the origin null", { headers: { origin: "null" } }, 403],
    ["without an upgrade", { headers: { upgrade: "" } }, 426],
    ["without a protocol", { headers: { "sec-websocket-protocol": "" } }, 422],
    ["with another protocol", { headers: { "sec-websocket-protocol": "chat, graphql-ws" } }, 422],
    ["from nowhere in the log", { after: "x" }, 422],
  ])("%s is refused before it has a socket", async (_case, options, status) => {
    expect((await opens(options)).status).toBe(status);
    expect(await inFeed((_feed, { length }) => length)).toBe(0);
  });

  it("comes again later where D1 does not answer", async () => {
    vi.spyOn(console, "error").mockReturnValue();
    faultyD1().set("refused");
    const socket = await opens();
    expect(socket.status).toBe(101);
    expect(await socket.untilClosed()).toBe(1012);
    expect(socket.frames).toEqual([]);
  });

  it("whose session is over is refused", async () => {
    const [clinic] = readApiTokens({ ...env });
    if (clinic === undefined) throw new Error("no token");
    const cookie = `__Host-paloma=${await openSession(clinic, Date.now() - 13 * HOUR_MS)}`;
    expect((await opens({ cookie })).status).toBe(401);
  });

  it("with an older session gets a socket and a new cookie", async () => {
    const [clinic] = readApiTokens({ ...env });
    if (clinic === undefined) throw new Error("no token");
    const cookie = `__Host-paloma=${await openSession(clinic, Date.now() - 2 * HOUR_MS)}`;
    const { seq } = await openPage({ cookie });
    expect(seq).toBe(await seqNow());
  });

  it("of another version learns that it must load anew", async () => {
    const socket = await opens({ headers: { "sec-websocket-protocol": "paloma.inbox.v9" } });
    expect(socket).toMatchObject({ status: 101, protocol: "paloma.inbox.v9" });
    expect(await socket.untilClosed()).toBe(4409);
    expect(socket.frames).toEqual([]);
  });
});

describe("what changes", () => {
  it("comes to every page, gathered, as one frame", async () => {
    const { socket: one, seq } = await openPage();
    const { socket: other } = await openPage();
    const customers = Array.from({ length: 3 }, newCustomer);
    await Promise.all(customers.map((from) => writes(from)));
    for (const socket of [one, other]) {
      await eventually(
        () => Promise.resolve(socket.frames.flatMap(({ messages = [] }) => messages)),
        ({ length }) => length === 3,
      );
    }
    expect(one.frames).toEqual(
      expect.arrayContaining(other.frames.filter(({ t }) => t === "changes")),
    );
    const frames = one.frames.filter(({ t }) => t === "changes");
    expect(frames[0].from).toBe(seq);
    for (const [place, { from }] of frames.slice(1).entries()) expect(from).toBe(frames[place].to);
  });

  it("comes after the object has slept, from where each page was, and nothing before", async () => {
    await writes();
    const { socket: one, seq } = await openPage();
    const { socket: other } = await openPage();
    // As long as others may not hint.
    await scheduler.wait(QUIET_MS);
    await sleeps();
    await writes();
    for (const socket of [one, other]) {
      expect(await socket.next("changes")).toMatchObject({ from: seq, to: seq + 1 });
    }
    await hibernate();
    await writes();
    for (const socket of [one, other]) {
      const frame = await socket.next("changes");
      expect(frame).toMatchObject({ from: seq + 1, to: seq + 2 });
      expect(frame.messages).toHaveLength(1);
    }
  });

  it("comes with the next sync where every hint was lost", async () => {
    const { socket, seq } = await openPage();
    const lost = vi
      .spyOn(Object.getPrototypeOf(env.INBOX_FEED), "getByName")
      .mockImplementation(() => {
        throw new Error("the feed can't be reached");
      });
    await writes();
    await writes();
    lost.mockRestore();
    socket.say({ t: "sync", after: seq });
    const frame = await socket.next("changes");
    expect(frame).toMatchObject({ from: seq, to: seq + 2 });
    expect(frame.messages).toHaveLength(2);
  });

  it("comes once D1 answers again, without another hint", async () => {
    const { socket, seq } = await openPage();
    const d1 = faultyD1();
    const errors = vi.spyOn(console, "error");
    await writes();
    d1.set("refused");
    await eventually(
      () => Promise.resolve(errors.mock.calls.join()),
      (lines) => lines.includes("feed_failed"),
    );
    d1.set("none");
    const frames = await eventually(
      () => Promise.resolve(socket.frames.filter(({ t }) => t === "changes")),
      ({ length }) => length > 0,
    );
    expect(frames[0]).toMatchObject({ from: seq, to: seq + 1 });
    expect(socket.closed()).toBe(null);
  });

  it("comes once D1 answers again after it hung, without another hint", async () => {
    const { socket, seq } = await openPage();
    const d1 = faultyD1();
    const errors = vi.spyOn(console, "error");
    const { setTimeout: start } = globalThis;
    vi.stubGlobal("setTimeout", (work: () => void, ms: number) =>
      start(work, Math.min(ms, SHORT_PATIENCE_MS)),
    );
    await writes();
    d1.set("hangs");
    await eventually(
      () => Promise.resolve(errors.mock.calls.join()),
      (lines) => lines.includes("feed_failed"),
    );
    vi.unstubAllGlobals();
    d1.set("none");
    // Until as much time has passed as it was waited for, D1 is not asked.
    const now = performance.now.bind(performance);
    vi.spyOn(performance, "now").mockImplementation(() => now() + MINUTE_MS);
    expect(await socket.next("changes")).toMatchObject({ from: seq, to: seq + 1 });
    expect(socket.closed()).toBe(null);
    // It would go on by the clock of this test.
    await hibernate();
  });

  it("is told once where a hint comes while the log is read", async () => {
    const { socket, seq } = await openPage();
    const change = env.DB.prepare(`INSERT INTO changes (changed, at) VALUES ('{"c":["x"]}', 0)`);
    await change.run();
    const slow = () => scheduler.wait(6 * GATHER_MS);
    faultyD1().interrupt({ skipped: 0, moment: "after", act: slow });
    await stub().hint();
    await scheduler.wait(2 * GATHER_MS);
    await stub().hint();
    expect(await socket.next("changes")).toMatchObject({ from: seq, to: seq + 1 });
    await slow();
    await change.run();
    await stub().hint();
    expect(await socket.next("changes")).toMatchObject({ from: seq + 1, to: seq + 2 });
  });

  it("is told once to a page that asks again", async () => {
    const { socket, seq } = await openPage();
    await writes();
    const { to } = await socket.next("changes");
    expect(to).toBe(seq + 1);
    socket.say({ t: "sync", after: seq });
    expect(await socket.next("changes")).toMatchObject({ from: seq, to });
    socket.say({ t: "sync", after: to });
    await writes();
    expect(await socket.next("changes")).toMatchObject({ from: to });
  });

  it("is left out for a page that takes nothing, until it asks", async () => {
    const { socket, seq } = await openPage();
    await writes();
    await socket.next("changes");
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 3 * MINUTE_MS });
    await inFeed((_feed, sockets) => {
      // As if it had pinged meanwhile.
      for (const each of sockets) {
        each.serializeAttachment({ ...each.deserializeAttachment(), heardAt: Date.now() });
      }
    });
    await writes();
    const reset = await socket.next("reset");
    expect(reset.seq).toBe(seq + 2);
    const { socket: other } = await openPage();
    await writes();
    await other.next("changes");
    socket.say({ t: "sync", after: reset.seq });
    expect(await socket.next("changes")).toMatchObject({ from: reset.seq, to: seq + 3 });
    expect(socket.frames.filter(({ t }) => t === "reset")).toHaveLength(1);
  });
});

describe("a socket ends", () => {
  it("when the session does, at the next frame", async () => {
    const { socket } = await openPage();
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 13 * HOUR_MS });
    await writes();
    expect(await socket.untilClosed()).toBe(4401);
    expect(socket.frames.some(({ t }) => t === "changes")).toBe(false);
  });

  it("when the session does, at the next word of the page", async () => {
    const { socket, seq } = await openPage();
    await writes();
    await socket.next("changes");
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 13 * HOUR_MS });
    socket.say({ t: "sync", after: seq });
    expect(await socket.untilClosed()).toBe(4401);
    expect(socket.frames.filter(({ t }) => t === "changes")).toHaveLength(1);
  });

  it("when its person signs out, in any window, and nobody else's", async () => {
    const reader = openBrowser();
    await reader.signIn("test-reader-token");
    const { socket: one } = await openPage();
    const { socket: other } = await openPage();
    const { socket: readers } = await openPage({ cookie: reader.cookie });
    expect((await page.ask("DELETE", "/inbox/session")).status).toBe(204);
    expect([await one.untilClosed(), await other.untilClosed()]).toEqual([4401, 4401]);
    expect(readers.closed()).toBe(null);
  });

  it("when its page closes it, with an answer to that", async () => {
    const { socket } = await openPage();
    await sleeps();
    socket.close();
    expect(await socket.untilClosed()).toBe(1000);
  });

  it("when it has been silent for long; pings count, and are answered by nobody", async () => {
    const { socket: silent } = await openPage();
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 100_000 });
    const { socket: other } = await openPage();
    other.say("ping");
    await eventually(
      () => Promise.resolve(other.frames.includes("pong")),
      (came) => came,
    );
    await writes();
    expect(await silent.untilClosed()).toBe(4408);
    expect(other.closed()).toBe(null);
  });

  it("when it has been silent for long, although nothing changes: at the word of another page", async () => {
    const { socket: silent } = await openPage();
    const { socket: other, seq } = await openPage();
    silent.say({ t: "here", at: "c1", typing: true });
    expect((await other.next("people")).list).toHaveLength(1);
    await sleeps();
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 100_000 });
    other.say({ t: "sync", after: seq });
    expect(await silent.untilClosed()).toBe(4408);
    expect((await other.next("people")).list).toEqual([]);
    expect(other.closed()).toBe(null);
  });

  it("when it has been silent for long, although nothing changes: at another's coming", async () => {
    const { socket: silent } = await openPage();
    await sleeps();
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 100_000 });
    await openPage();
    expect(await silent.untilClosed()).toBe(4408);
  });

  it.each<[string, unknown]>([
    ["no JSON", "hola"],
    ["an unknown frame", { t: "write" }],
    ["a place that is none", { t: "sync", after: -1 }],
    ["a place that is no number", { t: "sync", after: "1" }],
    ["a conversation without end", { t: "here", at: "x".repeat(2000) }],
    ["a list", []],
  ])("where the page says %s", async (_case, frame) => {
    const { socket } = await openPage();
    socket.say(frame);
    expect(await socket.untilClosed()).toBe(1008);
  });

  it("where the page says too much", async () => {
    const { socket } = await openPage();
    for (let count = 0; count < 20; count += 1) socket.say({ t: "here", at: `c${count}` });
    expect(await socket.untilClosed()).toBe(4429);
  });

  it("where somebody who may not write says that they do", async () => {
    const reader = openBrowser();
    await reader.signIn("test-reader-token");
    const { socket } = await openPage({ cookie: reader.cookie });
    socket.say({ t: "here", at: "c1", typing: true });
    expect(await socket.untilClosed()).toBe(4403);
  });
});

describe("people", () => {
  it("see where others are and that they type, until they leave", async () => {
    const reader = openBrowser();
    await reader.signIn("test-reader-token");
    const { socket: ana } = await openPage();
    const { socket: luis } = await openPage({ cookie: reader.cookie });
    ana.say({ t: "here", at: "c1", typing: true });
    expect((await luis.next("people")).list).toEqual([{ name: "clinic", at: "c1", typing: true }]);
    luis.say({ t: "here", at: "c1" });
    expect((await ana.next("people")).list).toEqual([{ name: "clinic", at: "c1", typing: true }]);
    expect((await ana.next("people")).list).toEqual([
      { name: "clinic", at: "c1", typing: true },
      { name: "reader", at: "c1", typing: false },
    ]);
    const { socket: eva } = await openPage();
    expect((await eva.next("people")).list).toHaveLength(2);
    ana.close();
    await eventually(
      () => Promise.resolve(luis.frames.findLast(({ t }) => t === "people")),
      ({ list }) => list.length === 1 && list[0].name === "reader",
    );
  });

  it("hear of it at most once a second", async () => {
    const { socket } = await openPage();
    const places = () =>
      socket.frames.filter(({ t }) => t === "people").map(({ list }) => list[0].at);
    for (const at of ["c1", "c2", "c3"]) socket.say({ t: "here", at });
    const lists = await eventually(
      () => Promise.resolve(places()),
      (seen) => seen.at(-1) === "c3",
    );
    expect(lists.length).toBeLessThanOrEqual(2);
  });
});

describe("pages that connect together, as after a deploy", () => {
  it("cost D1 one reading of the log for all that are equally far, and each gets what it missed", async () => {
    const after = await seqNow();
    await writes();
    const costs = await countCosts();
    const pages = await Promise.all(Array.from({ length: 50 }, () => opens({ after })));
    await Promise.all(pages.map((socket) => socket.next("hello")));
    for (const socket of pages) {
      const frames = socket.frames.filter(({ t }) => t !== "people");
      expect(frames.map(({ t }) => t)).toEqual(["changes", "hello"]);
      expect(frames[0]).toMatchObject({ from: after, to: after + 1 });
    }
    // The first one is read for alone while the others come, and the object also reads by itself.
    expect((await costs()).d1RoundTrips).toBeLessThan(25);
  });
});

describe("more than a page is sent at once", () => {
  it("is one reset, and the next one only once the page has asked", async () => {
    const { socket, seq } = await openPage();
    const conversation = conversationRow();
    const many = () => Array.from({ length: 201 }, () => messageRow(conversation));
    const write = () =>
      project(createDatabase(env), { conversations: [conversation], messages: many(), sends: [] });
    await write();
    expect(await socket.next("reset")).toEqual({ t: "reset", seq: seq + 1 });
    await write();
    await scheduler.wait(500);
    expect(socket.frames.filter(({ t }) => t === "reset")).toHaveLength(1);
    socket.say({ t: "sync", after: seq + 1 });
    expect(await socket.next("reset")).toEqual({ t: "reset", seq: seq + 2 });
    socket.say({ t: "sync", after: seq + 2 });
    await writes();
    expect(await socket.next("changes")).toMatchObject({ from: seq + 2, to: seq + 3 });
  });
});

describe("a page that is complete", () => {
  it("costs D1 one round trip when it says so", async () => {
    const { socket, seq } = await openPage();
    await sleeps();
    const costs = await countCosts();
    socket.say({ t: "sync", after: seq });
    expect((await costs()).d1RoundTrips).toBe(1);
  });
});

describe("more sockets than one object serves", () => {
  it("are told to ask by HTTP", async () => {
    for (let count = 0; count < 200; count += 1) expect((await opens()).status).toBe(101);
    const { status } = await opens();
    expect(status).toBe(503);
  });
});
