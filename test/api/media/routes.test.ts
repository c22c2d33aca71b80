import { applyD1Migrations, type D1Migration } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { Hono } from "hono";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { createSimulator } from "../../../simulator/simulator.ts";
import { mediaRoutes } from "../../../src/api/media/routes.ts";
import type { Config } from "../../../src/config/config.ts";
import type { ApiEnvironment } from "../../../src/http/context.ts";
import { createDatabase } from "../../../src/store/d1.ts";
import { ACCESS_TOKEN, graphConfig, PHONE_NUMBER_ID } from "../../graph/graph-fixture.ts";
import { fileRow } from "../../support/media-files.ts";

declare global {
  namespace Cloudflare {
    interface Env {
      /** Added by vitest.config.ts; the generated Env knows only what wrangler.toml names. */
      TEST_MIGRATIONS: D1Migration[];
    }
  }
}

const SENDER = { authorization: "Bearer sender-token" };
const READER = { authorization: "Bearer reader-token" };

const DAY_MS = 24 * 60 * 60 * 1000;

/** 23 bytes, each time others: the same ones again would be the same file. */
let pdf: string;

/** A deployment without a bucket: Meta alone has the files. */
const bare: Env = Object.assign({}, env, { MEDIA: undefined });

/** The files themselves lie here, at Meta and in the simulator. */
const DOWNLOADS = "https://lookaside.fbsbx.com/";

let clock = Date.parse("2026-11-22T12:00:00Z");

const simulator = createSimulator({
  accessToken: ACCESS_TOKEN,
  appSecret: "app secret",
  webhookUrl: "https://paloma.example/webhook",
  deliver: async () => new Response(),
  now: () => clock,
  automatic: false,
});

const calls: Request[] = [];

/** Answers in the simulator's place, where it gives an answer. */
let instead: (request: Request) => Response | null | Promise<Response | null>;

beforeAll(async () => {
  await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
});

beforeEach(() => {
  calls.length = 0;
  instead = () => null;
  pdf = `%PDF-1.7 receta ${crypto.randomUUID().slice(0, 7)}`;
  simulator.reset();
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
    const request = new Request(input, init);
    calls.push(request.clone());
    return (await instead(request)) ?? simulator.fetch(request);
  });
});

afterEach(() => {
  vi.restoreAllMocks();
});

async function call(path: string, init: RequestInit = {}, changes: Partial<Config> = {}) {
  const app = new Hono<ApiEnvironment>();
  app.use(async (context, next) => {
    context.set("requestId", "req_1");
    context.set("config", graphConfig(changes));
    context.set("database", createDatabase(context.env.DB));
    context.set("caller", null);
    await next();
  });
  app.route("/v1", mediaRoutes);
  return app.request(path, init, bare);
}

function upload(
  body: BodyInit,
  { type = "application/pdf", query = "", headers = SENDER }: UploadOptions = {},
) {
  return call(`/v1/media${query}`, {
    method: "POST",
    body,
    headers: { "content-type": type, ...headers },
  });
}

type UploadOptions = { type?: string; query?: string; headers?: Record<string, string> };

type Media = { id: string; meta_id: string; sha256: string; url: string };

async function uploaded(query = "?filename=receta.pdf"): Promise<Media> {
  const response = await upload(pdf, { query });
  expect(response.status).toBe(201);
  const media: Media = await response.json();
  calls.length = 0;
  return media;
}

/** Meta's lookup and its file host, answered by hand. */
function serveByHand(info: object, file: (request: Request) => Response): void {
  instead = (request) =>
    request.url.startsWith(DOWNLOADS)
      ? file(request)
      : Response.json({ url: `${DOWNLOADS}?mid=1`, mime_type: "image/jpeg", ...info });
}

/** Without the runtime's warning that these bytes are no text. */
async function bytesAsText(response: Response): Promise<string> {
  return new TextDecoder().decode(await response.arrayBuffer());
}

async function problemOf(response: Response) {
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  const problem: Record<string, unknown> = await response.json();
  expect(problem).toMatchObject({ status: response.status, request_id: "req_1" });
  expect(JSON.stringify(problem)).not.toContain(ACCESS_TOKEN);
  return problem;
}

