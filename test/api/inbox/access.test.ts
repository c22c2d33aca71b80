import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type AccessTeam, AUDIENCE, base64url, newAccessTeam } from "../../support/access-team.ts";
import { closeSockets, connect } from "../../support/feed.ts";
import { openBrowser } from "../../support/inbox.ts";
import { newCustomer, startPaloma } from "../../support/paloma.ts";

const MINUTE_MS = 60 * 1000;
const HOUR_MS = 60 * MINUTE_MS;

let team: AccessTeam;

beforeEach(async () => {
  startPaloma();
  team = await newAccessTeam();
});

afterEach(() => {
  vi.useRealTimers();
  closeSockets();
});

/** Asks who one is, as a browser behind Access does. */
async function whoAmI(assertion: string | null, changes: Record<string, string> = {}) {
  const headers = assertion === null ? {} : { "cf-access-jwt-assertion": assertion };
  const browser = openBrowser({ ...team.settings, ...changes });
  return browser.ask("GET", "/inbox/api/me", undefined, { headers });
}

describe("an inbox behind Cloudflare Access", () => {
  it("knows a person by the e-mail address that Access vouches for", async () => {
    const { status, body, cookies } = await whoAmI(await team.assertion("Ana@Clinica.MX"));
    expect(status).toBe(200);
    expect(body).toMatchObject({
      name: "ana@clinica.mx",
      scopes: ["read", "send", "admin"],
      sign_in: "access",
    });
    expect(cookies).toEqual([]);
  });

  it("gives all of a domain what the domain's entry says", async () => {
    const luis = await team.assertion("luis@clinica.mx");
    expect((await whoAmI(luis)).body).toMatchObject({ name: "luis@clinica.mx", scopes: ["read"] });
    const headers = { "cf-access-jwt-assertion": luis };
    const message = { to: `+${newCustomer()}`, text: { body: "Hola" } };
    const browser = openBrowser(team.settings);
    const sent = await browser.ask("POST", "/inbox/api/messages", message, { headers });
    expect({ status: sent.status, code: sent.body.code }).toEqual({
      status: 403,
      code: "forbidden",
    });
  });

  it("writes who sent a message", async () => {
    const headers = { "cf-access-jwt-assertion": await team.assertion("ana@clinica.mx") };
    const message = {
      to: `+${newCustomer()}`,
      type: "template",
      template: { name: "order_ready", params: { name: "Ana", order: "1042" } },
    };
    const browser = openBrowser(team.settings);
    const sent = await browser.ask("POST", "/inbox/api/messages", message, { headers });
    expect(sent.body).toMatchObject({ sent_by: "ana@clinica.mx" });
  });

  it("has open pages pass Access again after a while: it ends sessions there alone", async () => {
    const headers = { "cf-access-jwt-assertion": await team.assertion("ana@clinica.mx") };
    const socket = await connect({ headers, changes: team.settings });
    const { seq, me } = await socket.next("hello");
    expect(me.name).toBe("ana@clinica.mx");
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 16 * MINUTE_MS });
    socket.say({ t: "sync", after: seq });
    expect(await socket.untilClosed()).toBe(4401);
  });

  it.each([
    ["of somebody who is not on the list", "eva@otra.mx"],
    ["of a domain that ends like the clinic's", "eva@mala-clinica.mx"],
    ["of a subdomain", "eva@x.clinica.mx"],
    ["with two addresses in one", "eva@clinica.mx@otra.mx"],
    ["of a service, which has no address", null],
  ])("refuses a JWT %s", async (_case, email) => {
    const { status, body } = await whoAmI(await team.assertion(email));
    expect({ status, code: body.code }).toEqual({ status: 403, code: "forbidden" });
    expect(body.detail).toContain("INBOX_STAFF");
  });

  const seconds = () => Math.floor(Date.now() / 1000);

  it.each<[string, () => Promise<string | null>]>([
    ["no JWT", async () => null],
    ["an empty one", async () => ""],
    ["what is none", async () => "a.b.c"],
    ["a long text", async () => "x".repeat(10_000)],
    ["one for another application", () => forAna({ aud: ["x".repeat(64)] })],
    ["one without an audience", () => forAna({ aud: undefined })],
    ["one of another team", () => forAna({ iss: "https://other.cloudflareaccess.com" })],
    ["one without a team", () => forAna({ iss: undefined })],
    ["one that is over", () => forAna({ exp: seconds() - 1 })],
    ["one that never ends", () => forAna({ exp: undefined })],
    ["one that begins tomorrow", () => forAna({ nbf: seconds() + 86_400 })],
    ["one whose end is no number", () => forAna({ exp: String(seconds() + 60) })],
    ["one made tomorrow", () => forAna({ iat: seconds() + 86_400 })],
    ["one of another kind", () => forAna({}, { typ: "logout+jwt" })],
    ["one with a rule that nobody here knows", () => forAna({}, { crit: ["exp"] })],
    ["one in four parts", async () => `${await forAna()}.`],
    ["one without a signature's algorithm", () => forAna({}, { alg: "none" })],
    ["one that names another algorithm", () => forAna({}, { alg: "HS256" })],
    ["one with a key nobody knows", () => forAna({}, { kid: "unknown" })],
    ["one without a key's id", () => forAna({}, { kid: undefined })],
    ["another team's under this team's key id", forgedByAnotherTeam],
    ["one signed with the public key as a secret", signedWithPublicKey],
    ["one whose person was changed", withOtherPerson],
    ["one whose signature is cut off", async () => (await forAna()).replace(/\.[^.]*$/, ".")],
  ])("refuses %s", async (_case, made) => {
    const { status, body } = await whoAmI(await made());
    expect({ status, code: body.code }).toEqual({ status: 401, code: "unauthorized" });
  });

  it("takes a JWT from its header alone, not from the cookie or a token", async () => {
    const assertion = await forAna();
    const browser = openBrowser(team.settings);
    const ask = (headers: Record<string, string>) =>
      browser.ask("GET", "/inbox/api/me", undefined, { headers });
    expect((await ask({ cookie: `CF_Authorization=${assertion}` })).status).toBe(401);
    expect((await ask({ authorization: `Bearer ${assertion}` })).status).toBe(401);
    expect((await ask({ authorization: "Bearer test-clinic-token" })).status).toBe(401);
    const signedIn = openBrowser();
    await signedIn.signIn();
    expect((await ask({ cookie: signedIn.cookie ?? "" })).status).toBe(401);
    const tokens = openBrowser();
    const headers = { "cf-access-jwt-assertion": assertion };
    expect((await tokens.ask("GET", "/inbox/api/me", undefined, { headers })).status).toBe(401);
  });

  it("takes one of several applications while one is replaced", async () => {
    const INBOX_ACCESS_AUDIENCE = `${"b".repeat(64)}, ${AUDIENCE}`;
    expect((await whoAmI(await forAna(), { INBOX_ACCESS_AUDIENCE })).status).toBe(200);
  });

  it("offers no sign-in by key, and lets sign out", async () => {
    const browser = openBrowser(team.settings);
    expect((await browser.signIn()).status).toBe(404);
    expect((await browser.ask("DELETE", "/inbox/session")).status).toBe(204);
  });

  it("still refuses what another site made the browser send", async () => {
    const headers = { "cf-access-jwt-assertion": await forAna(), "sec-fetch-site": "cross-site" };
    const browser = openBrowser(team.settings);
    const answer = await browser.ask("PATCH", "/inbox/api/conversations/x", {}, { headers });
    expect(answer.status).toBe(403);
  });
});

