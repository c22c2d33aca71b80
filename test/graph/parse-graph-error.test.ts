import { fc } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { classify, parseGraphError } from "../../src/graph/errors.ts";

const NOW = Date.parse("2026-11-22T12:00:00Z");

function parse(
  body: unknown,
  { status = 400, headers = {} }: { status?: number; headers?: Record<string, string> } = {},
  withheld: string[] = [],
) {
  const text = typeof body === "string" || body === null ? body : JSON.stringify(body);
  return parseGraphError({ status, headers: new Headers(headers) }, text, withheld, NOW);
}

describe("an error answer", () => {
  test("is read in full", () => {
    const error = {
      message: "(#131030) Recipient phone number not in allowed list",
      type: "OAuthException",
      code: 131030,
      error_data: { messaging_product: "whatsapp", details: "Add the number to the list" },
      error_subcode: 2655007,
      fbtrace_id: "AI5Ob2z72R0JAUB5zOF-nao",
    };
    expect(parse({ error }, { headers: { "retry-after": "7" } })).toEqual({
      code: 131030,
      subcode: 2655007,
      message: "(#131030) Recipient phone number not in allowed list",
      details: "Add the number to the list",
      fbtrace_id: "AI5Ob2z72R0JAUB5zOF-nao",
      http_status: 400,
      retry_after_seconds: 7,
    });
  });

  test("says so if Meta calls it transient, and only then", () => {
    expect(parse({ error: { is_transient: true } }).is_transient).toBe(true);
    expect(parse({ error: { is_transient: false } })).not.toHaveProperty("is_transient");
    expect(parse({ error: { is_transient: "true" } })).not.toHaveProperty("is_transient");
  });

  test.each([
    ["190", 190],
    [0, 0],
    [1.5, null],
    [-1, null],
    ["abc", null],
    ["1e3", null],
    [1e21, null],
    [true, null],
    [null, null],
    [{}, null],
  ])("code %j is read as %j", (code, expected) => {
    expect(parse({ error: { code } }).code).toBe(expected);
  });

  test.each([
    ["empty", ""],
    ["unreadable", null],
    ["HTML", "<html><body>502 Bad Gateway: Bearer EAAG</body></html>"],
    ["cut off", '{"error":{"message":"Inv'],
    ["an array", "[1,2]"],
    ["a string", '"error"'],
    ["null", "null"],
    ["without an error", "{}"],
    ["an error that is a string", '{"error":"boom"}'],
    ["an error that is an array", '{"error":[]}'],
    ["nested beyond reason", "[".repeat(100_000)],
    ["a prototype", '{"__proto__":{"error":{"code":4}}}'],
  ])("%s gives the status alone", (_name, body) => {
    expect(parse(body, { status: 502 })).toEqual({
      code: null,
      message: "Meta answered HTTP 502 without a reason that can be read",
      details: null,
      fbtrace_id: null,
      http_status: 502,
      retry_after_seconds: null,
    });
  });

  test("error_data may be a string", () => {
    expect(parse({ error: { code: 100, error_data: "details" } }).details).toBeNull();
  });

  test("a redirect is called one", () => {
    for (const status of [300, 302, 399]) {
      expect(parse("", { status }).message).toBe(
        `Meta answered with a redirect (HTTP ${status}), which is not followed`,
      );
    }
    expect(parse("", { status: 299 }).message).not.toContain("redirect");
    expect(parse("", { status: 400 }).message).not.toContain("redirect");
  });

  test("I11: what is withheld never comes back", () => {
    const error = {
      message: "Bad token EAAGxyz for +5219982220001",
      error_data: { details: "EAAGxyz EAAGxyz" },
      fbtrace_id: "EAAGxyz",
    };
    const parsed = parse({ error }, {}, ["EAAGxyz", "+5219982220001"]);
    expect(parsed.message).toBe("Bad token [withheld] for [withheld]");
    expect(parsed.details).toBe("[withheld] [withheld]");
    expect(parsed.fbtrace_id).toBe("[withheld]");
  });

  test("an endless text is cut, and never within a character", () => {
    const { message } = parse({ error: { message: `${"x".repeat(999)}🐕${"y".repeat(5000)}` } });
    expect(message).toHaveLength(1000);
    expect(message.isWellFormed()).toBe(true);
  });
});

describe("Retry-After", () => {
  test.each([
    ["120", 120],
    ["0", 0],
    ["Sun, 22 Nov 2026 12:00:30 GMT", 30],
    ["Sun, 22 Nov 2026 11:00:00 GMT", 0],
    ["soon", null],
    ["Sun, 99 Nov 2026 11:00:00 GMT", null],
    ["2026", 2026],
    ["1.5", null],
    ["-5", null],
    ["99999999999", null],
  ])("%s is %s seconds", (header, expected) => {
    const error = parse("", { headers: { "retry-after": header } });
    expect(error.retry_after_seconds).toBe(expected);
  });
});

test("no body makes it throw", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "binary" }),
      fc.integer({ min: 200, max: 599 }),
      (body, status) => {
        expect(() => classify(parse(body, { status }))).not.toThrow();
      },
    ),
  );
});

test("no JSON under error makes it throw", () => {
  fc.assert(
    fc.property(fc.json(), (json) => {
      expect(() => classify(parse(`{"error":${json}}`))).not.toThrow();
    }),
  );
});
