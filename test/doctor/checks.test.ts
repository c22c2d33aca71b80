import { describe, expect, it } from "vitest";
import { parseConfig } from "../../src/config/config.ts";
import {
  checkAppSecret,
  checkArrivals,
  checkConfiguration,
  checkDeadLetters,
  checkNumber,
  checkRefused,
  checkSubscription,
  checkTemplates,
  checkToken,
  checkUnconfirmed,
  checkWebhook,
} from "../../src/doctor/checks.ts";
import { fail, ok, unknown, warn, worst } from "../../src/doctor/result.ts";
import type { NumberInfo, TokenInfo, WebhookSubscription } from "../../src/graph/account.ts";
import type { GraphResult } from "../../src/graph/request.ts";
import { graphConfig, graphError } from "../graph/graph-fixture.ts";

const NOW = Date.UTC(2026, 10, 23, 16);
const DAY_MS = 24 * 60 * 60 * 1000;
const OWN = "https://paloma.example/webhook";

const TOKEN: TokenInfo = {
  valid: true,
  app_id: "670843887433847",
  expires_at: null,
  scopes: ["whatsapp_business_management", "whatsapp_business_messaging"],
  account_ids: ["102290129340398"],
};

const NUMBER: NumberInfo = {
  verified_name: "Pet-Friendly",
  status: "CONNECTED",
  quality: "GREEN",
  messaging_limit: "TIER_1K",
  can_send: "AVAILABLE",
  troubles: [],
  callback_url: OWN,
};

const SUBSCRIPTION: WebhookSubscription = {
  callback_url: OWN,
  active: true,
  fields: ["messages", "security"],
};

const good: GraphResult<null> = { ok: true, value: null };
const refused = (http_status: number | null): GraphResult<null> => ({
  ok: false,
  class: "operator",
  error: graphError({ http_status }),
});

describe("the worst result", () => {
  it("is the whole's", () => {
    expect(worst([])).toBe("ok");
    expect(worst([ok("a"), ok("b")])).toBe("ok");
    expect(worst([ok("a"), warn("b", "c")])).toBe("warn");
    expect(worst([fail("a", "b"), warn("c", "d"), unknown("e")])).toBe("fail");
    expect(worst([ok("a"), warn("b", "c")])).toBe("warn");
    expect(worst([ok("a"), unknown("e")])).toBe("fail");
  });
});

describe("the configuration", () => {
  it("is right where it leads to Meta", () => {
    expect(checkConfiguration({ ok: true, config: graphConfig() }).result).toBe("ok");
  });

  it("is looked at twice where it leads elsewhere", () => {
    const graphApiBaseUrl = new URL("http://localhost:8788");
    expect(checkConfiguration({ ok: true, config: graphConfig({ graphApiBaseUrl }) })).toEqual({
      result: "warn",
      what: expect.stringContaining("localhost:8788"),
      remedy: expect.stringContaining("https://graph.facebook.com"),
    });
  });

  it("names everything that is missing, and no value", () => {
    const result = parseConfig({ API_TOKENS: "clinic:secret:everything", MARK_AS_READ: "never" });
    const found = checkConfiguration(result);
    expect(found.result).toBe("fail");
    for (const setting of [
      "WHATSAPP_ACCESS_TOKEN",
      "WHATSAPP_APP_SECRET",
      "WHATSAPP_VERIFY_TOKEN",
      "WHATSAPP_PHONE_NUMBER_ID",
      "API_TOKENS",
      "MARK_AS_READ",
    ]) {
      expect(found.what).toContain(`${setting}: `);
    }
    expect(JSON.stringify(found)).not.toContain("secret:everything");
  });

  it("says where a phone stands in place of an id", () => {
    const phone = "+52 998 316 2438";
    const ids = { WHATSAPP_PHONE_NUMBER_ID: phone, WHATSAPP_BUSINESS_ACCOUNT_ID: phone };
    const { result, what } = checkConfiguration(parseConfig(ids));
    expect(result).toBe("fail");
    for (const setting of Object.keys(ids)) expect(what).toContain(`${setting}: this is a phone`);
    expect(what).not.toContain("998");
  });
});

