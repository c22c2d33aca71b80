import { exports } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import openApi from "../../openapi.json" with { type: "json" };
import { eventOperations } from "../../src/reference/operations/event-operations.ts";
import { operations } from "../../src/reference/operations.ts";

function fetch(path: string): Promise<Response> {
  return exports.default.fetch(`https://paloma.test${path}`);
}

describe("GET /openapi.json", () => {
  test("is the document, without a token", async () => {
    const response = await fetch("/openapi.json");
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(await response.json()).toEqual(openApi);
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
