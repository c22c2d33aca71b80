import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  isStamp,
  namesOneOf,
  splitTextByPerson,
  withoutStamps,
} from "../../src/people/identities.ts";

const SECONDS = 1_764_400_000;
const MILLISECONDS = 1_764_400_000_123;

describe("times are no phones", () => {
  test.each([
    ["timestamp", SECONDS],
    ["time", String(SECONDS)],
    ["expiration_timestamp", MILLISECONDS],
    ["creation_timestamp", String(MILLISECONDS)],
    ["expires_at", SECONDS],
    ["eventTimestamp", String(SECONDS)],
  ])("%s: %j", (name, value) => {
    const text = JSON.stringify({ [name]: value, wa_id: "529980000000" });
    const names = namesOneOf({ phones: [String(value)], ids: [] });
    expect(isStamp(name, value)).toBe(true);
    expect(names(text)).toBe(false);
    // As text within text, which is how dead letters keep a message.
    expect(names(JSON.stringify({ payload: text }))).toBe(false);
    expect(splitTextByPerson(text, names)).toEqual({ about: [], rest: JSON.parse(text) });
    expect(names(JSON.stringify({ wa_id: value }))).toBe(true);
  });

  test.each([
    ["from", String(SECONDS)],
    ["timestamps", SECONDS],
    ["timestamp", "5219982220001"],
    ["timestamp", "17644000001"],
    ["timestamp", `${SECONDS} and more`],
    ["timestamp", null],
    ["timestamp", [SECONDS]],
  ])("%s: %j is none", (name, value) => {
    expect(isStamp(name, value)).toBe(false);
  });

  test("and a phone in a member of that name is still one", () => {
    const text = '{"time":"5219982220001"}';
    expect(withoutStamps(text)).toBe(text);
  });

  test("a text of many numbers is looked through at once", () => {
    const text = JSON.stringify({ numbers: Array.from({ length: 300_000 }, () => MILLISECONDS) });
    expect(withoutStamps(text)).toBe(text);
  });

  test("what is no stamp's stays, whatever stands around it", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        fc.pre(!/\d{10}/.test(text));
        expect(withoutStamps(JSON.stringify({ timestamp: text }))).toBe(
          JSON.stringify({ timestamp: text }),
        );
      }),
    );
  });
});
