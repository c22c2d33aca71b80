import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { newAccessTeam } from "../../support/access-team.ts";
import { connect } from "../../support/feed.ts";
import { openBrowser } from "../../support/inbox.ts";
import { startPaloma } from "../../support/paloma.ts";

const SHELL = "<!doctype html><title>Bandeja</title>";

const FILES: Readonly<Record<string, { type: string; body: string }>> = {
  "/inbox/": { type: "text/html; charset=utf-8", body: SHELL },
  "/inbox/assets/index-a1b2c3d4.js": { type: "text/javascript; charset=utf-8", body: "// page" },
  "/inbox/assets/index-a1b2c3d4.css": { type: "text/css; charset=utf-8", body: "body{}" },
};

/** The files of a build: whether this checkout has one changes nothing here. */
function assetsWith(files: typeof FILES) {
  return {
    ASSETS: {
      fetch: async (input: RequestInfo | URL) => {
        const { pathname } = new URL(new Request(input).url);
        const file = files[pathname];
        if (file === undefined) return new Response(null, { status: 404 });
        const headers = { "content-type": file.type, etag: `"${file.body.length}"` };
        return new Response(file.body, { headers });
      },
    },
  };
}

const BUILT = assetsWith(FILES);

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; media-src 'self' blob:; connect-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types paloma-sw";

