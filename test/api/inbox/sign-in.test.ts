import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { openBrowser } from "../../support/inbox.ts";
import { newCustomer, NUMBER, type Paloma, startPaloma } from "../../support/paloma.ts";

const MINUTE_MS = 60 * 1000;
const HOUR_MS = 60 * MINUTE_MS;

const RECIPE = Uint8Array.from(new TextEncoder().encode("%PDF-1.7 receta"));
const RECIPE_HEADERS = {
  "content-type": "application/pdf",
  "content-length": String(RECIPE.length),
};

let paloma: Paloma;

beforeEach(() => {
  paloma = startPaloma();
});

describe("signing in with an access key", () => {
  it("gives a cookie that no script can read and no other site can send", async () => {
    const browser = openBrowser();
    const answer = await browser.signIn();
    expect(answer.status).toBe(204);
    expect(answer.body).toBe("");
    expect(answer.cookies).toEqual([
      expect.stringMatching(
        /^__Host-paloma=[\w-]+\.[\w-]+; Max-Age=43200; Path=\/; HttpOnly; Secure; SameSite=Strict$/,
      ),
    ]);
    expect((await browser.ask("GET", "/inbox/api/me")).status).toBe(200);
  });

  it.each(["http://localhost:8787", "http://127.0.0.1:8787"])(
    "gives a plain cookie at %s, where some browsers take no other",
    async (origin) => {
      const browser = openBrowser({}, origin);
      const { cookies } = await browser.signIn();
      expect(cookies).toEqual([
        expect.stringMatching(
          /^paloma=[\w-]+\.[\w-]+; Max-Age=43200; Path=\/; HttpOnly; SameSite=Strict$/,
        ),
      ]);
      expect((await browser.ask("GET", "/inbox/api/me")).status).toBe(200);
    },
  );

  it("takes no plain cookie over HTTPS, which another host of the domain could have set", async () => {
    const browser = openBrowser();
    await browser.signIn();
    browser.cookie = browser.cookie?.replace("__Host-", "") ?? null;
    expect((await browser.ask("GET", "/inbox/api/me")).status).toBe(401);
  });

  it.each([
    "test-clinic-toke",
    "test-clinic-tokens",
    "clinic",
    "clinic:test-clinic-token",
    "Bearer test-clinic-token",
    "x",
  ])("refuses %s, and gives nothing", async (token) => {
    const { status, body, cookies } = await openBrowser().signIn(token);
    expect({ status, code: body.code, cookies }).toEqual({
      status: 401,
      code: "unauthorized",
      cookies: [],
    });
  });

  it.each(["token=test-clinic-token", "x=1"])("takes no ?%s in the address", async (query) => {
    const token = "test-clinic-token";
    const { status, cookies } = await openBrowser().ask("POST", `/inbox/session?${query}`, {
      token,
    });
    expect({ status, cookies }).toEqual({ status: 422, cookies: [] });
    expect((await openBrowser().ask("DELETE", `/inbox/session?${query}`)).status).toBe(422);
  });

  it("refuses a key that may not read", async () => {
    const { status, body, cookies } = await openBrowser().signIn("test-sender-token");
    expect({ status, cookies }).toEqual({ status: 403, cookies: [] });
    expect(body.detail).toContain("read");
    expect(body.detail).not.toContain("test-sender-token");
  });

  it("is limited by address where a limit is bound", async () => {
    const limited = { API_RATE_LIMIT: env.TEST_RATE_LIMIT };
    const from = (address: string) => ({ headers: { "cf-connecting-ip": address } });
    const [here, there] = [crypto.randomUUID(), crypto.randomUUID()];
    for (const token of ["guess-1", "guess-2", "guess-3"]) {
      const { status } = await openBrowser(limited).ask(
        "POST",
        "/inbox/session",
        { token },
        from(here),
      );
      expect(status).toBe(401);
    }
    const token = "test-clinic-token";
    const refused = await openBrowser(limited).ask("POST", "/inbox/session", { token }, from(here));
    expect(refused.status).toBe(429);
    expect(refused.headers.get("retry-after")).toBe("60");
    const elsewhere = openBrowser(limited);
    expect((await elsewhere.ask("POST", "/inbox/session", { token }, from(there))).status).toBe(
      204,
    );
  });

  it("names in the log who signed in, and no key", async () => {
    const info = vi.spyOn(console, "info");
    await openBrowser().signIn("test-reader-token");
    const line = String(info.mock.lastCall?.[0]);
    expect(JSON.parse(line)).toMatchObject({ subject: "POST /inbox/session", caller: "reader" });
    expect(line).not.toContain("test-reader-token");
  });
});

