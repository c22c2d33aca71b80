import { env, exports } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { app } from "../../../src/app.ts";
import type { Check } from "../../../src/doctor/examine.ts";
import { createDatabase } from "../../../src/store/d1.ts";
import { keepDeadLetters } from "../../../src/store/dead-letters.ts";
import { keepTemplateUpdates, EMPTY_UPDATE } from "../../../src/store/templates.ts";
import { templateRegistry } from "../../../src/templates/registry.ts";
import { faultyD1 } from "../../support/faulty-d1.ts";
import { newCustomer, NUMBER, type Paloma, startPaloma } from "../../support/paloma.ts";
import { newSubscriber, withSetting, withSubscribers } from "../../support/subscriber.ts";

/** As if no migration had made them: SQLite's own way to do it without losing rows. */
const HIDE = ["ALTER TABLE dead_letters RENAME TO hidden_letters"];
const SHOW = ["ALTER TABLE hidden_letters RENAME TO dead_letters"];

const DAY_MS = 24 * 60 * 60 * 1000;

const CHECKS = [
  "configuration",
  "access_token",
  "phone_number",
  "app_secret",
  "webhook",
  "app_subscribed",
  "database",
  "last_webhook",
  "templates",
  "dead_letters",
  "unconfirmed_sends",
  "waiting_sends",
  "subscribers",
  "inbox",
];

const META_CHECKS = CHECKS.slice(1, 6);

/** A check, what is wrong at Meta, and what the check says then. */
type Trouble = [
  check: string,
  trouble: Parameters<Paloma["simulator"]["account"]["change"]>[0],
  result: "warn" | "fail",
  what: string,
];

let paloma: Paloma;

beforeEach(() => {
  paloma = startPaloma();
});

afterEach(() => {
  vi.restoreAllMocks();
});

async function doctor(): Promise<Record<string, Check>> {
  const { status, body } = await paloma.api("GET", "/v1/doctor", undefined, { token: "operator" });
  expect(status).toBe(200);
  expect(body).toEqual({
    result: expect.stringMatching(/^(ok|warn|fail)$/),
    checked_at: expect.stringMatching(/^\d{4}-.*Z$/),
    checks: expect.any(Array),
  });
  const checks: Check[] = body.checks;
  for (const { what, result, remedy } of checks) {
    expect(what).toMatch(/\.$/);
    expect(remedy === null).toBe(result === "ok");
  }
  return Object.fromEntries(checks.map((check) => [check.check, check]));
}

