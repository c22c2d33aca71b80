import { Hono } from "hono";
import { describe, expect, test } from "vitest";
import { type JsonReading, readJson } from "../../src/http/body.ts";
import { problemResponse } from "../../src/lib/problem.ts";

const LIMIT_BYTES = 10 * 1024 * 1024;

const app = new Hono()
  .post("/any", async ({ req }) => answer(await readJson(req.raw)))
  .post("/optional", async ({ req }) => answer(await readJson(req.raw, {})));

function answer(reading: JsonReading): Response {
  return reading.ok
    ? Response.json({ read: reading.value })
    : problemResponse(reading.problem, "request-1");
}

async function read(path: string, body: BodyInit | null) {
  const response = await app.request(path, { method: "POST", body });
  return { status: response.status, body: await response.json() };
}

const utf8 = (text: string) => new TextEncoder().encode(text);

describe("a JSON body", () => {
  test.each([
    ['{"ñ":"🐕 e\u0301 \\u0000"}', { ñ: "🐕 e\u0301 \u0000" }],
    [" [1, 2.5] ", [1, 2.5]],
    ["null", null],
    ['"text"', "text"],
    ['\ufeff{"a":1}', { a: 1 }],
  ])("%j is read exactly", async (text, expected) => {
    expect(await read("/any", utf8(text))).toEqual({ status: 200, body: { read: expected } });
  });

  test.each([
    ["nothing", null],
    ["blanks", utf8(" ")],
    ["half an object", utf8('{"a":')],
    ["two values", utf8("{}{}")],
    ["NaN", utf8("NaN")],
    ["Latin-1", new Uint8Array([0x22, 0xf1, 0x22])],
    ["a surrogate in UTF-8", new Uint8Array([0x22, 0xed, 0xa0, 0x80, 0x22])],
    ["UTF-16", new Uint8Array([0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00])],
  ])("is not %s", async (_what, body) => {
    expect(await read("/any", body)).toEqual({
      status: 400,
      body: expect.objectContaining({
        code: "invalid_json",
        detail: "The body must be JSON in UTF-8.",
        request_id: "request-1",
      }),
    });
  });

  test("may have as many bytes as the limit, and not one more", async () => {
    const text = JSON.stringify("x".repeat(LIMIT_BYTES - 2));
    expect((await read("/any", utf8(text))).status).toBe(200);
    expect(await read("/any", utf8(`${text} `))).toMatchObject({
      status: 413,
      body: { code: "too_large", detail: `The body may have ${LIMIT_BYTES} bytes.` },
    });
  });
});

describe("a body that may be left out", () => {
  test.each([null, "", " \r\n\t"])("is an empty object then: %j", async (body) => {
    expect(await read("/optional", body)).toEqual({ status: 200, body: { read: {} } });
  });

  test("is read as it is where it is given, or refused", async () => {
    expect((await read("/optional", '{"a":[1]}')).body).toEqual({ read: { a: [1] } });
    expect(await read("/optional", "{")).toMatchObject({ status: 400 });
  });
});
