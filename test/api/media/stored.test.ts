import { env, exports } from "cloudflare:workers";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { app } from "../../../src/app.ts";
import { archiveMedia } from "../../../src/media/archive.ts";
import type { MediaFile } from "../../../src/store/media.ts";
import { fileAtMeta, places, sha256Of } from "../../support/media-files.ts";
import { OTHER_NUMBER, type Paloma, startPaloma } from "../../support/paloma.ts";

const MEBIBYTE = 1024 * 1024;
const MINUTE_MS = 60 * 1000;
const DAY_MS = 24 * 60 * MINUTE_MS;

const CALLER = { authorization: "Bearer test-clinic-token" };

let paloma: Paloma;
let clock: number;

beforeEach(() => {
  clock = Date.now();
  paloma = startPaloma({ now: () => clock });
});

function request(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = { ...CALLER, ...Object.fromEntries(new Headers(init.headers)) };
  return exports.default.fetch(`https://paloma.test${path}`, { ...init, headers });
}

/** Bytes that differ from place to place, and from call to call. */
function madeUpBytes(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let place = 0; place < length; place += 1) bytes[place] = (place * 31) ^ (place >> 8);
  crypto.getRandomValues(bytes.subarray(0, Math.min(length, 32)));
  return bytes;
}

function callsTo(route: string): number {
  return paloma.simulator.calls.filter((call) => call.route === route).length;
}

describe("a file in the bucket", () => {
  let file: MediaFile;
  let bytes: Uint8Array<ArrayBuffer>;

  beforeEach(async () => {
    bytes = madeUpBytes(1000);
    file = await fileAtMeta({ mime_type: "text/html", filename: "../<receta>.html" }, bytes);
    const { graph, database, bucket } = places();
    if (bucket === null) throw new Error("no bucket");
    await archiveMedia(graph, database, bucket, file.id);
    paloma.simulator.media.lose(file.meta_id);
  });

  test("is served by our id and by Meta's, to be stored and not shown, when Meta has lost it", async () => {
    const before = paloma.simulator.calls.length;
    for (const id of [file.id, file.meta_id]) {
      const response = await request(`/v1/media/${id}`);
      expect(response.status).toBe(200);
      expect(Object.fromEntries(response.headers)).toMatchObject({
        "accept-ranges": "bytes",
        "cache-control": "private, max-age=31536000, immutable",
        "content-disposition": `attachment; filename="_receta_.html"; filename*=UTF-8''_receta_.html`,
        "content-length": "1000",
        "content-security-policy": "sandbox; default-src 'none'",
        "content-type": "text/html",
        etag: `"${file.sha256}"`,
        "x-content-type-options": "nosniff",
      });
      expect(await response.bytes()).toEqual(bytes);
    }
    expect(paloma.simulator.calls).toHaveLength(before);
  });

  test.each([
    ["bytes=0-99", 0, 100],
    ["bytes=900-", 900, 1000],
    ["bytes=-1", 999, 1000],
    ["bytes=990-5000", 990, 1000],
  ])("gives the part %s", async (range, first, end) => {
    const response = await request(`/v1/media/${file.id}`, { headers: { range } });
    expect(response.status).toBe(206);
    expect(response.headers.get("content-range")).toBe(`bytes ${first}-${end - 1}/1000`);
    expect(response.headers.get("content-length")).toBe(String(end - first));
    expect(await response.bytes()).toEqual(bytes.subarray(first, end));
  });

  test("answers 416 to a part it does not have", async () => {
    const response = await request(`/v1/media/${file.id}`, { headers: { range: "bytes=1000-" } });
    expect(response.status).toBe(416);
    expect(response.headers.get("content-range")).toBe("bytes */1000");
  });

  test("gives the whole where the part is of another version, or is none", async () => {
    for (const headers of [
      { range: "bytes=0-1", "if-range": '"other"' },
      { range: "bytes=0-1,5-6" },
      { range: "bytes=5-4" },
    ]) {
      const response = await request(`/v1/media/${file.id}`, { headers });
      expect(response.status).toBe(200);
      expect(await response.bytes()).toEqual(bytes);
    }
    const headers = { range: "bytes=0-1", "if-range": `"${file.sha256}"` };
    expect((await request(`/v1/media/${file.id}`, { headers })).status).toBe(206);
  });

  test("is described by HEAD, and not sent to who has it", async () => {
    const head = await request(`/v1/media/${file.id}`, { method: "HEAD" });
    expect(head.status).toBe(200);
    expect(head.headers.get("content-length")).toBe("1000");
    expect(head.headers.get("etag")).toBe(`"${file.sha256}"`);
    expect(await head.text()).toBe("");
    const headers = { "if-none-match": `"${file.sha256}"` };
    expect((await request(`/v1/media/${file.id}`, { headers })).status).toBe(304);
  });

  test("that the bucket lost after all is asked of Meta", async () => {
    await env.MEDIA.delete(file.id);
    const response = await request(`/v1/media/${file.id}`);
    expect(response.status).toBe(404);
    expect(callsTo("media_lookup")).toBeGreaterThan(0);
  });
});