describe("a session", () => {
  it("ends where the token is taken out of API_TOKENS, or replaced", async () => {
    const browser = openBrowser();
    await browser.signIn();
    for (const API_TOKENS of ["other:another-token-1234", "clinic:another-token-1234"]) {
      const later = openBrowser({ API_TOKENS });
      later.cookie = browser.cookie;
      expect((await later.ask("GET", "/inbox/api/me")).status).toBe(401);
    }
    expect((await browser.ask("GET", "/inbox/api/me")).status).toBe(200);
  });

  it("has the scopes that its token has now", async () => {
    const browser = openBrowser();
    await browser.signIn();
    const later = openBrowser({ API_TOKENS: "clinic:test-clinic-token:read" });
    later.cookie = browser.cookie;
    expect((await later.ask("GET", "/inbox/api/me")).body.scopes).toEqual(["read"]);
    const path = "/inbox/api/messages";
    expect(
      (await later.ask("POST", path, { to: "+529982220001", text: { body: "x" } })).status,
    ).toBe(403);
  });

  it("is renewed while it is used, and ends twelve hours after", async () => {
    const now = Date.now();
    const clock = vi.spyOn(Date, "now").mockImplementation(() => now);
    const browser = openBrowser();
    await browser.signIn();
    const first = browser.cookie;
    expect((await browser.ask("GET", "/inbox/api/me")).cookies).toEqual([]);
    clock.mockImplementation(() => now + 11 * HOUR_MS);
    expect((await browser.ask("GET", "/inbox/api/me")).cookies).toHaveLength(1);
    clock.mockImplementation(() => now + 22 * HOUR_MS);
    expect((await browser.ask("GET", "/inbox/api/me")).status).toBe(200);
    browser.cookie = first;
    expect((await browser.ask("GET", "/inbox/api/me")).status).toBe(401);
  });

  it("is over when its owner signs out, and the browser forgets what the page kept", async () => {
    const browser = openBrowser();
    await browser.signIn();
    const answer = await browser.ask("DELETE", "/inbox/session");
    expect(answer.status).toBe(204);
    expect(answer.cookies).toEqual([
      "__Host-paloma=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Strict",
    ]);
    expect(answer.headers.get("clear-site-data")).toBe('"cache", "storage"');
    expect((await browser.ask("GET", "/inbox/api/me")).status).toBe(401);
    expect((await browser.ask("DELETE", "/inbox/session")).status).toBe(204);
  });

  it.each<[string, () => Promise<never>]>([
    ["fails", () => Promise.reject(new Error("the feed can't be reached"))],
    ["hangs", () => new Promise(() => undefined)],
  ])("is over although the feed %s", async (_how, signedOut) => {
    const error = vi.spyOn(console, "error").mockReturnValue();
    const browser = openBrowser({ INBOX_FEED: { getByName: () => ({ signedOut }) } });
    await browser.signIn();
    const answer = await browser.ask("DELETE", "/inbox/session");
    expect(answer.status).toBe(204);
    expect(answer.cookies).toHaveLength(1);
    expect(error.mock.lastCall?.[0]).toContain("feed_not_closed");
  });
});