describe("GET /v1/doctor", () => {
  it("finds nothing wrong where nothing is", async () => {
    const at = Date.now();
    await keepTemplateUpdates(
      createDatabase(env.DB),
      templateRegistry.map(({ name, language }) => ({
        ...EMPTY_UPDATE,
        name,
        language,
        status: "APPROVED",
        at,
      })),
    );
    await paloma.simulator.customers.write({
      from: newCustomer(),
      content: { type: "text", body: "Hola" },
    });
    await paloma.simulator.flush();
    const checks = await doctor();
    expect(Object.keys(checks)).toEqual(CHECKS);
    for (const name of [
      ...META_CHECKS,
      "configuration",
      "database",
      "templates",
      "subscribers",
      "inbox",
    ]) {
      expect(checks[name]).toMatchObject({ check: name, result: "ok", remedy: null });
    }
    expect(checks["phone_number"]?.what).toBe(
      "Pet-Friendly: CONNECTED, quality GREEN, limit TIER_1K.",
    );
  });

  it.each<Trouble>([
    ["app_subscribed", { subscribed: false }, "fail", "does not hear"],
    ["webhook", { callbackUrl: null }, "fail", "no webhook address"],
    ["webhook", { webhookActive: false }, "fail", "switched off"],
    ["webhook", { unsubscribedFields: ["messages"] }, "fail", "field messages"],
    ["webhook", { callbackUrl: "https://old.example/webhook" }, "warn", "old.example"],
    ["access_token", { tokenExpiresAt: Date.now() + DAY_MS }, "warn", "expires on"],
    ["access_token", { tokenScopes: ["whatsapp_business_management"] }, "fail", "can't send"],
    ["phone_number", { numberStatus: "RESTRICTED" }, "fail", "RESTRICTED"],
    ["phone_number", { canSend: "BLOCKED" }, "fail", "Account has been locked"],
    ["phone_number", { numberQuality: "RED" }, "warn", "quality RED"],
  ])("%s: %j", async (name, trouble, result, what) => {
    paloma.simulator.account.change(trouble);
    const checks = await doctor();
    expect(checks[name]).toMatchObject({ result, what: expect.stringContaining(what) });
    const others = META_CHECKS.filter((check) => check !== name);
    expect(others.map((check) => checks[check]?.result)).toEqual(others.map(() => "ok"));
  });

  it("tells of an expired token, and of all that could not be asked for that reason", async () => {
    paloma.simulator.account.change({ tokenExpiresAt: Date.now() - 1 });
    const checks = await doctor();
    for (const name of META_CHECKS) {
      expect(checks[name]).toMatchObject({
        result: "fail",
        what: expect.stringMatching(/^Not checked: .*190/),
      });
    }
    expect(checks["dead_letters"]).toBeDefined();
  });

  it("tells of an app secret that signs nothing Meta sends", async () => {
    paloma = startPaloma({ appSecret: "the-real-secret-of-the-app" });
    const checks = await doctor();
    expect(checks["app_secret"]).toMatchObject({ result: "fail" });
    expect(JSON.stringify(checks)).not.toMatch(/test-app-secret|retired-next-week/);
  });

  it("counts what waits for somebody", async () => {
    const letter = { source: "webhook", reason: "for the doctor", payload: "{}" };
    await keepDeadLetters(createDatabase(env.DB), [letter], Date.now());
    const template = {
      name: "appointment_reminder",
      params: { name: "Ana", pet: "Luna", date: "lunes", time: "10:00" },
    };
    const send = async () => {
      const { body } = await paloma.api("POST", "/v1/messages", {
        to: newCustomer(),
        type: "template",
        template,
      });
      return body.status;
    };
    paloma.simulator.rules.add({ match: { times: 1 }, effect: metaError(131000) });
    expect(await send()).toBe("unconfirmed");
    paloma.simulator.rules.add({ match: { times: 1 }, effect: metaError(131031) });
    expect(await send()).toBe("queued");
    const checks = await doctor();
    expect(checks["dead_letters"]?.result).toBe("warn");
    expect(checks["unconfirmed_sends"]?.result).toBe("warn");
    expect(checks["waiting_sends"]).toMatchObject({
      result: "fail",
      what: expect.stringContaining("Account has been locked"),
    });
  });

  it("answers although Meta and D1 answer nothing", async () => {
    vi.spyOn(globalThis, "fetch").mockRejectedValue(new TypeError("network"));
    faultyD1().set("refused");
    const { checks } = await examined();
    expect(checks.map(({ check }) => check)).toEqual(CHECKS);
    // Nobody is subscribed, and the inbox asks nobody for tokens that are here.
    const asked = checks.slice(1, -2);
    expect(asked.map(({ result }) => result)).toEqual(asked.map(() => "fail"));
    const byName = Object.fromEntries(checks.map((check) => [check.check, check]));
    expect(byName["access_token"]).toMatchObject({
      what: expect.stringContaining("connection to Meta was lost"),
      remedy: expect.stringContaining("GRAPH_API_BASE_URL"),
    });
    expect(byName["database"]?.what).toBe(
      "D1 does not answer as it should: Error: D1_ERROR: D1 DB is overloaded.",
    );
  });

  it("answers although D1 never does, and says so", async () => {
    faultyD1().set("hangs");
    const { result, checks } = await examined();
    expect(result).toBe("fail");
    const database = checks.find(({ check }) => check === "database");
    expect(database).toMatchObject({
      result: "fail",
      what: expect.stringContaining("not done within 3000 ms"),
    });
    expect(checks.find(({ check }) => check === "dead_letters")?.result).toBe("fail");
  });

  it("says which table or column a database without migrations lacks", async () => {
    await env.DB.batch(HIDE.map((statement) => env.DB.prepare(statement)));
    try {
      const checks = await doctor();
      expect(checks["database"]).toMatchObject({
        result: "fail",
        what: expect.stringMatching(/lacks migrations: .*no such table: dead_letters/),
        remedy: expect.stringContaining("npx wrangler d1 migrations apply DB --local"),
      });
      expect(checks["dead_letters"]).toMatchObject({
        result: "fail",
        what: expect.stringMatching(/^Not checked: .*no such table: dead_letters/),
      });
    } finally {
      await env.DB.batch(SHOW.map((statement) => env.DB.prepare(statement)));
    }
    expect((await doctor())["database"]?.result).toBe("ok");
  });

  it("says which subscriber takes no event, and why", async () => {
    const [good, unwilling, refusing, absent] = [1, 2, 3, 4].map(() => newSubscriber());
    if (!good || !unwilling || !refusing || !absent) throw new Error("no subscribers");
    unwilling.answer = () => new Response(null, { status: 410 });
    refusing.answer = () => new Response(null, { status: 401 });
    absent.answer = () => Promise.reject(new TypeError("network"));
    await withSubscribers([good, unwilling], async () => {
      expect((await doctor())["subscribers"]).toEqual({
        check: "subscribers",
        result: "ok",
        what: "Subscribers that took a test event: 2.",
        remedy: null,
      });
    });
    expect(good.received).toMatchObject([{ type: "paloma.test", data: {} }]);
    await withSubscribers([good, refusing, absent], async () => {
      const hosts = [refusing, absent].map(({ url }) => new URL(url).host);
      expect((await doctor())["subscribers"]).toMatchObject({
        result: "fail",
        what: `A test event was not taken by ${hosts[0]}: answered 401, ${hosts[1]}: no connection.`,
      });
    });
    await withSetting("nobody", async () => {
      expect((await doctor())["subscribers"]).toMatchObject({
        result: "fail",
        what: "Not checked: EVENT_SUBSCRIBERS can't be read.",
      });
    });
  });

  it("waits for a subscriber that never answers no longer than for others", async () => {
    const silent = newSubscriber();
    const fetch = vi.mocked(globalThis.fetch);
    const others = fetch.getMockImplementation();
    fetch.mockImplementation((input, init) => {
      if (input !== silent.url) return others?.(input, init) ?? Promise.reject(new Error("nobody"));
      return new Promise((_resolve, reject) => {
        init?.signal?.addEventListener("abort", () => reject(new Error("aborted")));
      });
    });
    await withSubscribers([silent], async () => {
      const { checks } = await examined();
      expect(checks.at(-2)).toMatchObject({
        check: "subscribers",
        result: "fail",
        what: expect.stringContaining("no answer in time"),
      });
    });
  });

  it("answers although Meta never does", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const never = new Promise<never>(() => undefined);
      const asked = vi.spyOn(globalThis, "fetch").mockReturnValue(never);
      const answer = app.fetch(doctorRequest(), env);
      await vi.waitUntil(() => asked.mock.calls.length > 1, { timeout: 5000 });
      await vi.advanceTimersByTimeAsync(10_000);
      const { checks }: { checks: Check[] } = await (await answer).json();
      expect(checks.find(({ check }) => check === "access_token")).toMatchObject({
        result: "fail",
        what: expect.stringContaining("not done within 10000 ms"),
      });
    } finally {
      vi.useRealTimers();
    }
  });

  it("names what is missing where nothing else of the API works", async () => {
    const missing = { ...env, WHATSAPP_ACCESS_TOKEN: "", WHATSAPP_VERIFY_TOKEN: "" };
    const response = await app.fetch(doctorRequest(), missing);
    const { result, checks }: { result: string; checks: Check[] } = await response.json();
    expect(result).toBe("fail");
    expect(checks[0]).toMatchObject({ check: "configuration", result: "fail" });
    expect(checks[0]?.what).toContain("WHATSAPP_ACCESS_TOKEN");
    expect(checks[0]?.what).toContain("WHATSAPP_VERIFY_TOKEN");
    expect(checks.map(({ check }) => check)).not.toContain("access_token");
    expect(checks.map(({ check }) => check)).toContain("dead_letters");
  });

  it("trusts nobody where no tokens are configured", async () => {
    const response = await app.fetch(doctorRequest(), { ...env, API_TOKENS: " " });
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ code: "not_configured" });
    const short = await app.fetch(doctorRequest(), { ...env, API_TOKENS: "clinic:kurz" });
    expect(short.status).toBe(503);
    expect(await short.json()).toMatchObject({
      detail: expect.stringMatching(/^API_TOKENS: give "clinic" a token of at least 16/),
    });
  });

  it("is for admins, and tells neither token nor secret nor phone", async () => {
    expect((await paloma.api("GET", "/v1/doctor", undefined, { token: "reader" })).status).toBe(
      403,
    );
    const response = await exports.default.fetch(doctorRequest());
    const text = await response.text();
    expect(text).not.toMatch(/test-\w+-token|test-app-secret|998 316|521998/);
    expect(text).not.toContain(NUMBER);
  });
});

function metaError(code: number) {
  return { kind: "graph_error", code, details: "Account has been locked." } as const;
}

async function examined(): Promise<{ result: string; checks: Check[] }> {
  return (await app.fetch(doctorRequest(), env)).json();
}

function doctorRequest(): Request {
  return new Request("https://paloma.test/v1/doctor", {
    headers: { authorization: "Bearer test-operator-token" },
  });
}