test("HEAD of a file that Meta alone has downloads nothing", async () => {
  const file = await fileAtMeta();
  const head = await request(`/v1/media/${file.id}`, { method: "HEAD" });
  expect(head.status).toBe(200);
  expect(head.headers.get("content-length")).toBe("23");
  expect(callsTo("media_download")).toBe(0);
});

type Uploaded = { id: string; meta_id: string; sha256: string; stored: boolean };

function upload(body: BodyInit, { type = "application/pdf", query = "", length = "" } = {}) {
  return request(`/v1/media${query}`, {
    method: "POST",
    body,
    headers: { "content-type": type, ...(length === "" ? {} : { "content-length": length }) },
  });
}

async function uploaded(body: BodyInit, options: Parameters<typeof upload>[1] = {}) {
  const response = await upload(body, options);
  expect(response.status).toBe(201);
  const file: Uploaded = await response.json();
  return file;
}

describe("an upload", () => {
  test("over 16 MiB goes through the bucket to Meta, byte for byte", async () => {
    const bytes = madeUpBytes(17 * MEBIBYTE);
    const body = new Blob([bytes]).stream();
    const file = await uploaded(body, { length: String(bytes.length) });
    expect(file).toMatchObject({ sha256: await sha256Of(bytes), stored: true });
    const lookup = await fetch(`https://graph.facebook.com/v25.0/${file.meta_id}`, {
      headers: { authorization: "Bearer test-access-token" },
    });
    expect(await lookup.json()).toMatchObject({
      sha256: file.sha256,
      file_size: bytes.length,
      mime_type: "application/pdf",
    });
    const range = `bytes=${16 * MEBIBYTE}-`;
    const part = await request(`/v1/media/${file.id}`, { headers: { range } });
    expect(await sha256Of(await part.bytes())).toBe(await sha256Of(bytes.slice(16 * MEBIBYTE)));
  });

  test("of the same bytes within 29 days is the same file, on the same number", async () => {
    const bytes = madeUpBytes(500);
    const first = await uploaded(bytes, { query: "?filename=one.pdf" });
    clock += 28 * DAY_MS;
    vi.useFakeTimers({ toFake: ["Date"], now: clock });
    try {
      expect(await uploaded(bytes, { query: "?filename=one.pdf" })).toEqual(first);
      expect(callsTo("media_upload")).toBe(1);
      const other = await uploaded(bytes, { query: "?filename=other.pdf" });
      expect(other).toMatchObject({ sha256: first.sha256, filename: "other.pdf" });
      expect(other.id).not.toBe(first.id);
      const elsewhere = await uploaded(bytes, { query: `?from=${OTHER_NUMBER}` });
      expect(elsewhere.id).not.toBe(first.id);
      expect((await uploaded(bytes, { type: "text/plain" })).id).not.toBe(first.id);
      clock += DAY_MS + MINUTE_MS;
      vi.setSystemTime(clock);
      const later = await uploaded(bytes);
      expect(later.meta_id).not.toBe(first.meta_id);
    } finally {
      vi.useRealTimers();
    }
  });

  test("that Meta refuses leaves nothing in the bucket", async () => {
    paloma.simulator.rules.add({
      match: { route: "media_upload" },
      effect: { kind: "graph_error", code: 131053 },
    });
    const before = await env.MEDIA.list();
    expect((await upload(madeUpBytes(500))).status).toBe(422);
    expect((await env.MEDIA.list()).objects).toHaveLength(before.objects.length);
  });

  test.each([
    ["audio/mpeg", 17 * MEBIBYTE, 422, "audio/mpeg: at most 16777216 bytes, got 17825792"],
    ["image/png", 17 * MEBIBYTE, 422, "image/png: at most 5242880 bytes"],
    ["application/pdf", 100 * MEBIBYTE + 1, 413, "A file may have at most 104857600 bytes"],
    ["application/zip", 17 * MEBIBYTE, 422, "the type must be one of image/jpeg"],
  ])("of %s and %i bytes is refused before it is read", async (type, length, status, detail) => {
    const response = await upload("%PDF", { type, length: String(length) });
    expect(response.status).toBe(status);
    expect(await response.text()).toContain(detail);
    expect(callsTo("media_upload")).toBe(0);
  });

  test("too large for memory says how it can be sent", async () => {
    const large = madeUpBytes(16 * MEBIBYTE + 1);
    const form = new FormData();
    form.set("file", new File([large], "a.pdf", { type: "application/pdf" }));
    const asForm = await request("/v1/media", { method: "POST", body: form });
    expect(asForm.status).toBe(413);
    expect(await asForm.text()).toContain("send a larger one as the bare body");
    const stream = new Blob([large]).stream().pipeThrough(new TransformStream());
    const unmeasured = await upload(stream);
    expect(unmeasured.status).toBe(413);
    expect(await unmeasured.text()).toContain("say its length to send up to 104857600 bytes");
  });

  test("whose bucket fails is not taken to Meta; one that can't be let go of is told", async () => {
    const error = vi.spyOn(console, "error").mockReturnValue();
    const failing = (method: string): Env => ({
      ...env,
      MEDIA: new Proxy(env.MEDIA, {
        get: (target, name) =>
          name === method
            ? () => Promise.reject(new Error(`${method}: internal error (10001)`))
            : Reflect.get(target, name).bind(target),
      }),
    });
    const init = () => ({
      method: "POST",
      body: madeUpBytes(500),
      headers: { ...CALLER, "content-type": "application/pdf" },
    });
    expect((await app.request("/v1/media", init(), failing("put"))).status).toBe(503);
    expect(callsTo("media_upload")).toBe(0);
    paloma.simulator.rules.add({
      match: { route: "media_upload" },
      effect: { kind: "graph_error", code: 131053 },
    });
    expect((await app.request("/v1/media", init(), failing("delete"))).status).toBe(422);
    expect(error.mock.calls.flat().join()).toMatch(/upload_not_kept.*upload_left_in_bucket/);
  });
});

test("without a bucket a stream is refused, and says why", async () => {
  const bare: Env = Object.assign({}, env, { MEDIA: undefined });
  const length = String(17 * MEBIBYTE);
  const headers = { ...CALLER, "content-type": "application/pdf", "content-length": length };
  const init = { method: "POST", body: "%PDF", headers };
  const response = await app.request("/v1/media", init, bare);
  expect(response.status).toBe(413);
  expect(await response.text()).toContain("this deployment has no bucket (binding MEDIA)");
});