describe("the access token", () => {
  it.each<[string, Partial<TokenInfo>, string, string]>([
    ["lives for ever", {}, "ok", "does not expire"],
    ["lives long", { expires_at: NOW + 8 * DAY_MS }, "ok", "2026-12-01T16:00:00.000Z"],
    ["ends within a week", { expires_at: NOW + 7 * DAY_MS }, "warn", "2026-11-30T16:00:00.000Z"],
    ["is not taken", { valid: false, scopes: [] }, "fail", "does not take"],
    ["may not send", { scopes: ["whatsapp_business_management"] }, "fail", "messaging"],
    ["may only send", { scopes: ["whatsapp_business_messaging"] }, "warn", "management"],
  ])("that %s", (_case, changes, result, what) => {
    const found = checkToken({ ...TOKEN, ...changes }, NOW);
    expect(found).toMatchObject({ result, what: expect.stringContaining(what) });
    expect(found.remedy === null).toBe(result === "ok");
  });
});

describe("the number", () => {
  it.each<[string, Partial<NumberInfo>, string]>([
    ["connected, green", {}, "ok"],
    ["of unknown quality", { quality: null, messaging_limit: null, verified_name: null }, "ok"],
    ["yellow", { quality: "YELLOW" }, "warn"],
    ["red", { quality: "RED" }, "warn"],
    ["of a status that Meta does not report", { status: null }, "warn"],
    ["restricted", { status: "RESTRICTED" }, "fail"],
    ["limited", { can_send: "LIMITED" }, "warn"],
    ["blocked", { can_send: "BLOCKED" }, "fail"],
  ])("%s", (_case, changes, result) => {
    expect(checkNumber({ ...NUMBER, ...changes }).result).toBe(result);
  });

  it("passes Meta's reasons and advice on", () => {
    const troubles = [
      { description: "Account has been locked", solution: "Appeal it." },
      { description: "Payment failed", solution: null },
    ];
    expect(checkNumber({ ...NUMBER, can_send: "BLOCKED", troubles })).toEqual({
      result: "fail",
      what: expect.stringContaining("Account has been locked Payment failed"),
      remedy: "Appeal it.",
    });
  });
});

describe("the app secret", () => {
  it("is right where Meta takes every one, and while one is rotated", () => {
    expect(checkAppSecret([good]).result).toBe("ok");
    expect(checkAppSecret([refused(400), good])).toMatchObject({
      result: "ok",
      what: expect.stringContaining("1 of 2"),
    });
  });

  it("is wrong where Meta takes none", () => {
    expect(checkAppSecret([refused(400), refused(401)])).toMatchObject({
      result: "fail",
      remedy: expect.stringContaining("App settings → Basic"),
    });
  });

  it.each([null, 500, 503])("is not judged where Meta gave no answer (%s)", (status) => {
    expect(checkAppSecret([refused(status)])).toMatchObject({
      result: "fail",
      what: expect.stringContaining("Not checked"),
    });
  });
});

