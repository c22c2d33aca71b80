import { test } from "@fast-check/vitest";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  inboundMessageId,
  outboundMessageId,
  randomSuffix,
} from "../../src/messages/message-id.ts";
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
