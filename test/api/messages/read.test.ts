import { describe, expect, test } from "vitest";
import { type Asking, claimFor, readBatchEntry, readSend } from "../../../src/api/messages/read.ts";
import type { ApiToken } from "../../../src/config/api-tokens.ts";
import { graphConfig, PHONE_NUMBER_ID } from "../../graph/graph-fixture.ts";

const caller: ApiToken = { name: "clinic", token: "x", scopes: new Set(["send"]) };

const asking: Asking = { caller, config: graphConfig() };

const TEXT = { to: "+52 998 222 0001", text: { body: "¡Hola!" } };

const KEY_MAX = 255;

describe("a request to send", () => {
  test("goes from the configured number unless it names another", async () => {
    expect(await readSend(TEXT, undefined, asking)).toMatchObject({
      ok: true,
      entry: { phoneNumberId: PHONE_NUMBER_ID, request: { type: "text" } },
    });
    expect(await readSend({ ...TEXT, from: "2065" }, undefined, asking)).toMatchObject({
      ok: true,
      entry: { phoneNumberId: "2065" },
    });
  });

  test("claims in its caller's name, with or without a key", async () => {
    const reading = await readSend(TEXT, "appt-8812-24h", asking);
    expect(reading).toMatchObject({
      ok: true,
      entry: { claim: { sentBy: "clinic", idempotencyKey: "appt-8812-24h" } },
    });
    expect(await readSend(TEXT, undefined, asking)).toMatchObject({
      ok: true,
      entry: { claim: { sentBy: "clinic", idempotencyKey: null } },
    });
  });

  test.each([
    ["", "0 characters"],
    ["x".repeat(KEY_MAX + 1), "256 characters"],
    [7, "a number"],
    [null, "null"],
    [{}, "an object"],
  ])("with the key %.10j is refused", async (key, got) => {
    const detail = `must be text of 1 to 255 characters, as must the header Idempotency-Key; got ${got}`;
    expect(await readSend(TEXT, key, asking)).toEqual({
      ok: false,
      errors: [{ pointer: "/idempotency_key", detail }],
    });
  });

  test("takes a key of the full length", async () => {
    expect(await readSend(TEXT, "ñ".repeat(KEY_MAX), asking)).toMatchObject({ ok: true });
  });

  test("hears of the key and of everything else at once", async () => {
    const reading = await readSend({ to: "nobody", text: { body: "" } }, "", asking);
    const pointers = reading.ok ? [] : reading.errors.map(({ pointer }) => pointer);
    expect(pointers).toContain("/idempotency_key");
    expect(pointers).toContain("/to");
    expect(pointers).toContain("/text/body");
  });
});

describe("an element of a batch", () => {
  test("has its key inside, which is no part of the request", async () => {
    const alone = await readSend(TEXT, "key", asking);
    const inBatch = await readBatchEntry({ ...TEXT, idempotency_key: "key" }, asking);
    expect(alone.ok && inBatch.ok && inBatch.entry.claim).toEqual(alone.ok && alone.entry.claim);
  });

  test.each([null, "text", 7, []])("that is %j is refused", async (element) => {
    expect(await readBatchEntry(element, asking)).toMatchObject({ ok: false });
  });
});

describe("I7: a claim", () => {
  test("is the same for the same body in any order of members", async () => {
    const one = await claimFor({ a: 1, b: { c: ["ñ", null], d: true } }, "key", caller);
    const other = await claimFor({ b: { d: true, c: ["ñ", null] }, a: 1 }, "key", caller);
    expect(other).toEqual(one);
    expect(one.requestHash).toMatch(/^[0-9a-f]{64}$/);
  });

  test.each([{ a: 2 }, { a: "1" }, { a: [1] }, { a: 1, b: null }, { A: 1 }])(
    "differs for %j",
    async (body) => {
      const one = await claimFor({ a: 1 }, "key", caller);
      expect((await claimFor(body, "key", caller)).requestHash).not.toBe(one.requestHash);
    },
  );

  test("without a caller is nobody's", async () => {
    expect(await claimFor({}, undefined, null)).toMatchObject({
      sentBy: "",
      idempotencyKey: null,
    });
  });
});
