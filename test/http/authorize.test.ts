import { env } from "cloudflare:workers";
import { Hono } from "hono";
import { describe, expect, it, vi } from "vitest";
import type { ApiToken, Scope } from "../../src/config/api-tokens.ts";
import type { ApiEnvironment } from "../../src/http/context.ts";
import { authorize } from "../../src/http/middleware.ts";
import type { OptionalBindings } from "../../src/lib/optional-bindings.ts";
import { graphConfig } from "../graph/graph-fixture.ts";

const TOKENS: ApiToken[] = [
  { name: "clinic", token: "clinic-token", scopes: new Set(["read", "send", "admin"]) },
  { name: "reader", token: "reader-token", scopes: new Set(["read"]) },
  { name: "sender", token: "sender-token", scopes: new Set(["send"]) },
  { name: "operator", token: "operator-token", scopes: new Set(["admin", "read"]) },
];

describe("authorize", () => {
  it.each<[string, Scope, number]>([
    ["clinic-token", "read", 200],
    ["clinic-token", "send", 200],
    ["clinic-token", "admin", 200],
    ["reader-token", "read", 200],
    ["reader-token", "send", 403],
    ["reader-token", "admin", 403],
    ["sender-token", "read", 403],
    ["sender-token", "send", 200],
    ["sender-token", "admin", 403],
    ["operator-token", "admin", 200],
    ["operator-token", "send", 403],
  ])("%s for the scope %s: %i", async (token, scope, status) => {
    const { response, handler } = await ask(scope, `Bearer ${token}`);
    expect(response.status).toBe(status);
    expect(handler).toHaveBeenCalledTimes(status === 200 ? 1 : 0);
  });

  it("tells the handler whose token it is", async () => {
    const { response } = await ask("read", "Bearer reader-token");
    expect(await response.text()).toBe("reader");
  });

  it("takes the scheme in any letters, and any number of spaces", async () => {
    for (const header of [
      "bearer clinic-token",
      "BEARER   clinic-token",
      "Bearer clinic-token  ",
    ]) {
      expect((await ask("read", header)).response.status).toBe(200);
    }
  });

  it.each<[string, string | null]>([
    ["missing", null],
    ["empty", ""],
    ["the scheme alone", "Bearer"],
    ["the scheme and a space", "Bearer "],
    ["of another scheme", "Basic clinic-token"],
    ["without a scheme", "clinic-token"],
    ["of one letter", "Bearer c"],
    ["one letter too short", "Bearer clinic-toke"],
    ["one letter too long", "Bearer clinic-tokens"],
    ["of the same length", "Bearer clinic-tokem"],
    ["in other letters", "Bearer Clinic-Token"],
    ["of 100 KB", `Bearer ${"a".repeat(100_000)}`],
    ["with something behind", "Bearer clinic-token x"],
    ["given twice", "Bearer clinic-token, Bearer clinic-token"],
    ["a name", "Bearer clinic"],
    ["a whole entry", "Bearer clinic:clinic-token"],
    ["every token at once", "Bearer clinic-token,reader-token"],
  ])("refuses a token that is %s", async (_case, header) => {
    const { response, handler } = await ask("read", header);
    expect(response.status).toBe(401);
    expect(response.headers.get("www-authenticate")).toBe("Bearer");
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(await response.json()).toMatchObject({ code: "unauthorized", request_id: "r1" });
    expect(handler).not.toHaveBeenCalled();
  });

  it("names the scope that is missing and not the token (I11)", async () => {
    const { response } = await ask("admin", "Bearer reader-token");
    const text = await response.text();
    expect(JSON.parse(text)).toMatchObject({ code: "forbidden", request_id: "r1" });
    expect(text).toContain("admin");
    expect(text).not.toContain("reader-token");
  });

  it("refuses everybody where there are no tokens", async () => {
    for (const header of ["Bearer clinic-token", "Bearer undefined", "Bearer ", null]) {
      expect((await ask("read", header, [])).response.status).toBe(401);
    }
  });
});

describe("the rate limit of a token", () => {
  /** The binding counts for as long as the tests run: each has callers of its own. */
  const callers = (): ApiToken[] =>
    ["one", "other"].map((name) => ({
      name: `${name}-${crypto.randomUUID()}`,
      token: `${name}-token`,
      scopes: new Set(["read"]),
    }));
  const limited = { API_RATE_LIMIT: env.TEST_RATE_LIMIT };

  it("answers 429 with Retry-After once a token sent too many requests, and no other token", async () => {
    const tokens = callers();
    for (let request = 1; request <= 3; request += 1) {
      expect((await ask("read", "Bearer one-token", tokens, limited)).response.status).toBe(200);
    }
    const { response, handler } = await ask("read", "Bearer one-token", tokens, limited);
    expect(response.status).toBe(429);
    expect(response.headers.get("retry-after")).toBe("60");
    expect(await response.json()).toMatchObject({ code: "rate_limited", request_id: "r1" });
    expect(handler).not.toHaveBeenCalled();
    expect((await ask("read", "Bearer other-token", tokens, limited)).response.status).toBe(200);
  });

  it("counts what a token may not do, and nothing of who has none", async () => {
    const tokens = callers();
    const statuses: number[] = [];
    for (let request = 1; request <= 4; request += 1) {
      expect((await ask("read", "Bearer unknown", tokens, limited)).response.status).toBe(401);
      statuses.push((await ask("send", "Bearer one-token", tokens, limited)).response.status);
    }
    expect(statuses).toEqual([403, 403, 403, 429]);
  });

  it("is off without the binding", async () => {
    const tokens = callers();
    for (let request = 1; request <= 5; request += 1) {
      expect((await ask("read", "Bearer one-token", tokens, {})).response.status).toBe(200);
    }
  });
});

async function ask(
  scope: Scope,
  authorization: string | null,
  apiTokens = TOKENS,
  bindings: OptionalBindings = {},
) {
  const handler = vi.fn<() => void>();
  const app = new Hono<ApiEnvironment>();
  app.use(async (context, next) => {
    context.set("requestId", "r1");
    context.set("config", graphConfig({ apiTokens }));
    context.set("caller", null);
    await next();
  });
  app.get("/", authorize(scope), (context) => {
    handler();
    return context.text(context.var.caller?.name ?? "nobody");
  });
  const headers = new Headers(authorization === null ? {} : { authorization });
  return { response: await app.request("/", { headers }, bindings), handler };
}
