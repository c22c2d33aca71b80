import { fc, test } from "@fast-check/vitest";
import { beforeEach, describe, expect, it } from "vitest";
import type { Frame, Version } from "../../inbox/src/state/apply.ts";
import { type Changes, parseFrame, type Reset, step } from "../../inbox/src/state/feed.ts";
import {
  conversationOf,
  forgetAll,
  goOnFrom,
  isGone,
  nextVersion,
  seenUpTo,
  sweepGone,
  take,
  takeChanges,
} from "../../inbox/src/state/live.ts";
import { conversation } from "./support/views.ts";

/** What goes wrong needs several things in one order. */
const RUNS = 2_000;

const IDS = ["conv_1", "conv_2", "conv_3"];

/** Of which the page says that it is gone, as long as somebody looks at it. */
const OPEN = "conv_1";

/** What can happen at the server, on the way, and at the page. */
type Happening =
  | { kind: "change"; id: string; gone: boolean }
  /** The feed reads the log from a place that the page has seen, or one beyond, where a frame was lost. */
  | { kind: "read"; behind: number }
  /** The page asks for everything; the answer is written now or after some changes. */
  | { kind: "ask" }
  | { kind: "answer" }
  | { kind: "reset" }
  /** So much time has passed since the last that what was under way then has come, or will not. */
  | { kind: "sweep" }
  /** One of those under way arrives, and may arrive again. */
  | { kind: "arrive"; which: number; again: boolean };

const happening: fc.Arbitrary<Happening> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("change"),
      id: fc.constantFrom(...IDS),
      gone: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("read"), behind: fc.integer({ min: -3, max: 3 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("ask") }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("answer") }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("reset") }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("sweep") }) },
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant("arrive"), which: fc.nat(), again: fc.boolean() }),
  },
);

/** The server: the last change of each conversation, and whether it took it away. */
class Server {
  seq = 0;
  readonly last = new Map<string, { seq: number; gone: boolean }>();

  change(id: string, gone: boolean): void {
    this.seq += 1;
    this.last.set(id, { seq: this.seq, gone });
  }

  changesAfter(from: number): Changes {
    const named = [...this.last].filter(([, { seq }]) => seq > from);
    return {
      t: "changes",
      from,
      to: this.seq,
      conversations: named.filter(([, { gone }]) => !gone).map(([id, { seq }]) => view(id, seq)),
      messages: [],
      gone: named.filter(([, { gone }]) => gone).map(([id]) => id),
      templates: false,
    };
  }

  answer(version: Version): Frame {
    const { conversations, gone } = this.changesAfter(0);
    return { version, conversations, gone };
  }
}

/** The number of messages says which change it shows. */
function view(id: string, seq: number) {
  return conversation({ id, unread_count: seq });
}

describe("the place in the log", () => {
  beforeEach(() => {
    forgetAll();
  });

  test.prop([fc.array(happening, { maxLength: 60 })], { numRuns: RUNS })(
    "a page that has seen the log up to a change shows what the server had then, or later",
    (happenings) => {
      forgetAll();
      const server = new Server();
      let asked: { version: Version; since: number }[] = [];
      let underWay: { take: () => void; since: number }[] = [];
      let sweeps = 0;
      let floor = 0;
      for (const event of happenings) {
        switch (event.kind) {
          case "change":
            server.change(event.id, event.gone);
            break;
          case "read": {
            const place = Math.min(server.seq, seenUpTo() - event.behind);
            const frame = server.changesAfter(Math.max(0, place));
            underWay.push({ take: () => takeChanges(frame), since: sweeps });
            break;
          }
          case "ask":
            asked.push({ version: nextVersion(), since: sweeps });
            break;
          case "answer": {
            const request = asked.pop();
            if (request === undefined) break;
            const frame = server.answer(request.version);
            underWay.push({ take: () => take(frame), since: request.since });
            break;
          }
          case "reset": {
            // The page then asks for what it shows, before anything else of the log comes.
            takeChanges({ t: "reset", seq: server.seq });
            take(server.answer(nextVersion()));
            floor = server.seq;
            break;
          }
          case "sweep": {
            asked = asked.filter(({ since }) => since === sweeps);
            underWay = underWay.filter(({ since }) => since === sweeps);
            sweeps += 1;
            sweepGone(OPEN);
            break;
          }
          case "arrive": {
            const [arrived] = underWay.splice(event.which % Math.max(1, underWay.length), 1);
            arrived?.take();
            if (event.again) arrived?.take();
            break;
          }
        }
        expect(seenUpTo()).toBeGreaterThanOrEqual(floor);
        floor = seenUpTo();
        for (const id of IDS) expectCurrent(server, id);
      }
    },
  );

  function expectCurrent(server: Server, id: string): void {
    const last = server.last.get(id);
    if (last === undefined || last.seq > seenUpTo()) return;
    // Nothing happened since: what is shown is what the server has.
    expect(conversationOf(id)?.unread_count).toBe(last.gone ? undefined : last.seq);
    if (last.gone && id === OPEN) expect(isGone(id)).toBe(true);
  }

  it("goes on by what follows it, stays where something is missing, and begins anew by a reset", () => {
    const changes = (from: number, to: number): Changes | Reset => ({
      t: "changes",
      from,
      to,
      conversations: [],
      messages: [],
      gone: [],
      templates: false,
    });
    expect(step(5, changes(5, 8))).toEqual({ kind: "on", seq: 8 });
    expect(step(5, changes(2, 8))).toEqual({ kind: "on", seq: 8 });
    expect(step(5, changes(2, 4))).toEqual({ kind: "on", seq: 5 });
    expect(step(5, changes(6, 8))).toEqual({ kind: "gap" });
    expect(step(9, { t: "reset", seq: 4 })).toEqual({ kind: "anew", seq: 4 });
  });

  it("takes a frame that comes late for no newer than it is", () => {
    const server = new Server();
    server.change("conv_1", false);
    const late = server.changesAfter(0);
    server.change("conv_1", false);
    takeChanges(server.changesAfter(0));
    takeChanges(late);
    expect(conversationOf("conv_1")?.unread_count).toBe(2);
  });

  it("takes nothing for newer than the log after a reset that leads back", () => {
    goOnFrom(90);
    const version = nextVersion();
    takeChanges({ t: "reset", seq: 3 });
    take({ version, conversations: [view("conv_1", 1)] });
    takeChanges({
      t: "changes",
      from: 3,
      to: 4,
      conversations: [view("conv_1", 2)],
      messages: [],
      gone: [],
      templates: false,
    });
    expect(conversationOf("conv_1")?.unread_count).toBe(2);
  });
});

describe("a frame of the feed", () => {
  it.each(["", "pong", "null", "[]", "7", "{}", '{"t":"news"}'])("is none in %j", (text) => {
    expect(parseFrame(text)).toBeNull();
  });

  it("is read", () => {
    const frame = { t: "reset", seq: 9 };
    expect(parseFrame(JSON.stringify(frame))).toEqual(frame);
  });
});
