import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { newAllowance, readClientFrame, spend } from "../../src/feed/client-frame.ts";
import {
  CLOSE,
  confirmedBy,
  endOf,
  type Follower,
  isSlow,
  peopleOf,
  sentTo,
} from "../../src/feed/follower.ts";

const MINUTE_MS = 60_000;

const FOLLOWER: Follower = {
  name: "ana",
  scopes: ["read"],
  until: Infinity,
  sent: 0,
  confirmed: 0,
  unconfirmedSince: null,
  waits: false,
  heardAt: 0,
  at: null,
  typing: false,
};

/** A page and its socket, as the object and the page treat them. */
class Play {
  now = 0;
  newest = 0;
  follower = FOLLOWER;
  /** All changes up to here are on the page, whether by frames or by loading anew. */
  cursor = 0;
  isLost = false;

  tell(): void {
    const { follower, newest, now } = this;
    if (follower.waits || follower.sent === newest) return;
    const waits = isSlow(follower, newest, now);
    if (!this.isLost) {
      // A page that finds a hole asks; one that is reset loads anew.
      if (waits) this.cursor = newest;
      else if (follower.sent === this.cursor) this.cursor = newest;
    }
    this.follower = { ...sentTo(follower, newest, now), waits };
  }

  sync(): void {
    this.follower = confirmedBy(this.follower, this.cursor);
    this.tell();
  }
}

const steps = fc.array(
  fc.oneof(
    fc.record({ do: fc.constant("change" as const), many: fc.integer({ min: 1, max: 900 }) }),
    fc.record({ do: fc.constant("wait" as const), ms: fc.integer({ min: 0, max: 3 * MINUTE_MS }) }),
    fc.constantFrom({ do: "tell" as const }, { do: "sync" as const }, { do: "lose" as const }),
    fc.record({ do: fc.constant("reconnect" as const) }),
  ),
  { maxLength: 40 },
);

describe("I13: a page and its socket", () => {
  test.prop([steps])("whatever is lost, the page is complete after its next sync", (all) => {
    const play = new Play();
    for (const step of all) {
      switch (step.do) {
        case "change":
          play.newest += step.many;
          break;
        case "wait":
          play.now += step.ms;
          break;
        case "tell":
          play.tell();
          break;
        case "sync":
          play.isLost = false;
          play.sync();
          expect(play.cursor).toBe(play.newest);
          break;
        case "lose":
          play.isLost = true;
          break;
        case "reconnect":
          play.isLost = false;
          play.follower = confirmedBy(FOLLOWER, play.cursor);
          break;
      }
      expect(play.follower.sent).toBeLessThanOrEqual(play.newest);
      expect(play.cursor).toBeLessThanOrEqual(play.newest);
    }
    play.isLost = false;
    play.sync();
    expect(play.cursor).toBe(play.newest);
  });

  test.prop([steps])("a page that confirms every minute is never reset", (all) => {
    const play = new Play();
    for (const step of all) {
      if (step.do === "change") play.newest += Math.min(step.many, 40);
      if (step.do === "wait") play.now += step.ms % MINUTE_MS;
      play.tell();
      expect(play.follower.waits).toBe(false);
      play.sync();
    }
  });
});

describe("a socket", () => {
  it("ends with its session, or where nothing was heard for more than 90 s", () => {
    const heard = { ...FOLLOWER, until: 10 * MINUTE_MS, heardAt: MINUTE_MS };
    expect(endOf(heard, null, MINUTE_MS + 90_000)).toBe(null);
    expect(endOf(heard, null, MINUTE_MS + 90_001)).toBe(CLOSE.silent);
    expect(endOf(heard, 2 * MINUTE_MS, MINUTE_MS + 90_001)).toBe(null);
    expect(endOf(heard, 10 * MINUTE_MS, 10 * MINUTE_MS)).toBe(CLOSE.signedOut);
  });

  it("is slow where more than 2,000 changes or 2 minutes are unconfirmed", () => {
    const sent = sentTo(FOLLOWER, 10, 1000);
    expect(isSlow(FOLLOWER, 1_000_000, 1_000_000)).toBe(false);
    expect(isSlow(sent, 2000, 1000)).toBe(false);
    expect(isSlow(sent, 2001, 1000)).toBe(true);
    expect(isSlow(sent, 11, 1000 + 2 * MINUTE_MS)).toBe(false);
    expect(isSlow(sent, 11, 1001 + 2 * MINUTE_MS)).toBe(true);
    expect(isSlow(confirmedBy(sent, 10), 9000, 9_000_000)).toBe(false);
  });
});

describe("what a page says", () => {
  it("is a sync or where it is, and nothing else", () => {
    expect(readClientFrame('{"t":"sync","after":7}')).toEqual({ t: "sync", after: 7 });
    expect(readClientFrame('{"t":"here","at":null}')).toEqual({
      t: "here",
      at: null,
      typing: false,
    });
    expect(readClientFrame('{"t":"here","at":"c","typing":true,"more":1}')).toEqual({
      t: "here",
      at: "c",
      typing: true,
    });
    for (const text of [
      "",
      "{}",
      "null",
      '{"t":"hello"}',
      '{"t":"sync"}',
      '{"t":"sync","after":1.5}',
    ]) {
      expect(readClientFrame(text)).toBe(null);
    }
    expect(readClientFrame(new ArrayBuffer(3))).toBe(null);
  });

  test.prop([fc.anything()])("of any other kind is refused, and breaks nothing", (value) => {
    const text = JSON.stringify(value) ?? "";
    expect(readClientFrame(text)).toBe(null);
  });

  test.prop([fc.array(fc.integer({ min: 0, max: 3000 }), { minLength: 30, maxLength: 60 })])(
    "is taken once a second in the long run",
    (pauses) => {
      let allowance = newAllowance(0);
      let now = 0;
      let taken = 0;
      for (const pause of pauses) {
        now += pause;
        const left = spend(allowance, "here", now);
        if (left === null) continue;
        allowance = left;
        taken += 1;
      }
      expect(taken).toBeLessThanOrEqual(5 + now / 1000);
      expect(spend(allowance, "sync", now)).not.toBe(null);
    },
  );
});

describe("people", () => {
  test.prop([
    fc.array(
      fc.record({
        name: fc.constantFrom("ana", "luis"),
        at: fc.constantFrom(null, "c1", "c2"),
        typing: fc.boolean(),
      }),
    ),
  ])("are once where they are, in one order, and type if they do in any window", (windows) => {
    const followers = windows.map((each) => ({ ...FOLLOWER, ...each }));
    const list = peopleOf(followers);
    expect(peopleOf(followers.toReversed())).toEqual(list);
    for (const { name, at, typing } of list) {
      const theirs = windows.filter((each) => each.name === name && each.at === at);
      expect(theirs.some((each) => each.typing)).toBe(typing);
    }
    const places = new Set(windows.flatMap(({ name, at }) => (at === null ? [] : [name + at])));
    expect(list).toHaveLength(places.size);
  });
});
