import { describe, expect, it } from "vitest";
import {
  parseConfig,
  readAppSecrets,
  readMessagesPerSecond,
  readVerifyToken,
} from "../../src/config/config.ts";
import type { Settings } from "../../src/config/setting.ts";

const SETTINGS: Settings = {
  WHATSAPP_ACCESS_TOKEN: "EAAG-access",
  WHATSAPP_APP_SECRET: "app-secret",
  WHATSAPP_VERIFY_TOKEN: "verify-token",
  WHATSAPP_PHONE_NUMBER_ID: "106540352242922",
  API_TOKENS: "clinic:clinic-token-1234",
};

describe("parseConfig", () => {
  it("needs five settings and knows the rest", () => {
    expect(parseConfig(SETTINGS)).toEqual({
      ok: true,
      config: {
        accessToken: "EAAG-access",
        appSecrets: ["app-secret"],
        verifyToken: "verify-token",
        apiTokens: [
          {
            name: "clinic",
            token: "clinic-token-1234",
            scopes: new Set(["read", "send", "admin"]),
          },
        ],
        phoneNumberId: "106540352242922",
        businessAccountId: null,
        graphApiVersion: "v25.0",
        graphApiBaseUrl: new URL("https://graph.facebook.com"),
        markAsRead: "on_receive",
        eventSubscribers: [],
        messagesPerSecond: 80,
        retentionDays: null,
        defaultCountry: null,
        inboxSignIn: { mode: "token" },
        inboxTimeZone: null,
      },
    });
  });

  it("takes what is set", () => {
    expect(
      parseConfig({
        ...SETTINGS,
        GRAPH_API_VERSION: "v26.1",
        GRAPH_API_BASE_URL: "http://localhost:8788/graph",
        MARK_AS_READ: "on_open",
        MESSAGES_PER_SECOND: "1000",
        RETENTION_DAYS: " 365 ",
        DEFAULT_COUNTRY: "mx",
      }),
    ).toMatchObject({
      ok: true,
      config: {
        graphApiVersion: "v26.1",
        graphApiBaseUrl: new URL("http://localhost:8788/graph"),
        markAsRead: "on_open",
        messagesPerSecond: 1000,
        retentionDays: 365,
        defaultCountry: "MX",
      },
    });
  });

  it("names what is wrong with the subscribers, with all else", () => {
    const EVENT_SUBSCRIBERS = '[{"url":"https://clinic.example/hook","secrets":[]}]';
    expect(problemsOf({ ...SETTINGS, API_TOKENS: "", EVENT_SUBSCRIBERS })).toEqual([
      "API_TOKENS: set at least one name:token",
      "EVENT_SUBSCRIBERS: entry 1 secrets must hold a secret",
    ]);
  });

  it("reports all that is missing at once", () => {
    expect(problemsOf({})).toEqual([
      "WHATSAPP_ACCESS_TOKEN: set the system user's token",
      "WHATSAPP_APP_SECRET: set the Meta app's secret",
      "WHATSAPP_VERIFY_TOKEN: set the webhook's verify token",
      "WHATSAPP_PHONE_NUMBER_ID: set the business number's id",
      "API_TOKENS: set at least one name:token",
    ]);
  });

  it("takes ids of Meta's, and knows a national number of the default country", () => {
    for (const id of ["106540352242922", "27681414235104944", "102290129340398", "123456123"]) {
      const ids = { WHATSAPP_PHONE_NUMBER_ID: id, WHATSAPP_BUSINESS_ACCOUNT_ID: id };
      expect(problemsOf({ ...SETTINGS, ...ids, DEFAULT_COUNTRY: "MX" })).toEqual([]);
    }
    const national = { WHATSAPP_PHONE_NUMBER_ID: "9983162438", DEFAULT_COUNTRY: "MX" };
    expect(problemsOf({ ...SETTINGS, ...national })).toEqual([
      expect.stringContaining("WHATSAPP_PHONE_NUMBER_ID: this is a phone number"),
    ]);
  });

  it.each([
    ["WHATSAPP_ACCESS_TOKEN", ""],
    ["WHATSAPP_ACCESS_TOKEN", " \n"],
    ["WHATSAPP_APP_SECRET", " , ,"],
    ["WHATSAPP_VERIFY_TOKEN", undefined],
    ["WHATSAPP_PHONE_NUMBER_ID", 106540352242922],
    ["API_TOKENS", ","],
    ["API_TOKENS", "clinic"],
    ["API_TOKENS", "clinic:"],
    ["API_TOKENS", ":token"],
    ["API_TOKENS", "clinic:a-token-that-is-long:"],
    ["API_TOKENS", "clinic:a-token-that-is-long:read+write"],
    ["API_TOKENS", "clinic:a-token-that-is-long:READ"],
    ["API_TOKENS", "clinic:a-token-that-is-long:read:send"],
    ["API_TOKENS", "clinic:a-token-that-is-long,reader:x:y"],
    ["API_TOKENS", "clinic:fifteen-letters"],
    ["GRAPH_API_VERSION", "25.0"],
    ["GRAPH_API_VERSION", "v25"],
    ["GRAPH_API_VERSION", "v25.0/../me"],
    ["GRAPH_API_VERSION", "v25.0\n#"],
    ["GRAPH_API_BASE_URL", "graph.facebook.com"],
    ["GRAPH_API_BASE_URL", "https://"],
    ["MESSAGES_PER_SECOND", "0"],
    ["MESSAGES_PER_SECOND", "1001"],
    ["MESSAGES_PER_SECOND", "1.5"],
    ["MESSAGES_PER_SECOND", 1.5],
    ["MESSAGES_PER_SECOND", 0],
    ["RETENTION_DAYS", 0.5],
    ["MESSAGES_PER_SECOND", "1e2"],
    ["RETENTION_DAYS", "0"],
    ["RETENTION_DAYS", "3651"],
    ["RETENTION_DAYS", "30 days"],
    ["WHATSAPP_PHONE_NUMBER_ID", "+52 998 316 2438"],
    ["WHATSAPP_PHONE_NUMBER_ID", "+106540352242922"],
    ["WHATSAPP_PHONE_NUMBER_ID", "998-316-2438"],
    ["WHATSAPP_PHONE_NUMBER_ID", "529983162438"],
    ["WHATSAPP_PHONE_NUMBER_ID", "5219983162438"],
    ["WHATSAPP_BUSINESS_ACCOUNT_ID", "+52 998 316 2438"],
    ["WHATSAPP_BUSINESS_ACCOUNT_ID", "15551234567"],
    ["DEFAULT_COUNTRY", "Mexico"],
    ["DEFAULT_COUNTRY", "XX"],
    ["DEFAULT_COUNTRY", "52"],
    ["MARK_AS_READ", "never"],
    ["MARK_AS_READ", "constructor"],
  ])("complains of %s = %j, and of nothing else", (setting, value) => {
    const result = parseConfig({ ...SETTINGS, [setting]: value });
    expect(result).toMatchObject({ ok: false, problems: [{ setting }] });
  });

  it("never repeats a value, which may be a secret", () => {
    const result = parseConfig({
      WHATSAPP_APP_SECRET: ",",
      API_TOKENS: "clinic:s3cret:read:send,s3cret",
      GRAPH_API_VERSION: "s3cret",
      GRAPH_API_BASE_URL: "s3cret",
      MARK_AS_READ: "s3cret",
    });
    expect(result.ok).toBe(false);
    expect(JSON.stringify(result)).not.toContain("s3cret");
  });

  it("says which entry of API_TOKENS is wrong", () => {
    expect(
      problemsOf({ ...SETTINGS, API_TOKENS: "clinic:a-token-that-is-long, reader ,x:y:z" }),
    ).toEqual([
      "API_TOKENS: write entry 2 as name:token or name:token:read+send+admin",
      "API_TOKENS: write entry 3 as name:token or name:token:read+send+admin",
    ]);
  });

  it("refuses a token that could be guessed, by its name and not its value", () => {
    const API_TOKENS = "clinic:fifteen-letters,reader:sixteen--letters,0123456789abcdef:swapped";
    const remedy = "a token of at least 16 characters, such as `openssl rand -hex 24` prints";
    expect(problemsOf({ ...SETTINGS, API_TOKENS })).toEqual([
      `API_TOKENS: give "clinic" ${remedy}`,
      `API_TOKENS: give entry 3 ${remedy}`,
    ]);
  });

  it("grants each token its scopes, and all of them where it names none", () => {
    const [one, two, three] = ["a", "b", "c"].map((letter) => letter.repeat(16));
    const API_TOKENS = ` clinic:${one} , reader:${two}:read,\n desk:${three}:read+send ,`;
    const result = parseConfig({ ...SETTINGS, API_TOKENS });
    expect(result.ok && result.config.apiTokens).toEqual([
      { name: "clinic", token: one, scopes: new Set(["read", "send", "admin"]) },
      { name: "reader", token: two, scopes: new Set(["read"]) },
      { name: "desk", token: three, scopes: new Set(["read", "send"]) },
    ]);
  });

  it("takes secrets without the newline that came with them", () => {
    const trailing = Object.fromEntries(
      Object.entries(SETTINGS).map(([setting, value]) => [setting, `${String(value)}\r\n`]),
    );
    expect(parseConfig(trailing)).toEqual(parseConfig(SETTINGS));
  });
});

describe("what is read alone", () => {
  it("is every app secret while one is rotated", () => {
    const read = (secret: unknown) => readAppSecrets({ WHATSAPP_APP_SECRET: secret });
    expect(read("new, old\n")).toEqual(["new", "old"]);
    expect(read(" , ")).toEqual([]);
    expect(read(undefined)).toEqual([]);
    expect(read(7)).toEqual([]);
  });

  it("is the pace of a business number, which is Meta's own where it can't be read", () => {
    const read = (pace: unknown) => readMessagesPerSecond({ MESSAGES_PER_SECOND: pace });
    expect(["250 ", "fast", 250, undefined].map(read)).toEqual([250, 80, 250, 80]);
  });

  it("is the verify token, commas and all", () => {
    expect(readVerifyToken({ WHATSAPP_VERIFY_TOKEN: " a,b\n" })).toBe("a,b");
    expect(readVerifyToken({})).toBe("");
  });
});

function problemsOf(settings: Settings): string[] {
  const result = parseConfig(settings);
  return result.ok ? [] : result.problems.map(({ setting, remedy }) => `${setting}: ${remedy}`);
}
