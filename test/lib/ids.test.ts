import { test } from "@fast-check/vitest";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  idBehind,
  inboundMessageId,
  isSameMessage,
  isUnplaced,
  lowestMessageId,
  outboundMessageId,
  randomSuffix,
  timeOfId,
} from "../../src/lib/ids.ts";
import { NUMBER, OTHER_NUMBER } from "../support/paloma.ts";

const NOON = Date.parse("2026-11-22T12:00:00Z");
const YEAR_10889_MS = 2 ** 48 - 1;

const time = fc.integer({ min: 0, max: YEAR_10889_MS });

describe("inboundMessageId", () => {
  it("is the same for every delivery of a wamid", async () => {
    const id = await inboundMessageId(NOON, NUMBER, "wamid.1");
    expect(id).toBe(await inboundMessageId(NOON, NUMBER, "wamid.1"));
    expect(id).toMatch(/^msg_[0-9a-f]{32}$/);
    expect(Number.parseInt(id.slice(4, 16), 16)).toBe(NOON);
  });

  it("is another for another wamid or number", async () => {
    const ids = await Promise.all([
      inboundMessageId(NOON, NUMBER, "wamid.1"),
      inboundMessageId(NOON, NUMBER, "wamid.2"),
      inboundMessageId(NOON, OTHER_NUMBER, "wamid.1"),
    ]);
    expect(new Set(ids).size).toBe(3);
  });

  test.prop([time, time, fc.string(), fc.string()])(
    "sorts by time, whatever the wamids (I3)",
    async (one, other, wamid, otherWamid) => {
      fc.pre(one < other);
      const earlier = await inboundMessageId(one, NUMBER, wamid);
      const later = await inboundMessageId(other, NUMBER, otherWamid);
      expect(earlier < later).toBe(true);
      expect(earlier).toHaveLength(later.length);
    },
  );

  it("keeps to its digits at any time", async () => {
    for (const at of [-1, 0, 0.5, YEAR_10889_MS, YEAR_10889_MS + 1, Number.MAX_SAFE_INTEGER]) {
      expect(await inboundMessageId(at, NUMBER, "wamid.1")).toMatch(/^msg_[0-9a-f]{32}$/);
    }
  });
});

describe("outboundMessageId", () => {
  it("has the time and is unlike any other", () => {
    const now = Date.now();
    const ids = Array.from({ length: 100 }, () => outboundMessageId(now));
    expect(new Set(ids).size).toBe(100);
    expect(ids[0]).toMatch(/^msg_[0-9a-f]{32}$/);
    expect(Number.parseInt(ids[0]?.slice(4, 16) ?? "", 16)).toBeGreaterThanOrEqual(now);
  });
});

describe("a message of ours behind another", () => {
  test.prop([time, time, fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })])(
    "has the next place, or its own time where that is later (I3)",
    (now, at, tail) => {
      fc.pre(at < YEAR_10889_MS);
      const behind = `msg_${at.toString(16).padStart(12, "0")}ffff${tail.toString(16).padStart(16, "0")}`;
      const id = outboundMessageId(now, behind);
      expect(id > behind).toBe(true);
      expect(id).toMatch(/^msg_[0-9a-f]{32}$/);
      const own = timeOfId(outboundMessageId(now));
      expect(timeOfId(id)).toBeLessThanOrEqual(Math.max(own, at + 1));
    },
  );

  it("stands behind a read mark that is no more than a time", () => {
    const id = idBehind(outboundMessageId(NOON), lowestMessageId(NOON + 5));
    expect(id.slice(0, 20)).toBe(`${lowestMessageId(NOON + 5)}0001`);
  });
});

describe("isSameMessage", () => {
  it("heeds what a wamid is, not where it stands", async () => {
    const [one, other] = await Promise.all(
      ["wamid.1", "wamid.2"].map((wamid) => inboundMessageId(NOON, NUMBER, wamid)),
    );
    if (!one || !other) throw new Error("two ids were asked for");
    expect(isSameMessage(one, idBehind(one, other))).toBe(true);
    expect(isSameMessage(one, other)).toBe(false);
  });

  it("knows an id of 0.1.0 again", async () => {
    const now = await inboundMessageId(NOON, NUMBER, "wamid.1");
    const name = new TextEncoder().encode(`${NUMBER}:wamid.1`);
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", name));
    const former = `${now.slice(0, 16)}${digest.subarray(0, 10).toHex()}`;
    expect(isSameMessage(now, former)).toBe(true);
    expect([now, former].map(isUnplaced)).toEqual([true, false]);
  });
});

describe("randomSuffix", () => {
  it("counts up within one millisecond, past 65,536 as well", () => {
    const now = Date.now();
    const suffixes = Array.from({ length: 70_000 }, () => randomSuffix(now));
    expect(isAscending(suffixes)).toBe(true);
    expect(new Set(suffixes.map((suffix) => suffix.length))).toEqual(new Set([32]));
  });

  it("counts up where the clock goes backwards a little", () => {
    const now = Date.now();
    expect(isAscending([now, now - 5000, now - 1, now].map(randomSuffix))).toBe(true);
  });

  it("believes a clock that was set back for good", () => {
    const now = Date.now();
    randomSuffix(now + 3_600_000);
    expect(randomSuffix(now).slice(0, 12)).toBe(now.toString(16).padStart(12, "0"));
  });

  it("counts up as time goes by", () => {
    const now = Date.now();
    expect(isAscending([0, 0, 1, 1, 2].map((wait) => randomSuffix(now + wait)))).toBe(true);
  });

  it("can't be guessed from the one before", () => {
    const now = Date.now();
    const tails = Array.from({ length: 100 }, () => randomSuffix(now).slice(16));
    expect(new Set(tails).size).toBe(100);
  });
});

function isAscending(texts: readonly string[]): boolean {
  return texts.every((text, position) => position === 0 || (texts[position - 1] ?? "") < text);
}