describe("who has signed in", () => {
  it("sees what there is", async () => {
    const browser = openBrowser({
      INBOX_TIME_ZONE: "america/mexico_city",
      MARK_AS_READ: "on_open",
    });
    await browser.signIn("test-operator-token");
    const { status, body, headers } = await browser.ask("GET", "/inbox/api/me");
    expect(status).toBe(200);
    expect(headers.get("cache-control")).toBe("no-store");
    expect(body).toMatchObject({
      name: "operator",
      scopes: ["read", "admin"],
      sign_in: "token",
      time_zone: "America/Mexico_City",
      mark_as_read: "on_open",
    });
    expect(body.numbers[0]).toEqual({
      id: NUMBER,
      display_phone_number: "+52 998 316 2438",
      verified_name: "Pet-Friendly",
    });
  });

  it("learns what time it is, whatever its own clock says", async () => {
    const browser = openBrowser();
    await browser.signIn();
    const { headers } = await browser.ask("GET", "/inbox/api/counts");
    expect(Math.abs(Date.parse(headers.get("date") ?? "") - Date.now())).toBeLessThan(MINUTE_MS);
  });

  it("sees ids alone while Meta does not answer, within a second", async () => {
    const id = "990540352242922";
    vi.spyOn(globalThis, "fetch").mockImplementation(() => new Promise(() => undefined));
    const browser = openBrowser({ WHATSAPP_PHONE_NUMBER_ID: id });
    await browser.signIn();
    const { status, body } = await browser.ask("GET", "/inbox/api/me");
    expect(status).toBe(200);
    expect(body.numbers[0]).toEqual({ id, display_phone_number: null, verified_name: null });
  });

  it("reads, answers and closes a conversation, and the API says who did", async () => {
    const ana = newCustomer();
    await paloma.simulator.customers.write({ from: ana, content: { type: "text", body: "Hola" } });
    await paloma.simulator.flush();
    const browser = openBrowser();
    await browser.signIn();
    const { body: list } = await browser.ask("GET", `/inbox/api/conversations?contact=${ana}`);
    const [{ id }] = list.data;
    const text = { body: "¿En qué te ayudamos?" };
    const sent = await browser.ask("POST", "/inbox/api/messages", { conversation_id: id, text });
    expect(sent).toMatchObject({ status: 201, body: { sent_by: "clinic" } });
    const closed = await browser.ask("PATCH", `/inbox/api/conversations/${id}`, {
      status: "closed",
    });
    expect(closed.body).toMatchObject({ status: "closed", changed_by: "clinic" });
    const { body: message } = await paloma.api("GET", `/v1/messages/${sent.body.id}`);
    expect(message.sent_by).toBe("clinic");
  });

  it("uploads a file of any type, and gets what is stored once", async () => {
    const browser = openBrowser();
    await browser.signIn();
    const uploaded = await browser.ask("POST", "/inbox/api/media?filename=receta.pdf", undefined, {
      headers: RECIPE_HEADERS,
      file: RECIPE,
    });
    expect(uploaded.status).toBe(201);
    const got = await browser.ask("GET", `/inbox/api/media/${uploaded.body.id}`);
    expect(got.body).toBe("%PDF-1.7 receta");
    expect(Object.fromEntries(got.headers)).toMatchObject({
      "cache-control": "private, max-age=31536000, immutable",
      "content-security-policy": "sandbox; default-src 'none'",
      "cross-origin-resource-policy": "same-origin",
      "x-content-type-options": "nosniff",
      etag: expect.any(String),
    });
    expect(got.headers.get("content-disposition")).toContain("attachment");
  });

  it("gets no new cookie with a file, which the browser keeps", async () => {
    const now = Date.now();
    const browser = openBrowser();
    await browser.signIn();
    const { body } = await browser.ask("POST", "/inbox/api/media", undefined, {
      headers: RECIPE_HEADERS,
      file: RECIPE,
    });
    vi.spyOn(Date, "now").mockImplementation(() => now + 2 * HOUR_MS);
    expect((await browser.ask("GET", `/inbox/api/media/${body.id}`)).cookies).toEqual([]);
    expect((await browser.ask("GET", "/inbox/api/me")).cookies).toHaveLength(1);
  });

  it("asks the doctor, with the scope for it", async () => {
    const [operator, reader] = [openBrowser(), openBrowser()];
    await operator.signIn("test-operator-token");
    await reader.signIn("test-reader-token");
    expect((await operator.ask("GET", "/inbox/api/doctor")).body.checks).toEqual(expect.any(Array));
    expect((await reader.ask("GET", "/inbox/api/doctor")).status).toBe(403);
  });

  it("counts toward the limit of their own name", async () => {
    const name = `ana-${crypto.randomUUID()}`;
    const browser = openBrowser({
      API_TOKENS: `${name}:token-of-ana-0001`,
      API_RATE_LIMIT: env.TEST_RATE_LIMIT,
    });
    await browser.signIn("token-of-ana-0001");
    const statuses: number[] = [];
    for (let request = 1; request <= 4; request += 1) {
      statuses.push((await browser.ask("GET", "/inbox/api/conversations")).status);
    }
    expect(statuses).toEqual([200, 200, 200, 429]);
  });
});

