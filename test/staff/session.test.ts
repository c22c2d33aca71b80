import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import type { ApiToken } from "../../src/config/api-tokens.ts";
import { openSession, readSession } from "../../src/staff/session.ts";

const NOW = Date.UTC(2026, 10, 23, 16);
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

function tokenOf(name: string, token: string): ApiToken {
  return { name, token, scopes: new Set(["read", "send"]) };
}

const ANA = tokenOf("ana", "token-of-ana-0001");
const LUIS = tokenOf("luis", "token-of-luis-0001");

describe("a session", () => {
  it("says whose token began it, for twelve hours", async () => {
    const cookie = await openSession(ANA, NOW);
    const tokens = [LUIS, ANA];
    expect((await readSession(tokens, cookie, NOW))?.caller).toBe(ANA);
    expect((await readSession(tokens, cookie, NOW + 12 * HOUR_MS - 1))?.caller).toBe(ANA);
    expect(await readSession(tokens, cookie, NOW + 12 * HOUR_MS)).toBeNull();
  });

  it("is renewed once an hour by use, for thirty days", async () => {
    let cookie = await openSession(ANA, NOW);
    expect((await readSession([ANA], cookie, NOW + HOUR_MS - 1))?.renewed).toBeNull();
    let now = NOW;
    for (;;) {
      now += 11 * HOUR_MS;
      const session = await readSession([ANA], cookie, now);
      if (session === null) break;
      cookie = session.renewed ?? cookie;
    }
    expect(now - NOW).toBeGreaterThanOrEqual(30 * DAY_MS);
    expect(now - NOW).toBeLessThan(30 * DAY_MS + 11 * HOUR_MS);
  });

  it("ends with its token, whoever has the name then", async () => {
    const cookie = await openSession(ANA, NOW);
    const successor = tokenOf("ana", "token-of-ana-0002");
    expect(await readSession([LUIS], cookie, NOW)).toBeNull();
    expect(await readSession([], cookie, NOW)).toBeNull();
    expect(await readSession([successor], cookie, NOW)).toBeNull();
    expect((await readSession([successor, ANA], cookie, NOW))?.caller).toBe(ANA);
  });

  it("holds the scopes that the token has now", async () => {
    const cookie = await openSession(ANA, NOW);
    const reader: ApiToken = { ...ANA, scopes: new Set(["read"]) };
    expect((await readSession([reader], cookie, NOW))?.caller.scopes).toEqual(new Set(["read"]));
  });

  it("holds nothing of the token", async () => {
    const cookie = await openSession(ANA, NOW);
    const shown = cookie
      .split(".")
      .map((part) => atob(part.replaceAll("-", "+").replaceAll("_", "/")))
      .join(" ");
    expect(cookie + shown).not.toContain(ANA.token);
  });

  it("knows names of any letters", async () => {
    const token = tokenOf("Doña Ñúñez 🐕; path=/", "token-of-dona-0001");
    const cookie = await openSession(token, NOW);
    expect(cookie).toMatch(/^[\w-]+\.[\w-]+$/);
    expect((await readSession([token], cookie, NOW))?.caller).toBe(token);
  });

  test.prop([fc.string(), fc.nat(), fc.nat({ max: 3 })])(
    "is nobody's if a character of it changes",
    async (text, place, kind) => {
      const cookie = await openSession(ANA, NOW);
      const at = place % cookie.length;
      const forged = [
        cookie.slice(0, at) + (cookie[at] === "A" ? "B" : "A") + cookie.slice(at + 1),
        cookie.slice(0, at),
        text,
        `${cookie}.${text}`,
      ][kind];
      // The last digit of a signature has two bits that mean nothing.
      fc.pre(at !== cookie.length - 1);
      expect(await readSession([ANA], forged ?? "", NOW)).toBeNull();
    },
  );

  it("can't be made longer, or another's, by whoever has one", async () => {
    const cookie = await openSession(ANA, NOW);
    const [, signature] = cookie.split(".");
    for (const content of [
      ["ana", NOW, NOW + 365 * DAY_MS],
      ["luis", NOW, NOW + HOUR_MS],
    ]) {
      const forged = btoa(JSON.stringify(content)).replaceAll("=", "");
      expect(await readSession([ANA, LUIS], `${forged}.${signature}`, NOW)).toBeNull();
      expect(await readSession([ANA, LUIS], forged, NOW)).toBeNull();
      expect(await readSession([ANA, LUIS], `${forged}.`, NOW)).toBeNull();
    }
  });
});