describe("the webhook", () => {
  it.each<[string, WebhookSubscription | "none", string | null, string, string]>([
    ["as it should be", SUBSCRIPTION, OWN, "ok", OWN],
    ["as it should be, by the app's word alone", SUBSCRIPTION, null, "ok", OWN],
    ["missing", "none", null, "fail", "no webhook address"],
    ["switched off", { ...SUBSCRIPTION, active: false }, OWN, "fail", "switched off"],
    [
      "verified but not subscribed",
      { ...SUBSCRIPTION, fields: ["security"] },
      OWN,
      "fail",
      "field messages",
    ],
    [
      "another one",
      { ...SUBSCRIPTION, callback_url: "https://other.example/" },
      null,
      "warn",
      "other.example",
    ],
    [
      "another one for this number",
      SUBSCRIPTION,
      "https://other.example/",
      "warn",
      "other.example",
    ],
    ["told by nobody", { ...SUBSCRIPTION, callback_url: null }, null, "warn", "does not name"],
  ])("that is %s", (_case, subscription, numberCallback, result, what) => {
    expect(checkWebhook(subscription, numberCallback, OWN)).toMatchObject({
      result,
      what: expect.stringContaining(what),
    });
  });

  it("needs the app to hear of the account", () => {
    expect(checkSubscription(["1", "2"], "2").result).toBe("ok");
    for (const apps of [[], ["1"]]) {
      expect(checkSubscription(apps, "2")).toMatchObject({
        result: "fail",
        what: expect.stringContaining("verified, but nothing arrives"),
        remedy: expect.stringContaining("subscribed_apps"),
      });
    }
  });

  it.each([
    [{ newest: null, oldest_silent: null }, "warn", "ever arrived"],
    [{ newest: NOW, oldest_silent: null }, "ok", "2026-11-23T16:00:00.000Z"],
    [{ newest: NOW, oldest_silent: NOW - 1 }, "ok", "newest"],
    [{ newest: NOW, oldest_silent: NOW + 1 }, "warn", "since 2026-11-23T16:00:00.000Z"],
  ])("%j", (arrivals, result, what) => {
    expect(checkArrivals(arrivals)).toMatchObject({ result, what: expect.stringContaining(what) });
  });
});

describe("templates", () => {
  const template = (name: string, status: string | null, reason: string | null = null) => ({
    name,
    language: "es_MX",
    status,
    reason,
  });

  it("are right where all are approved", () => {
    expect(checkTemplates([template("a", "APPROVED"), template("b", "FLAGGED")])).toMatchObject({
      result: "ok",
      what: "2 templates are approved.",
    });
  });

  it("are named with Meta's reason where one can't be sent", () => {
    const found = checkTemplates([
      template("a", "APPROVED"),
      template("b", "REJECTED", "INVALID_FORMAT"),
      template("c", "PAUSED", "NONE"),
      template("d", null),
    ]);
    expect(found).toMatchObject({
      result: "fail",
      what: "Can't be sent now: b (es_MX) is REJECTED, INVALID_FORMAT, c (es_MX) is PAUSED.",
    });
  });

  it("are asked for where Meta reported nothing", () => {
    expect(checkTemplates([template("a", "APPROVED"), template("d", null)])).toMatchObject({
      result: "warn",
      what: "Meta has reported nothing of: d (es_MX).",
      remedy: expect.stringContaining("/v1/templates/sync"),
    });
  });
});

describe("what waits for somebody", () => {
  const NONE = { dead_letters: 0, unconfirmed: 0, refused: [] };

  it("is nothing", () => {
    for (const judge of [checkDeadLetters, checkUnconfirmed, checkRefused]) {
      expect(judge(NONE).result).toBe("ok");
    }
  });

  it("is counted", () => {
    expect(checkDeadLetters({ ...NONE, dead_letters: 3 })).toMatchObject({
      result: "warn",
      what: "Dead letters: 3.",
    });
    expect(checkUnconfirmed({ ...NONE, unconfirmed: 2 })).toMatchObject({
      result: "warn",
      what: expect.stringContaining("Of 2 sends"),
    });
  });

  it("fails where sends wait for the operator, in Meta's words, and only warns where Meta slows down", () => {
    const slow = { code: "rate_limited", detail: "Rate limit hit", count: 4 };
    const locked = { code: "meta_unauthorized", detail: "Account has been locked", count: 2 };
    expect(checkRefused({ ...NONE, refused: [slow] })).toMatchObject({
      result: "warn",
      what: expect.stringContaining("4 sends"),
    });
    expect(checkRefused({ ...NONE, refused: [slow, locked] })).toMatchObject({
      result: "fail",
      what: "2 sends wait for you: Account has been locked.",
    });
  });
});
