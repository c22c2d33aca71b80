import { test } from "@fast-check/vitest";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readBody } from "../../src/lib/read-body.ts";

const LIMIT_BYTES = 1000;

/** More than is read at once. */
const LONG_BYTES = 200_000;

describe("readBody", () => {
  it("is empty where there is no body", async () => {
    const request = new Request("https://paloma.test", { method: "POST" });
    expect(await readBody(request, LIMIT_BYTES)).toEqual(new Uint8Array());
  });

  test.prop([fc.array(fc.uint8Array({ minLength: 1, maxLength: 200 }), { maxLength: 8 })])(
    "joins the pieces as they come, up to the limit",
    async (pieces) => {
      const whole = pieces.flatMap((piece) => [...piece]);
      const body = await readBody(requestOf(pieces), LIMIT_BYTES);
      expect(body === null ? null : [...body]).toEqual(whole.length > LIMIT_BYTES ? null : whole);
    },
  );

  it.each([
    [LIMIT_BYTES, LIMIT_BYTES],
    [LIMIT_BYTES + 1, undefined],
  ])("of %i bytes gives %j", async (bytes, expected) => {
    const one = await readBody(requestOf([new Uint8Array(bytes)]), LIMIT_BYTES);
    expect(one?.byteLength).toBe(expected);
    const two = await readBody(
      requestOf([new Uint8Array(LIMIT_BYTES - 1), new Uint8Array(bytes - LIMIT_BYTES + 1)]),
      LIMIT_BYTES,
    );
    expect(two?.byteLength).toBe(expected);
  });

  it.each([
    ["as it is", 5, 5, 5],
    ["too small", LIMIT_BYTES + 1, 5, undefined],
    ["too great", 5, LIMIT_BYTES + 1, 5],
    ["no number", 5, "five", 5],
  ])("by a length declared %s", async (_how, bytes, declared, expected) => {
    const request = requestOf([new Uint8Array(bytes)]);
    request.headers.set("content-length", String(declared));
    expect((await readBody(request, LIMIT_BYTES))?.byteLength).toBe(expected);
  });

  it.each([
    ["nothing", undefined],
    ["its length", String(LONG_BYTES)],
    ["less", "1"],
  ])("joins a long body that declares %s", async (_how, declared) => {
    const whole = Uint8Array.from({ length: LONG_BYTES }, (_, place) => place % 251);
    const pieces = [whole.slice(0, 70_001), whole.slice(70_001)];
    const request = requestOf(pieces);
    if (declared !== undefined) request.headers.set("content-length", declared);
    expect(await readBody(request, LONG_BYTES)).toEqual(whole);
  });

  it("stops reading once there is too much", async () => {
    let pulls = 0;
    let canceled = false;
    const endless = new ReadableStream({
      type: "bytes",
      pull(controller) {
        pulls += 1;
        controller.enqueue(new Uint8Array(LIMIT_BYTES));
      },
      cancel() {
        canceled = true;
      },
    });
    const request = new Request("https://paloma.test", { method: "POST", body: endless });
    expect(await readBody(request, LIMIT_BYTES)).toBeNull();
    expect(canceled).toBe(true);
    expect(pulls).toBeLessThan(5);
  });

  it("fails where the connection does", async () => {
    const broken = new ReadableStream({
      type: "bytes",
      start(controller) {
        controller.error(new Error("connection lost"));
      },
    });
    const request = new Request("https://paloma.test", { method: "POST", body: broken });
    await expect(readBody(request, LIMIT_BYTES)).rejects.toThrow("connection lost");
  });
});

function requestOf(pieces: readonly Uint8Array[]): Request {
  const body = new ReadableStream({
    type: "bytes",
    start(controller) {
      for (const piece of pieces) controller.enqueue(piece);
      controller.close();
    },
  });
  return new Request("https://paloma.test", { method: "POST", body });
}
