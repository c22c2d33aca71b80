import { exports } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import openApi from "../../../assets/openapi.json" with { type: "json" };
import { eventOperations } from "../../../src/api/events/docs.ts";
import { operations } from "../../../src/api/openapi/operations.ts";

function fetch(path: string, headers: Record<string, string> = {}): Promise<Response> {
  return exports.default.fetch(`https://paloma.test${path}`, { headers, redirect: "manual" });
}

describe("GET /openapi.json", () => {
  test("is the document, without a token", async () => {
    const response = await fetch("/openapi.json");
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(await response.json()).toEqual(openApi);
  });
});

describe.each(["/openapi.json", "/docs"])("%s", (path) => {
  test("has an ETag that spares whoever holds it the body", async () => {
    const etag = (await fetch(path)).headers.get("etag") ?? "";
    expect(etag).toMatch(/^"[0-9a-f]{32,}"$/);
    for (const held of [etag, `W/${etag}`, `"other", ${etag}`, "*"]) {
      const response = await fetch(path, { "if-none-match": held });
      expect(response.status).toBe(304);
      expect(response.headers.get("etag")).toBe(etag);
      expect(await response.text()).toBe("");
    }
    expect((await fetch(path, { "if-none-match": '"other"' })).status).toBe(200);
  });

  test("may be kept for minutes by any cache, and is logged under a request id", async () => {
    const response = await fetch(path);
    expect(response.headers.get("cache-control")).toBe("public, max-age=300");
    expect(response.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
  });

  test("answers HEAD like GET, without the body", async () => {
    const answers = await Promise.all(
      ["GET", "HEAD"].map((method) =>
        exports.default.fetch(`https://paloma.test${path}?from=monitor`, { method }),
      ),
    );
    const [got, head] = answers.map(({ status, headers }) => {
      const { "x-request-id": _its_own, ...same } = Object.fromEntries(headers);
      return { status, headers: same };
    });
    expect(head).toEqual(got);
    expect(await answers[1]?.text()).toBe("");
  });

  test("refuses other methods, and leaves the files of the folder unnamed", async () => {
    const refused = await exports.default.fetch(`https://paloma.test${path}`, { method: "POST" });
    expect(refused.status).toBe(405);
    expect(refused.headers.get("allow")).toBe("GET, HEAD");
    expect(refused.headers.get("content-type")).toBe("application/problem+json");
    expect((await fetch("/docs.html")).status).toBe(404);
  });
});

describe("GET /", () => {
  test("leads to the docs", async () => {
    const response = await fetch("/");
    expect(response.status).toBe(302);
    expect(response.headers.get("location")).toBe("/docs");
  });
});

describe("GET /docs", () => {
  test("is one page that loads nothing and runs nothing", async () => {
    const response = await fetch("/docs");
    expect(response.headers.get("content-type")).toBe("text/html; charset=UTF-8");
    expect(response.headers.get("content-security-policy")).toMatch(/^default-src 'none';/);
    const page = await response.text();
    expect(page).not.toMatch(
      /<script|<link|<img|<iframe|@import|url\(|(?:src|href)="(?:https?:)?\/\//i,
    );
  });

  test("has each route, event, schema and example, and no link that leads nowhere", async () => {
    const page = await (await fetch("/docs")).text();
    const ids = new Set(Array.from(page.matchAll(/ id="([^"]+)"/g), ([, id]) => id));
    const links = Array.from(page.matchAll(/href="#([^"]+)"/g), ([, id]) => id);
    expect(links.filter((id) => !ids.has(id))).toEqual([]);
    const { schemas } = openApi.components;
    expect([...ids]).toEqual(
      expect.arrayContaining(Object.keys(schemas).map((n) => `schema-${n}`)),
    );
    for (const { method, path, summary, body } of [...operations, ...eventOperations]) {
      expect(page).toContain(`<span class="method">${method}</span> ${path}`);
      expect(page).toContain(summary.replaceAll("'", "&#39;"));
      for (const name of Object.keys(body?.examples ?? {})) expect(page).toContain(name);
    }
  });
});
