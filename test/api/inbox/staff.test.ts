import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { newAccessTeam } from "../../support/access-team.ts";
import { openBrowser } from "../../support/inbox.ts";
import { startPaloma } from "../../support/paloma.ts";
import { allRows, oneRow } from "../../support/store-rows.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

beforeEach(async () => {
  startPaloma();
  await env.DB.prepare("DELETE FROM staff").run();
});

describe("the staff", () => {
  it("are those who signed in and may still do so", async () => {
    const clinic = openBrowser();
    await clinic.signIn();
    await clinic.ask("GET", "/inbox/api/me");
    const reader = openBrowser();
    await reader.signIn("test-reader-token");
    await reader.ask("GET", "/inbox/api/me");
    const { status, body } = await clinic.ask("GET", "/inbox/api/staff");
    expect(status).toBe(200);
    expect(body.data).toEqual(
      expect.arrayContaining([
        { name: "clinic", display_name: "Clinic", last_seen_at: expect.any(String) },
        { name: "reader", display_name: "Reader", last_seen_at: expect.any(String) },
      ]),
    );
    const left = openBrowser({ API_TOKENS: "clinic:test-clinic-token" });
    left.cookie = clinic.cookie;
    const later = await left.ask("GET", "/inbox/api/staff");
    expect(later.body.data).toMatchObject([{ name: "clinic" }]);
  });

  it("are noted once a day, however often they load the page", async () => {
    const browser = openBrowser();
    await browser.signIn();
    const seen = () => oneRow("SELECT last_seen_at FROM staff WHERE name = 'clinic'");
    await browser.ask("GET", "/inbox/api/me");
    const first = await seen();
    await browser.ask("GET", "/inbox/api/me");
    expect(await seen()).toEqual(first);
    await env.DB.prepare("UPDATE staff SET last_seen_at = ?")
      .bind(Date.now() - DAY_MS - 1)
      .run();
    await browser.ask("GET", "/inbox/api/me");
    expect(Number((await seen())["last_seen_at"])).toBeGreaterThanOrEqual(
      Number(first["last_seen_at"]),
    );
  });

  it("are no programs, which show a token and load no page", async () => {
    const { api } = startPaloma();
    await api("GET", "/v1/conversations");
    expect(await allRows("SELECT name FROM staff")).toEqual([]);
    expect((await api("GET", "/inbox/api/staff")).status).toBe(401);
  });

  it("are known to Access by their addresses, and by their names where it has them", async () => {
    const team = await newAccessTeam();
    const claims = { custom: { name: "  Dra. Ana Núñez " } };
    const as = async (email: string, signing = {}) => ({
      "cf-access-jwt-assertion": await team.assertion(email, signing),
    });
    const browser = openBrowser(team.settings);
    const load = (headers: Record<string, string>) =>
      browser.ask("GET", "/inbox/api/me", undefined, { headers });
    await load(await as("ana@clinica.mx", { claims }));
    await load(await as("luis.perez-gil@clinica.mx", { claims: { custom: { name: 7 } } }));
    const headers = await as("ana@clinica.mx", { claims });
    const { body } = await browser.ask("GET", "/inbox/api/staff", undefined, { headers });
    const named = body.data.map(({ name, display_name }: Record<string, string>) => [
      name,
      display_name,
    ]);
    expect(Object.fromEntries(named)).toEqual({
      "ana@clinica.mx": "Dra. Ana Núñez",
      "luis.perez-gil@clinica.mx": "Luis Perez Gil",
    });
  });

  it("get their inbox although D1 does not note them", async () => {
    const error = vi.spyOn(console, "error").mockImplementation(() => undefined);
    await env.DB.prepare(
      "CREATE TRIGGER no_staff BEFORE INSERT ON staff BEGIN SELECT RAISE(ABORT, 'no'); END",
    ).run();
    try {
      const browser = openBrowser();
      await browser.signIn();
      expect((await browser.ask("GET", "/inbox/api/me")).status).toBe(200);
      expect(error.mock.lastCall?.[0]).toContain("staff_not_noted");
    } finally {
      await env.DB.prepare("DROP TRIGGER no_staff").run();
    }
  });
});