describe("the two doors", () => {
  it("take each its own proof alone", async () => {
    const browser = openBrowser();
    await browser.signIn();
    const bearer = { headers: { authorization: "Bearer test-clinic-token" } };
    expect((await browser.ask("GET", "/v1/conversations")).status).toBe(401);
    expect((await browser.ask("GET", "/v1/conversations", undefined, bearer)).status).toBe(200);
    const stranger = openBrowser();
    const refused = await stranger.ask("GET", "/inbox/api/me", undefined, bearer);
    expect(refused.status).toBe(401);
    expect(refused.headers.get("cross-origin-resource-policy")).toBe("same-origin");
    expect((await stranger.ask("GET", "/inbox/api/conversations", undefined, bearer)).status).toBe(
      401,
    );
    expect((await stranger.ask("GET", "/inbox/api/nowhere")).status).toBe(401);
    expect((await browser.ask("GET", "/inbox/api/nowhere")).status).toBe(404);
    expect((await browser.ask("GET", "/inbox/api/dead-letters")).status).toBe(404);
  });

  it("has a member of another person's cookie ignored where a token counts", async () => {
    const browser = openBrowser();
    await browser.signIn("test-reader-token");
    const sent = await browser.ask(
      "POST",
      "/v1/messages",
      { to: `+${newCustomer()}`, text: { body: "Hola" }, window: "meta" },
      { headers: { authorization: "Bearer test-clinic-token" } },
    );
    expect(sent.body.sent_by ?? sent.body.code).not.toBe("reader");
  });
});

describe("INBOX_SIGN_IN = off", () => {
  it.each([
    ["GET", "/inbox"],
    ["GET", "/inbox/"],
    ["GET", "/inbox/c/1"],
    ["GET", "/inbox/assets/index.js"],
    ["GET", "/inbox/api/me"],
    ["GET", "/inbox/api/conversations"],
    ["POST", "/inbox/session"],
    ["DELETE", "/inbox/session"],
    ["PROPFIND", "/inbox/session"],
    ["GET", "/inbox/elsewhere"],
  ])("%s %s is answered like an unknown path", async (method, path) => {
    const signedIn = openBrowser();
    await signedIn.signIn();
    const browser = openBrowser({ INBOX_SIGN_IN: "off" });
    browser.cookie = signedIn.cookie;
    const [inbox, unknown] = [
      await browser.ask(method, path),
      await browser.ask(method, "/nowhere"),
    ];
    expect(inbox.status).toBe(404);
    expect(unknown.status).toBe(404);
    const { request_id: _one, ...refusal } = inbox.body;
    const { request_id: _other, ...other } = unknown.body;
    expect(refusal).toEqual({
      ...other,
      detail: `There is nothing at ${method} ${path.replace(/\/$/, "")}.`,
    });
    expect([...inbox.headers.keys()]).toEqual([...unknown.headers.keys()]);
  });
});
