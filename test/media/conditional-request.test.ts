import { describe, expect, test } from "vitest";
import { byteRange, isFresh, rangeToAsk } from "../../src/media/serve.ts";

const TAG = '"9b8d"';

describe("If-None-Match", () => {
  test.each([
    [TAG, true],
    [`W/${TAG}`, true],
    [`"x", ${TAG}`, true],
    [`"x",W/${TAG} ,"y"`, true],
    ["*", true],
    [" * ", true],
    ['"x"', false],
    ["9b8d", false],
    ["", false],
    [`w/${TAG}`, false],
  ])("%s: fresh %s", (held, expected) => {
    expect(isFresh(new Headers({ "if-none-match": held }), TAG)).toBe(expected);
  });

  test("nothing held, or no tag known", () => {
    expect(isFresh(new Headers(), TAG)).toBe(false);
    expect(isFresh(new Headers({ "if-none-match": "*" }), null)).toBe(false);
  });
});

describe("Range", () => {
  test.each(["bytes=0-", "bytes=0-499", "bytes=500-999", "bytes=-500"])(
    "%s is passed on",
    (range) => {
      expect(rangeToAsk(new Headers({ range }), TAG)).toBe(range);
      expect(rangeToAsk(new Headers({ range }), null)).toBe(range);
    },
  );

  test.each(["", "bytes=", "bytes=-", "bytes=0-1,5-6", "items=0-1", "bytes=a-b", "bytes 0-1"])(
    "%j is left out",
    (range) => {
      expect(rangeToAsk(new Headers({ range }), TAG)).toBeNull();
    },
  );

  test("none is none", () => {
    expect(rangeToAsk(new Headers(), TAG)).toBeNull();
  });

  test("If-Range asks for the whole of another version, by a strong comparison", () => {
    const range = "bytes=0-1";
    expect(rangeToAsk(new Headers({ range, "if-range": TAG }), TAG)).toBe(range);
    for (const held of ['"other"', `W/${TAG}`, "Sun, 22 Nov 2026 12:00:00 GMT"]) {
      expect(rangeToAsk(new Headers({ range, "if-range": held }), TAG)).toBeNull();
    }
    expect(rangeToAsk(new Headers({ range, "if-range": TAG }), null)).toBeNull();
  });
});

describe("the bytes of a range", () => {
  test.each([
    ["bytes=0-3", 10, { offset: 0, length: 4 }],
    ["bytes=9-9", 10, { offset: 9, length: 1 }],
    ["bytes=5-", 10, { offset: 5, length: 5 }],
    ["bytes=5-99", 10, { offset: 5, length: 5 }],
    ["bytes=-3", 10, { offset: 7, length: 3 }],
    ["bytes=-99", 10, { offset: 0, length: 10 }],
    ["bytes=10-", 10, "unsatisfiable"],
    ["bytes=10-12", 10, "unsatisfiable"],
    ["bytes=-0", 10, "unsatisfiable"],
    ["bytes=0-", 0, "unsatisfiable"],
    ["bytes=-1", 0, "unsatisfiable"],
    ["bytes=5-4", 10, null],
    ["bytes=0-1,3-4", 10, null],
  ])("%s of %i", (range, sizeBytes, expected) => {
    expect(byteRange(range, sizeBytes)).toEqual(expected);
  });
});