const GUARDED = {
  "content-security-policy": POLICY,
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=(self)",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

describe("the page", () => {
  it("has one address, and a slash at its end", async () => {
    const { status, headers } = await openBrowser(BUILT).ask("GET", "/inbox");
    expect({ status, location: headers.get("location") }).toEqual({
      status: 307,
      location: "/inbox/",
    });
  });

  it.each(["/inbox/", "/inbox/c/4f2a", "/inbox/c/4f2a/", "/inbox/c/4f2a/info", "/inbox/status"])(
    "stands at %s for everybody, guarded against other sites and other people's text",
    async (path) => {
      const browser = openBrowser(BUILT);
      const { status, headers, body } = await browser.ask("GET", path);
      expect({ status, body }).toEqual({ status: 200, body: SHELL });
      expect(Object.fromEntries(headers)).toMatchObject({
        ...GUARDED,
        "cache-control": "no-cache",
        "content-type": "text/html; charset=utf-8",
      });
      const held = { headers: { "if-none-match": headers.get("etag") ?? "" } };
      expect((await browser.ask("GET", path, undefined, held)).status).toBe(304);
    },
  );

  it("has files that browsers keep, since their names change with them", async () => {
    for (const [path, { type, body }] of Object.entries(FILES).slice(1)) {
      const answer = await openBrowser(BUILT).ask("GET", path);
      expect({ status: answer.status, body: answer.body }).toEqual({ status: 200, body });
      expect(Object.fromEntries(answer.headers)).toMatchObject({
        ...GUARDED,
        "cache-control": "public, max-age=31536000, immutable",
        "content-type": type,
      });
    }
  });

  it("is loaded again, once a minute at most, where a deploy has replaced a script", async () => {
    const { status, headers, body } = await openBrowser(BUILT).ask("GET", "/inbox/assets/old-1.js");
    expect(status).toBe(200);
    expect(Object.fromEntries(headers)).toMatchObject({
      ...GUARDED,
      "cache-control": "no-store",
      "content-type": "text/javascript",
    });
    let reloads = 0;
    let now = Date.UTC(2026, 10, 23);
    const kept = new Map<string, string>();
    const load = () =>
      // oxlint-disable-next-line typescript/no-implied-eval, no-new-func -- what a browser does with it
      new Function("sessionStorage", "location", "Date", body)(
        {
          getItem: (key: string) => kept.get(key) ?? null,
          setItem: (key: string, value: string) => kept.set(key, value),
        },
        { reload: () => (reloads += 1) },
        { now: () => now },
      );
    load();
    load();
    expect(reloads).toBe(1);
    now += 61_000;
    load();
    expect(reloads).toBe(2);
  });

  it.each(["old-1.css", "old-1.png", "..%2f..%2fopenapi.json", "%00.js"])(
    "has nothing at assets/%s",
    async (name) => {
      const { status, headers } = await openBrowser(BUILT).ask("GET", `/inbox/assets/${name}`);
      expect(status).toBe(404);
      expect(headers.get("content-type")).toBe("application/problem+json");
    },
  );

  it("is not found where it is not built", async () => {
    for (const path of ["/inbox/", "/inbox/c/4f2a"]) {
      const { status, body } = await openBrowser(assetsWith({})).ask("GET", path);
      expect({ status, code: body.code }).toEqual({ status: 404, code: "not_found" });
    }
  });

  it("tells who has signed in which build there is", async () => {
    startPaloma();
    for (const [assets, version] of [
      [BUILT, `"${SHELL.length}"`],
      [assetsWith({}), null],
    ] as const) {
      const browser = openBrowser(assets);
      await browser.signIn();
      expect((await browser.ask("GET", "/inbox/api/me")).body.version).toBe(version);
    }
  });

  it.each<[string, () => Promise<Response>]>([
    ["fail", () => Promise.reject(new Error("the assets can't be reached"))],
    ["hang", () => new Promise(() => undefined)],
  ])(
    "does not say which build there is where the assets %s, and is an inbox",
    async (_how, fetch) => {
      vi.spyOn(console, "error").mockReturnValue();
      startPaloma();
      const browser = openBrowser({ ASSETS: { fetch } });
      await browser.signIn();
      const { status, body } = await browser.ask("GET", "/inbox/api/me");
      expect({ status, version: body.version }).toEqual({ status: 200, version: null });
      const { cookie } = browser;
      const socket = await connect({ cookie, changes: { ASSETS: { fetch } } });
      expect(await socket.next("hello")).toMatchObject({ version: null });
      socket.close();
    },
  );

  it.each([
    ["GET", "/inbox"],
    ["GET", "/inbox/nothing"],
    ["GET", "/inbox/session"],
    ["DELETE", "/inbox/session"],
    ["POST", "/inbox/session"],
    ["GET", "/inbox/assets/old.css"],
    ["GET", "/inbox/api/me"],
    ["OPTIONS", "/inbox/api/me"],
  ])("lets no other site show or run the answer to %s %s", async (method, path) => {
    const { headers } = await openBrowser(BUILT).ask(method, path);
    expect(Object.fromEntries(headers)).toMatchObject({
      "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
      "cross-origin-resource-policy": "same-origin",
      "x-content-type-options": "nosniff",
    });
  });

  it("names what is missing in the settings", async () => {
    const { status, body } = await openBrowser({ ...BUILT, INBOX_SIGN_IN: "acess" }).ask(
      "GET",
      "/inbox/",
    );
    expect(status).toBe(503);
    expect(body.detail).toBe("INBOX_SIGN_IN: choose token, access or off");
  });
});

describe("the page behind Cloudflare Access", () => {
  it("is for the staff, and says to others whom to ask", async () => {
    startPaloma();
    const team = await newAccessTeam();
    const open = async (assertion: string | null) => {
      const headers = assertion === null ? {} : { "cf-access-jwt-assertion": assertion };
      const browser = openBrowser({ ...BUILT, ...team.settings });
      return browser.ask("GET", "/inbox/", undefined, { headers });
    };
    const { body: shell, headers: ofShell } = await open(await team.assertion("ana@clinica.mx"));
    expect(shell).toBe(SHELL);
    // Its script can read no other header, and would ask for a key.
    expect(ofShell.get("server-timing")).toBe("access");
    for (const [assertion, status] of [
      [await team.assertion("eva@otra.mx"), 403],
      [null, 401],
    ] as const) {
      const answer = await open(assertion);
      expect(answer.status).toBe(status);
      expect(answer.body).toContain("Pide acceso a quien administra Paloma");
      expect(Object.fromEntries(answer.headers)).toMatchObject({
        ...GUARDED,
        "cache-control": "no-store",
        "content-type": "text/html; charset=UTF-8",
      });
    }
  });
});

describe("the real assets", () => {
  it("give out no file of the inbox but by its routes", async () => {
    const shell = await env.ASSETS.fetch("https://paloma.test/inbox/");
    const { status } = await openBrowser().ask("GET", "/inbox/");
    expect(status).toBe(shell.status);
    expect((await openBrowser().ask("GET", "/inbox/index.html")).status).toBe(404);
  });
});
