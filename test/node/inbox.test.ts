/** The inbox's doors over real HTTP, with the files and the fetch of the built Worker. */
import { generateKeyPairSync, sign } from "node:crypto";
import { createServer, type Server } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { API_TOKEN, servePaloma, type ServedPaloma } from "./support/serve-paloma.ts";

const OWN_PAGE = { "x-paloma-inbox": "1", "sec-fetch-site": "same-origin" };
const AUDIENCE = "4714c1358e65fe4b408ad6d432a5f878f08194bdb4752441fd56faefa9b2b6f2";

let paloma: ServedPaloma;

function ask(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = { ...OWN_PAGE, ...Object.fromEntries(new Headers(init.headers)) };
  return fetch(`${paloma.url}${path}`, { redirect: "manual", ...init, headers });
}

describe("an inbox with access keys", () => {
  beforeAll(async () => {
    paloma = await servePaloma();
  });

  afterAll(() => paloma.stop());

  async function signIn(): Promise<string> {
    const response = await ask("/inbox/session", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ token: API_TOKEN }),
    });
    expect(response.status).toBe(204);
    const [cookie = ""] = response.headers.getSetCookie();
    expect(cookie).toMatch(/^paloma=[\w.-]+; Max-Age=43200; Path=\/; HttpOnly; SameSite=Strict$/);
    return cookie.replace(/;.*$/, "");
  }

  it("opens to who has one, and closes again", async () => {
    const cookie = await signIn();
    const me = await ask("/inbox/api/me", { headers: { cookie } });
    expect(me.status).toBe(200);
    expect(await me.json()).toMatchObject({
      sign_in: "token",
      numbers: [{ id: expect.any(String) }],
    });
    const without = await ask("/inbox/api/me", {
      headers: { authorization: `Bearer ${API_TOKEN}` },
    });
    expect(without.status).toBe(401);
    const out = await ask("/inbox/session", { method: "DELETE", headers: { cookie } });
    expect(out.status).toBe(204);
    expect(out.headers.getSetCookie()).toEqual([
      "paloma=; Max-Age=0; Path=/; HttpOnly; SameSite=Strict",
    ]);
  });

  it("changes something for its own page alone", async () => {
    const cookie = await signIn();
    await paloma.simulator.customers.write({
      from: "5219982220001",
      name: "Ana",
      content: { type: "text", body: "Hola" },
    });
    await paloma.simulator.flush();
    const list = await ask("/inbox/api/conversations?q=ana&include=last_message", {
      headers: { cookie },
    });
    const { data } = Object(await list.json());
    expect(data).toMatchObject([{ last_message: { body: "Hola" } }]);
    const path = `/inbox/api/conversations/${data[0].id}/read`;
    const read = (headers: Record<string, string>) =>
      ask(path, { method: "POST", headers: { cookie, ...headers } });
    expect((await read({ "sec-fetch-site": "cross-site" })).status).toBe(403);
    expect((await read({ "x-paloma-inbox": "0" })).status).toBe(403);
    // Without a body, as the page asks it.
    const own = await read({});
    expect(own.status).toBe(200);
    expect(await own.json()).toMatchObject({ unread_count: 0 });
  });

  it("has one address, and a script in the place of those that a deploy replaced", async () => {
    const redirected = await ask("/inbox");
    expect(redirected.status).toBe(307);
    expect(redirected.headers.get("location")).toBe("/inbox/");
    const old = await ask("/inbox/assets/index-00000000.js");
    expect(old.headers.get("content-type")).toBe("text/javascript");
    expect(await old.text()).toContain("location.reload()");
    expect((await ask("/inbox/index.html")).status).toBe(404);
  });
});

describe("an inbox behind Cloudflare Access", () => {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  let team: Server;
  let issuer = "";

  beforeAll(async () => {
    team = createServer((request, response) => {
      response.statusCode = request.url === "/cdn-cgi/access/certs" ? 200 : 404;
      const key = { ...publicKey.export({ format: "jwk" }), kid: "now", alg: "RS256", use: "sig" };
      response.end(JSON.stringify({ keys: [key] }));
    });
    await new Promise<void>((resolve) => team.listen(0, "127.0.0.1", resolve));
    const address = team.address();
    issuer = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
    paloma = await servePaloma({
      settings: {
        INBOX_SIGN_IN: "access",
        INBOX_ACCESS_TEAM: issuer,
        INBOX_ACCESS_AUDIENCE: AUDIENCE,
        INBOX_STAFF: "ana@clinica.mx:read+send",
      },
    });
  });

  afterAll(async () => {
    await paloma.stop();
    team.close();
  });

  function assertion(email: string, aud = AUDIENCE): string {
    const now = Math.floor(Date.now() / 1000);
    const signed = [
      { alg: "RS256", kid: "now", typ: "JWT" },
      { aud: [aud], email, exp: now + 600, iat: now, nbf: now, iss: issuer },
    ]
      .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
      .join(".");
    const signature = sign("RSA-SHA256", Buffer.from(signed), privateKey);
    return `${signed}.${signature.toString("base64url")}`;
  }

  it.each([
    ["ana@clinica.mx", AUDIENCE, 200],
    ["ana@clinica.mx", "x".repeat(64), 401],
    ["eva@clinica.mx", AUDIENCE, 403],
  ])("answers %s of application %s with %i", async (email, aud, status) => {
    const headers = { "cf-access-jwt-assertion": assertion(email, aud) };
    expect((await ask("/inbox/api/me", { headers })).status).toBe(status);
  });
});