describe("POST /v1/media", () => {
  test("takes a bare body to Meta and remembers it", async () => {
    const response = await upload(pdf, { query: "?filename=../Ñandú%0D%0A.pdf" });
    expect(response.status).toBe(201);
    const media: Media = await response.json();
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(pdf));
    expect(media).toEqual({
      id: expect.stringMatching(/^med_[0-9a-f]{26,}$/),
      meta_id: expect.stringMatching(/^\d+$/),
      mime_type: "application/pdf",
      sha256: new Uint8Array(digest).toHex(),
      size_bytes: pdf.length,
      filename: "Ñandú.pdf",
      url: `/v1/media/${media.id}`,
      stored: false,
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    });
    expect(response.headers.get("location")).toBe(media.url);
    expect(calls.map(({ url }) => url)).toEqual([
      `https://graph.facebook.com/v25.0/${PHONE_NUMBER_ID}/media`,
    ]);
  });

  test("takes a form", async () => {
    const form = new FormData();
    form.set("file", new File(["OggS"], "voz.ogg", { type: "audio/opus" }));
    const response = await call("/v1/media", { method: "POST", body: form, headers: SENDER });
    expect(response.status).toBe(201);
    expect(await response.json()).toMatchObject({ mime_type: "audio/ogg", filename: "voz.ogg" });
    expect((await calls[0]?.formData())?.get("type")).toBe("audio/ogg");
  });

  test("a file without a name gets one for Meta alone", async () => {
    const response = await upload(pdf);
    expect(await response.json()).toMatchObject({ filename: null });
    const sent = (await calls[0]?.formData())?.get("file");
    expect(sent instanceof File ? sent.name : null).toBe("file.pdf");
  });

  test("uploads for the number that `from` names", async () => {
    instead = () => Response.json({ id: "77" });
    expect((await upload(pdf, { query: "?from=42" })).status).toBe(201);
    expect(calls[0]?.url).toBe("https://graph.facebook.com/v25.0/42/media");
  });

  test.each(["../1", "1/media", "me", "", "1?x=1", "é"])("I12: refuses from=%j", async (from) => {
    const response = await upload(pdf, { query: `?from=${encodeURIComponent(from)}` });
    expect(response.status).toBe(422);
    expect(await problemOf(response)).toMatchObject({
      code: "invalid_request",
      errors: [{ pointer: "/from" }],
    });
    expect(calls).toHaveLength(0);
  });

  test("refuses a type, with the list of those that Meta takes", async () => {
    const response = await upload("<svg/>", { type: "image/svg+xml" });
    expect(response.status).toBe(422);
    expect(await problemOf(response)).toMatchObject({
      code: "invalid_request",
      errors: [{ pointer: "/file", detail: expect.stringContaining("image/png") }],
    });
    expect(calls).toHaveLength(0);
  });

  test("refuses a still sticker over 100 KiB and takes an animated one", async () => {
    const sticker = new Uint8Array(100 * 1024 + 1);
    sticker.set(new TextEncoder().encode("RIFF1234WEBPVP8X"));
    expect((await upload(sticker, { type: "image/webp" })).status).toBe(422);
    sticker[20] = 0b10;
    expect((await upload(sticker, { type: "image/webp" })).status).toBe(201);
  });

  test("refuses more than 16 MiB and says so", async () => {
    const response = await upload(new Uint8Array(16 * 1024 * 1024 + 1), { type: "video/mp4" });
    expect(response.status).toBe(413);
    expect(await problemOf(response)).toMatchObject({
      code: "too_large",
      detail: expect.stringContaining("16777216 bytes (16 MiB): this deployment has no bucket"),
    });
  });

  test.each([
    ["malformed", "--x", ""],
    [
      "without a file",
      '--a\r\nContent-Disposition: form-data; name="x"\r\n\r\n1\r\n--a--',
      "/file",
    ],
  ])("refuses a form that is %s", async (_, body, pointer) => {
    const response = await upload(body, { type: "multipart/form-data; boundary=a" });
    expect(response.status).toBe(422);
    expect(await problemOf(response)).toMatchObject({ errors: [{ pointer }] });
  });

  test.each([
    [100, 400, "rejected_by_meta", 422],
    [190, 401, "meta_unauthorized", 502],
    [131031, 403, "meta_unauthorized", 502],
    [131049, 400, "meta_unavailable", 502],
    [131000, 500, "meta_unavailable", 502],
    [undefined, 401, "meta_unauthorized", 502],
    [undefined, 403, "meta_unauthorized", 502],
    [undefined, 400, "rejected_by_meta", 422],
    [undefined, 307, "meta_unavailable", 502],
    [undefined, 503, "meta_unavailable", 502],
  ])("Meta's error %s with HTTP %i is %s", async (code, status, expected, expectedStatus) => {
    const error = { code, message: "No.", error_data: { details: "Why." }, fbtrace_id: "A1" };
    instead = () => Response.json({ error }, { status });
    const response = await upload(pdf);
    expect(response.status).toBe(expectedStatus);
    expect(await problemOf(response)).toMatchObject({
      code: expected,
      detail: "Why.",
      meta_error: { code: code ?? null, message: "No.", details: "Why.", fbtrace_id: "A1" },
    });
  });

  test("hands Retry-After on", async () => {
    instead = () => new Response(null, { status: 429, headers: { "retry-after": "9" } });
    const response = await upload(pdf);
    expect(response.headers.get("retry-after")).toBe("9");
    expect(await problemOf(response)).toMatchObject({ code: "meta_unavailable" });
  });

  test("needs the scope send", async () => {
    expect((await upload(pdf, { headers: {} })).status).toBe(401);
    expect((await upload(pdf, { headers: READER })).status).toBe(403);
    expect(calls).toHaveLength(0);
  });
});

