import { describe, expect, it } from "vitest";
import { hasInbox, parseInbox, scopesOfStaff } from "../../src/config/inbox.ts";

const AUDIENCE = "4714c1358e65fe4b408ad6d432a5f878f08194bdb4752441fd56faefa9b2b6f2";

const ACCESS = {
  INBOX_SIGN_IN: "access",
  INBOX_ACCESS_TEAM: "clinica",
  INBOX_ACCESS_AUDIENCE: AUDIENCE,
  INBOX_STAFF: "ana@clinica.mx:read+send+admin, *@Clinica.mx:read+send",
};

function problemsOf(settings: Record<string, unknown>): string[] {
  const result = parseInbox(settings);
  return result.ok ? [] : result.problems.map(({ setting, remedy }) => `${setting}: ${remedy}`);
}

describe("the inbox's settings", () => {
  it("sign in by token and leave times to the device, unless set", () => {
    const byToken = { ok: true, signIn: { mode: "token" }, timeZone: null };
    expect(parseInbox({})).toEqual(byToken);
    expect(parseInbox({ INBOX_SIGN_IN: " ", INBOX_TIME_ZONE: "" })).toEqual(byToken);
    expect(parseInbox({ INBOX_SIGN_IN: "off" })).toMatchObject({ signIn: { mode: "off" } });
  });

  it("turn it off by either switch, whatever else is missing", () => {
    for (const off of [{ INBOX: "off" }, { INBOX: " off\n" }, { INBOX_SIGN_IN: "off" }]) {
      expect(parseInbox({ ...off })).toMatchObject({ ok: true, signIn: { mode: "off" } });
      expect(hasInbox(off)).toBe(false);
    }
    expect(parseInbox({ INBOX: "off", INBOX_SIGN_IN: "access" })).toMatchObject({
      signIn: { mode: "off" },
    });
    for (const on of [{}, { INBOX: "" }, { INBOX: "on", INBOX_SIGN_IN: "access" }]) {
      expect(hasInbox(on)).toBe(true);
    }
    expect(problemsOf({ INBOX: "yes" })).toEqual(["INBOX: choose on or off"]);
  });

  it("take Cloudflare Access with its team, its application and the staff", () => {
    expect(parseInbox(ACCESS)).toEqual({
      ok: true,
      signIn: {
        mode: "access",
        issuer: "https://clinica.cloudflareaccess.com",
        audiences: [AUDIENCE],
        staff: [
          { address: "ana@clinica.mx", scopes: new Set(["read", "send", "admin"]) },
          { address: "*@clinica.mx", scopes: new Set(["read", "send"]) },
        ],
      },
      timeZone: null,
    });
  });

  it.each([
    ["Clinica", "https://clinica.cloudflareaccess.com"],
    ["clinica.cloudflareaccess.com", "https://clinica.cloudflareaccess.com"],
    ["https://clinica.cloudflareaccess.com/", "https://clinica.cloudflareaccess.com"],
    ["http://localhost:8790", "http://localhost:8790"],
  ])("know the team by %s", (INBOX_ACCESS_TEAM, issuer) => {
    expect(parseInbox({ ...ACCESS, INBOX_ACCESS_TEAM })).toMatchObject({ signIn: { issuer } });
  });

  it.each([
    "http://clinica.cloudflareaccess.com",
    "https://clinica.cloudflareaccess.com/cdn-cgi/access/certs",
    "https://u:p@clinica.cloudflareaccess.com",
    "mi clínica",
    "-",
  ])("refuse %s as a team", (INBOX_ACCESS_TEAM) => {
    expect(problemsOf({ ...ACCESS, INBOX_ACCESS_TEAM })).toEqual([
      expect.stringMatching(/^INBOX_ACCESS_TEAM: write the team's name or address/),
    ]);
  });

  it("name all that Access lacks", () => {
    const settings = [{}, { INBOX_ACCESS_AUDIENCE: ",", INBOX_STAFF: " , " }];
    for (const given of settings) {
      expect(problemsOf({ INBOX_SIGN_IN: "access", ...given })).toEqual([
        expect.stringMatching(/^INBOX_ACCESS_TEAM: /),
        expect.stringMatching(/^INBOX_ACCESS_AUDIENCE: /),
        expect.stringMatching(/^INBOX_STAFF: /),
      ]);
    }
  });

  it.each([
    ["ana@clinica.mx", "write entry 1 as "],
    ["ana@clinica.mx:", "write entry 1 as "],
    ["ana@clinica.mx:read, luis:read", "write entry 2 as "],
    ["ana@clinica.mx:read:x", "write entry 1 as "],
    ["ana@clinica.mx:write", "write entry 1 as "],
    ["*:read", "write entry 1 as "],
    ["*@*.mx:read", "write entry 1 as "],
    ["a*@clinica.mx:read", "write entry 1 as "],
    ["@clinica.mx:read", "write entry 1 as "],
    ["ana@clinica:read", "write entry 1 as "],
    ["ana@clinica.mx:send", "give entry 1 the scope read"],
    ["ana@clinica.mx:read, ANA@clinica.mx:read+send", "entry 2 names an address again"],
  ])("refuse the staff %s", (INBOX_STAFF, remedy) => {
    expect(problemsOf({ ...ACCESS, INBOX_STAFF })).toEqual([
      expect.stringContaining(`INBOX_STAFF: ${remedy}`),
    ]);
  });

  it.each([
    [{ INBOX_SIGN_IN: "Token" }, "INBOX_SIGN_IN: choose token, access or off"],
    [{ INBOX_ACCESS_AUDIENCE: "https://x" }, "INBOX_ACCESS_AUDIENCE: write the application's"],
    [{ INBOX_TIME_ZONE: "Mexico City" }, "INBOX_TIME_ZONE: write the name of a time zone"],
  ])("refuse %j", (settings, problem) => {
    expect(problemsOf(settings)).toEqual([expect.stringContaining(problem)]);
  });

  it("spell a time zone as its database does", () => {
    expect(parseInbox({ INBOX_TIME_ZONE: "america/mexico_city" })).toMatchObject({
      timeZone: "America/Mexico_City",
    });
  });
});

describe("what a person of the staff may do", () => {
  const scopesOf = (address: string) => {
    const result = parseInbox(ACCESS);
    if (!result.ok || result.signIn.mode !== "access") throw new Error("not by Access");
    const scopes = scopesOfStaff(result.signIn.staff, address);
    return scopes === null ? null : [...scopes].join("+");
  };

  it.each([
    ["ana@clinica.mx", "read+send+admin"],
    ["ANA@CLINICA.MX", "read+send+admin"],
    ["luis@clinica.mx", "read+send"],
    ["luis@clinica.mx.evil.example", null],
    ["luis@x.clinica.mx", null],
    ["luis", null],
    ["", null],
    ["*@clinica.mx", "read+send"],
  ])("%s: %s", (address, scopes) => {
    expect(scopesOf(address)).toBe(scopes);
  });
});