describe("the keys of a team", () => {
  it("are asked for once an hour", async () => {
    const now = Date.now();
    const clock = vi.spyOn(Date, "now").mockImplementation(() => now);
    for (let request = 0; request < 3; request += 1) await whoAmI(await forAna());
    expect(team.asked).toBe(1);
    clock.mockImplementation(() => now + HOUR_MS);
    await whoAmI(await forAna());
    expect(team.asked).toBe(2);
  });

  it("may be rotated: the new one counts within a minute, and the old one still", async () => {
    const now = Date.now();
    const clock = vi.spyOn(Date, "now").mockImplementation(() => now);
    const old = await forAna();
    expect((await whoAmI(old)).status).toBe(200);
    await team.rotate();
    clock.mockImplementation(() => now + MINUTE_MS);
    expect((await whoAmI(await forAna())).status).toBe(200);
    expect((await whoAmI(old)).status).toBe(200);
    await team.rotate();
    clock.mockImplementation(() => now + 2 * HOUR_MS);
    expect((await whoAmI(await forAna())).status).toBe(200);
    expect((await whoAmI(old)).status).toBe(401);
  });

  it("are asked for once a minute for all keys that nobody knows", async () => {
    const forged = await forAna({}, { kid: "unknown" });
    for (let request = 0; request < 5; request += 1) {
      expect((await whoAmI(forged)).status).toBe(401);
    }
    expect(team.asked).toBe(1);
  });

  it("count on while Access does not answer, and without them nobody gets in", async () => {
    const now = Date.now();
    team.status = 500;
    const first = await whoAmI(await forAna());
    expect({ status: first.status, code: first.body.code }).toEqual({
      status: 503,
      code: "unavailable",
    });
    team.status = 200;
    expect((await whoAmI(await forAna())).status).toBe(200);
    team.status = 302;
    vi.spyOn(Date, "now").mockImplementation(() => now + HOUR_MS + MINUTE_MS);
    for (let request = 0; request < 3; request += 1) {
      expect((await whoAmI(await forAna())).status).toBe(200);
    }
    // Once in vain, once for the keys, and once in vain after an hour, though three people asked.
    expect(team.asked).toBe(3);
    const forged = await whoAmI(await forAna({}, { kid: "unknown" }));
    expect(forged.status).toBe(401);
    expect(team.asked).toBe(3);
  });
});