describe("GET /v1/media/{id}", () => {
  test("streams the file by our id and by Meta's, to be stored and not shown", async () => {
    const media = await uploaded("?filename=Ñandú.pdf");
    for (const id of [media.id, media.meta_id]) {
      const response = await call(`/v1/media/${id}`, { headers: READER });
      expect(response.status).toBe(200);
      expect(Object.fromEntries(response.headers)).toMatchObject({
        "accept-ranges": "bytes",
        "cache-control": "private",
        "content-disposition": `attachment; filename="_and_.pdf"; filename*=UTF-8''%C3%91and%C3%BA.pdf`,
        "content-security-policy": "sandbox; default-src 'none'",
        "content-type": "application/pdf",
        etag: `"${media.sha256}"`,
        "x-content-type-options": "nosniff",
      });
      expect(await bytesAsText(response)).toBe(pdf);
    }
  });

  test("asks Meta for an id of Meta's that is not known here", async () => {
    const sha256 = "ab".repeat(32);
    serveByHand({ sha256 }, () => new Response("jpeg", { headers: { "content-length": "4" } }));
    const response = await call("/v1/media/13377331", { headers: READER });
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "content-disposition": `attachment; filename="13377331.jpg"; filename*=UTF-8''13377331.jpg`,
      "content-length": "4",
      "content-type": "image/jpeg",
      etag: `"${sha256}"`,
    });
    expect(calls[0]?.url).toBe("https://graph.facebook.com/v25.0/13377331");
  });

  test("of two rows with one id of Meta's the newer one counts", async () => {
    const { meta_id } = await fileRow({ filename: "old.jpg", created_at: 1 });
    await fileRow({ meta_id, filename: "new.jpg", created_at: 2 });
    serveByHand({}, () => new Response("jpeg"));
    const response = await call(`/v1/media/${meta_id}`, { headers: READER });
    expect(response.headers.get("content-disposition")).toContain('filename="new.jpg"');
    expect(response.headers.has("etag")).toBe(false);
    expect(response.headers.has("content-length")).toBe(false);
  });

  test.each(["text/html\r\nX-Evil: 1", "html", "text/html,x", "", "текст/html"])(
    "a type like %j is not passed on",
    async (mime_type) => {
      const { id } = await fileRow({ mime_type });
      serveByHand({}, () => new Response("<script>alert(1)</script>"));
      const response = await call(`/v1/media/${id}`, { headers: READER });
      expect(response.headers.get("content-type")).toBe("application/octet-stream");
    },
  );

  test("a type with parameters is passed on", async () => {
    const { id } = await fileRow({ mime_type: "audio/ogg; codecs=opus" });
    serveByHand({}, () => new Response("OggS"));
    const response = await call(`/v1/media/${id}`, { headers: READER });
    expect(response.headers.get("content-type")).toBe("audio/ogg; codecs=opus");
  });

  test("hands a range on, and what comes of it", async () => {
    const media = await uploaded();
    serveByHand({}, (request) =>
      request.headers.get("range") === "bytes=0-3"
        ? new Response("%PDF", { status: 206, headers: { "content-range": "bytes 0-3/23" } })
        : new Response(pdf),
    );
    const path = `/v1/media/${media.id}`;
    const part = await call(path, { headers: { ...READER, range: "bytes=0-3" } });
    expect(part.status).toBe(206);
    expect(part.headers.get("content-range")).toBe("bytes 0-3/23");
    expect(await bytesAsText(part)).toBe("%PDF");
    const several = await call(path, { headers: { ...READER, range: "bytes=0-3,5-6" } });
    expect(several.status).toBe(200);
    const other = await call(path, {
      headers: { ...READER, range: "bytes=0-3", "if-range": '"other"' },
    });
    expect(other.status).toBe(200);
  });

  test("a range that Meta's host ignores gives the whole", async () => {
    const media = await uploaded();
    const response = await call(`/v1/media/${media.id}`, {
      headers: { ...READER, range: "bytes=0-3" },
    });
    expect(response.status).toBe(200);
    expect(response.headers.has("content-range")).toBe(false);
    expect(await bytesAsText(response)).toBe(pdf);
  });

  test.each([
    [23, "bytes */23"],
    [undefined, null],
  ])("a range past the end of %s bytes is 416", async (file_size, contentRange) => {
    const { id } = await fileRow();
    serveByHand({ file_size }, () => new Response("no", { status: 416 }));
    const response = await call(`/v1/media/${id}`, { headers: { ...READER, range: "bytes=99-" } });
    expect(response.status).toBe(416);
    expect(response.headers.get("content-range")).toBe(contentRange);
    expect(await bytesAsText(response)).toBe("");
  });

  test("compressed bytes go without a length", async () => {
    const { id } = await fileRow();
    serveByHand({}, () => {
      const headers = { "content-encoding": "gzip", "content-length": "3" };
      return new Response("jpeg", { headers });
    });
    const response = await call(`/v1/media/${id}`, { headers: READER });
    expect(response.headers.has("content-length")).toBe(false);
    expect(response.headers.has("content-encoding")).toBe(false);
  });

  test("If-None-Match of a known file asks nobody", async () => {
    const media = await uploaded();
    const response = await call(`/v1/media/${media.id}`, {
      headers: { ...READER, "if-none-match": `W/"${media.sha256}"` },
    });
    expect(response.status).toBe(304);
    expect(response.headers.get("etag")).toBe(`"${media.sha256}"`);
    expect(response.headers.get("cache-control")).toBe("private");
    expect(calls).toHaveLength(0);
  });

  test("If-None-Match of a file that Meta knows downloads nothing", async () => {
    const sha256 = "cd".repeat(32);
    serveByHand({ sha256 }, () => new Response("jpeg"));
    const response = await call("/v1/media/13377332", {
      headers: { ...READER, "if-none-match": `"${sha256}"` },
    });
    expect(response.status).toBe(304);
    expect(calls).toHaveLength(1);
  });

  test.each([404, 410])("a download URL answering %i is replaced once", async (status) => {
    const media = await uploaded();
    let downloads = 0;
    instead = (request) => {
      if (!request.url.includes("/attachments/")) return null;
      downloads += 1;
      return downloads === 1 ? new Response(null, { status }) : null;
    };
    const response = await call(`/v1/media/${media.id}`, { headers: READER });
    expect(response.status).toBe(200);
    expect(await bytesAsText(response)).toBe(pdf);
    expect(calls).toHaveLength(4);
  });

  test("a download that is missing twice has expired", async () => {
    const { id } = await fileRow();
    serveByHand({}, () => new Response(null, { status: 404 }));
    const response = await call(`/v1/media/${id}`, { headers: READER });
    expect(response.status).toBe(404);
    expect((await problemOf(response))["detail"]).toContain("expired");
    expect(calls).toHaveLength(4);
  });

  test("no new URL for a missing download is told as it is", async () => {
    const { id } = await fileRow();
    instead = (request) => {
      if (request.url.startsWith(DOWNLOADS)) return new Response(null, { status: 404 });
      return calls.length === 1
        ? Response.json({ url: DOWNLOADS })
        : new Response(null, { status: 503 });
    };
    const response = await call(`/v1/media/${id}`, { headers: READER });
    expect(await problemOf(response)).toMatchObject({ code: "meta_unavailable" });
  });

  test("an upload is gone after 30 days", async () => {
    const media = await uploaded();
    clock += 30 * DAY_MS;
    const response = await call(`/v1/media/${media.id}`, { headers: READER });
    expect(response.status).toBe(404);
    expect(await problemOf(response)).toMatchObject({
      code: "not_found",
      detail:
        "Meta's copy has expired: it keeps received media for 7 days and uploads for 30 days.",
    });
  });

  test.each([
    [190, 401, "meta_unauthorized"],
    [10, 403, "meta_unauthorized"],
    [80007, 400, "meta_unavailable"],
    [131009, 400, "meta_unavailable"],
    [2, 503, "meta_unavailable"],
  ])("Meta's error %i with HTTP %i is %s", async (code, status, expected) => {
    const { id } = await fileRow();
    instead = () => Response.json({ error: { code, message: "No." } }, { status });
    const response = await call(`/v1/media/${id}`, { headers: READER });
    expect(response.status).toBe(502);
    expect(await problemOf(response)).toMatchObject({ code: expected, meta_error: { code } });
  });

  test.each([33, 100, 131052])("Meta's error %i is a file that is gone", async (code) => {
    const { id } = await fileRow();
    instead = () => Response.json({ error: { code, message: "No." } }, { status: 400 });
    expect((await call(`/v1/media/${id}`, { headers: READER })).status).toBe(404);
  });

  test("a lost connection is meta_unavailable", async () => {
    const { id } = await fileRow();
    instead = () => {
      throw new TypeError("Network connection lost.");
    };
    const response = await call(`/v1/media/${id}`, { headers: READER });
    expect(await problemOf(response)).toMatchObject({ code: "meta_unavailable" });
  });

  test.each(["https://evil.example/x", "http://lookaside.fbsbx.com/x", "javascript:alert(1)"])(
    "I12: the token does not follow Meta to %s",
    async (url) => {
      const { id } = await fileRow();
      instead = () => Response.json({ url, mime_type: "image/jpeg" });
      const response = await call(`/v1/media/${id}`, { headers: READER });
      expect(await problemOf(response)).toMatchObject({ code: "meta_unavailable" });
      expect(calls).toHaveLength(1);
    },
  );

  test("I12: the token does not follow a redirect of the download", async () => {
    const { id } = await fileRow();
    serveByHand({}, () => Response.redirect("https://evil.example/x"));
    const response = await call(`/v1/media/${id}`, { headers: READER });
    expect(await problemOf(response)).toMatchObject({ code: "meta_unavailable" });
    expect(calls).toHaveLength(2);
  });

  test.each([
    "med_unknown",
    "med_..",
    "..%2F..%2F1",
    "1%3Ffields=access_token",
    "1%23",
    "me",
    "%F0%9F%90%95",
    "1%00",
    "%ED%A0%80",
    "1'%20OR%20'1'='1",
  ])("%s is not found, and Meta is not asked", async (id) => {
    const response = await call(`/v1/media/${id}`, { headers: READER });
    expect(response.status).toBe(404);
    expect(await problemOf(response)).toMatchObject({ detail: "No media file has this id." });
    expect(calls).toHaveLength(0);
  });

  test("needs the scope read", async () => {
    expect((await call("/v1/media/13")).status).toBe(401);
    expect((await call("/v1/media/13", { headers: SENDER })).status).toBe(403);
    expect(calls).toHaveLength(0);
  });
});

function linkTo(id: string, changes: Partial<Config> = {}) {
  return call(`/v1/media/${id}/link`, { method: "POST", headers: READER }, changes);
}

describe("POST /v1/media/{id}/link", () => {
  test("gives a link that reads the file without a token, for 5 minutes", async () => {
    const media = await uploaded();
    const response = await call(`${media.url}/link`, { method: "POST", headers: READER });
    expect(response.status).toBe(200);
    const link: { url: string; expires_at: string } = await response.json();
    const lifeMs = Date.parse(link.expires_at) - Date.now();
    expect(lifeMs).toBeGreaterThan(298_000);
    expect(lifeMs).toBeLessThanOrEqual(300_000);
    const file = await call(link.url);
    expect(file.status).toBe(200);
    expect(await bytesAsText(file)).toBe(pdf);

    vi.useFakeTimers({ toFake: ["Date"], now: Date.parse(link.expires_at) });
    try {
      expect((await call(link.url)).status).toBe(401);
    } finally {
      vi.useRealTimers();
    }
  });

  test("the link is for its file alone, and a token still counts beside a bad one", async () => {
    const media = await uploaded();
    pdf = pdf.replace("1.7", "1.6");
    const other = await uploaded();
    const response = await call(`${media.url}/link`, { method: "POST", headers: READER });
    const link: { url: string } = await response.json();
    const stolen = link.url.replace(media.id, other.id);
    expect((await call(stolen)).status).toBe(401);
    expect((await call(stolen, { headers: READER })).status).toBe(200);
    expect((await call(stolen, { headers: SENDER })).status).toBe(403);
  });

  test("an unknown file gets none; one that Meta alone may know does", async () => {
    expect((await linkTo("med_unknown")).status).toBe(404);
    expect((await linkTo("..%2F1")).status).toBe(404);
    expect((await linkTo("13")).status).toBe(200);
    const response = await linkTo("13", { appSecrets: [] });
    expect(response.status).toBe(503);
    expect(await problemOf(response)).toMatchObject({ code: "not_configured" });
  });

  test("needs the scope read", async () => {
    expect((await call("/v1/media/13/link", { method: "POST" })).status).toBe(401);
    const response = await call("/v1/media/13/link", { method: "POST", headers: SENDER });
    expect(response.status).toBe(403);
  });
});