function forAna(claims: Record<string, unknown> = {}, header: Record<string, unknown> = {}) {
  return team.assertion("ana@clinica.mx", { claims, header });
}

async function forgedByAnotherTeam(): Promise<string> {
  const { kid } = headerOf(await forAna());
  const other = await newAccessTeam();
  return other.assertion("ana@clinica.mx", { header: { kid }, claims: { iss: team.issuer } });
}

/** The classic confusion of algorithms: what is public must be no secret. */
async function signedWithPublicKey(): Promise<string> {
  const { kid } = headerOf(await forAna());
  const response = await fetch(`${team.issuer}/cdn-cgi/access/certs`);
  const secret = new TextEncoder().encode(JSON.stringify(await response.json()));
  const [, claims = ""] = (await forAna()).split(".");
  const header = base64url(new TextEncoder().encode(JSON.stringify({ alg: "HS256", kid })));
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", secret, algorithm, false, ["sign"]);
  const signed = new TextEncoder().encode(`${header}.${claims}`);
  const signature = new Uint8Array(await crypto.subtle.sign("HMAC", key, signed));
  return `${header}.${claims}.${base64url(signature)}`;
}

async function withOtherPerson(): Promise<string> {
  const [header, claims = "", signature] = (await team.assertion("luis@clinica.mx")).split(".");
  const text = new TextDecoder().decode(Uint8Array.fromBase64(claims, { alphabet: "base64url" }));
  const changed = new TextEncoder().encode(text.replace("luis@", "ana@"));
  return [header, base64url(changed), signature].join(".");
}

function headerOf(assertion: string): { kid: string } {
  const [header = ""] = assertion.split(".");
  const bytes = Uint8Array.fromBase64(header, { alphabet: "base64url" });
  return JSON.parse(new TextDecoder().decode(bytes));
}
