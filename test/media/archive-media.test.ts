import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test, vi } from "vitest";
import type { Effect } from "../../simulator/trouble/effect.ts";
import { archiveMedia } from "../../src/media/archive.ts";
import { findMediaFile } from "../../src/store/media.ts";
import { FILE_TEXT, fileAtMeta, fileRow, places, sha256Of } from "../support/media-files.ts";
import { type Paloma, startPaloma } from "../support/paloma.ts";

const MINUTE_MS = 60_000;
const MEBIBYTE = 1024 * 1024;
const DOWNLOADS = "/whatsapp_business/attachments/";

let paloma: Paloma;

beforeEach(() => {
  paloma = startPaloma();
});

function archive(mediaId: string, bucket: R2Bucket = env.MEDIA) {
  const { graph, database } = places();
  return archiveMedia(graph, database, bucket, mediaId);
}

function stored(mediaId: string) {
  return findMediaFile(places().database, mediaId);
}

async function textInBucket(mediaId: string): Promise<string | null> {
  const object = await env.MEDIA.get(mediaId);
  return object === null ? null : object.text();
}

function trouble(route: "media_lookup" | "media_download", effect: Effect, times = 1): void {
  paloma.simulator.rules.add({ match: { route, times }, effect });
}

/** Meta's lookup and its file host, answered by hand. */
function answerByHand(info: object, file: () => Response): void {
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input) =>
    new Request(input).url.includes(DOWNLOADS)
      ? file()
      : Response.json({ url: `https://lookaside.fbsbx.com${DOWNLOADS}?mid=1`, ...info }),
  );
}

const calls = () => paloma.simulator.calls.length;

describe("a received file", () => {
  test("goes into the bucket under its row's id, and its row says so", async () => {
    const { id, sha256 } = await fileAtMeta({ error: "expired_url" });
    expect(await archive(id)).toEqual({ kind: "done" });
    expect(await textInBucket(id)).toBe(FILE_TEXT);
    expect(await stored(id)).toMatchObject({
      sha256,
      size_bytes: FILE_TEXT.length,
      stored_at: expect.any(Number),
      error: null,
    });
  });

  test("is fetched once, however often the job comes", async () => {
    const { id } = await fileAtMeta();
    await archive(id);
    const before = calls();
    expect(await archive(id)).toEqual({ kind: "done" });
    expect(calls()).toBe(before);
  });

  test("that D1 does not know is nobody's", async () => {
    expect(await archive("med_unknown")).toEqual({ kind: "done" });
    expect(calls()).toBe(0);
  });

  test("without a digest in the webhook is checked against the lookup's", async () => {
    const { id } = await fileAtMeta({ sha256: "STICKER_HASH" });
    trouble("media_download", { kind: "wrong_bytes" });
    expect(await archive(id)).toEqual({ kind: "retry", error: "wrong_hash" });
    expect(await archive(id)).toEqual({ kind: "done" });
    const digest = await sha256Of(new TextEncoder().encode(FILE_TEXT));
    expect(await stored(id)).toMatchObject({ sha256: digest });
  });

  test("without any digest gets the one of its bytes", async () => {
    const { id } = await fileRow();
    answerByHand({}, () => new Response("jpeg", { headers: { "content-length": "4" } }));
    expect(await archive(id)).toEqual({ kind: "done" });
    const digest = await sha256Of(new TextEncoder().encode("jpeg"));
    expect(await stored(id)).toMatchObject({ sha256: digest, size_bytes: 4 });
    expect(await textInBucket(id)).toBe("jpeg");
  });

  test("compressed or without a length is as long as the lookup says", async () => {
    const { id } = await fileRow();
    answerByHand({ file_size: "4" }, () => {
      const headers = { "content-encoding": "identity", "content-length": "99" };
      return new Response("jpeg", { headers });
    });
    expect(await archive(id)).toEqual({ kind: "done" });
    expect(await stored(id)).toMatchObject({ size_bytes: 4 });
  });
});

describe("a file that can't be fetched now", () => {
  test.each<[string, "media_lookup" | "media_download", Effect]>([
    ["expired_url", "media_lookup", { kind: "expired_url" }],
    ["foreign_host", "media_lookup", { kind: "foreign_host" }],
    ["wrong_hash", "media_download", { kind: "wrong_bytes" }],
    ["interrupted", "media_download", { kind: "cut_off" }],
    ["meta_unavailable", "media_lookup", { kind: "http_error", status: 503, when: "before" }],
    ["meta_unavailable", "media_download", { kind: "http_error", status: 500, when: "before" }],
    ["meta_unavailable", "media_lookup", { kind: "graph_error", code: 4 }],
    ["meta_unavailable", "media_lookup", { kind: "graph_error", code: 131049 }],
    ["meta_unavailable", "media_lookup", { kind: "graph_error", code: 613 }],
    ["meta_unavailable", "media_download", { kind: "graph_error", code: 80008 }],
    ["meta_unauthorized", "media_lookup", { kind: "graph_error", code: 190, httpStatus: 401 }],
  ])(
    "%s (%s): is not kept, and the next try with a fresh address is",
    async (error, route, effect) => {
      const { id } = await fileAtMeta();
      trouble(route, effect);
      expect(await archive(id)).toMatchObject({ kind: "retry", error });
      expect(await textInBucket(id)).toBeNull();
      expect(await archive(id)).toEqual({ kind: "done" });
      expect(await textInBucket(id)).toBe(FILE_TEXT);
      const lookups = paloma.simulator.calls.filter(({ route: each }) => each === "media_lookup");
      expect(lookups).toHaveLength(2);
    },
  );

  test("I12: the token does not go to a foreign host", async () => {
    const { id } = await fileAtMeta();
    trouble("media_lookup", { kind: "foreign_host" });
    await archive(id);
    expect(paloma.simulator.calls.filter(({ route }) => route === "media_download")).toEqual([]);
  });

  test("whose bucket fails waits for it", async () => {
    const { id } = await fileAtMeta();
    const broken = new Proxy(env.MEDIA, {
      get: (target, name) =>
        name === "put"
          ? async (_key: string, body: ReadableStream) => {
              await new Response(body).arrayBuffer();
              throw new Error("put: We encountered an internal error. Please try again. (10001)");
            }
          : Reflect.get(target, name),
    });
    expect(await archive(id, broken)).toEqual({ kind: "retry", error: "interrupted" });
  });

  test.each([
    ["no length at all", {}, () => new Response("jpeg")],
    ["no body", { file_size: 4 }, () => new Response(null)],
    ["fewer bytes than told", { file_size: 5 }, () => new Response("jpeg")],
    ["more bytes than told", { file_size: 3 }, () => new Response("jpeg")],
  ])("for it comes with %s: interrupted", async (_what, info, file) => {
    const { id } = await fileRow();
    answerByHand(info, file);
    expect(await archive(id)).toEqual({ kind: "retry", error: "interrupted" });
    expect(await textInBucket(id)).toBeNull();
  });
});

const HTML = "<html><title>403 Forbidden</title></html>";

const UNCLEAR: [string, "media_lookup" | "media_download", Effect][] = [
  ["a code that nobody knows", "media_lookup", { kind: "graph_error", code: 12_345 }],
  ["a bad parameter", "media_lookup", { kind: "graph_error", code: 100 }],
  ["code 33 alone, of a deleted number", "media_lookup", { kind: "graph_error", code: 33 }],
  ["131052", "media_lookup", { kind: "graph_error", code: 131_052 }],
  ["400 without a body", "media_lookup", { kind: "http_error", status: 400, when: "before" }],
  ["404 without a body", "media_lookup", { kind: "http_error", status: 404, when: "before" }],
  [
    "a page of a CDN's",
    "media_lookup",
    { kind: "http_error", status: 403, when: "before", html: HTML },
  ],
  [
    "a page of a CDN's",
    "media_download",
    { kind: "http_error", status: 403, when: "before", html: HTML },
  ],
  ["a bad parameter", "media_download", { kind: "graph_error", code: 100, subcode: 33 }],
  ["451", "media_download", { kind: "http_error", status: 451, when: "before" }],
];

describe("a file that Meta refuses without saying that it is gone", () => {
  test.each(UNCLEAR)("(%s, %s) is asked for again", async (_what, route, effect) => {
    const { id } = await fileAtMeta();
    trouble(route, effect);
    expect(await archive(id)).toMatchObject({ kind: "retry", error: "refused" });
    expect(await archive(id)).toEqual({ kind: "done" });
  });

  test.each(UNCLEAR)(
    "(%s, %s) is so until Meta can't have it any more",
    async (_what, route, effect) => {
      trouble(route, effect, 2);
      const DAY_MS = 24 * 60 * MINUTE_MS;
      const [late, tooLate] = [
        await fileAtMeta({ meta_expires_at: Date.now() - DAY_MS + MINUTE_MS }),
        await fileAtMeta({ meta_expires_at: Date.now() - DAY_MS }),
      ];
      expect(await archive(late.id)).toMatchObject({ kind: "retry", error: "refused" });
      expect(await archive(tooLate.id)).toMatchObject({ kind: "too_late", error: "refused" });
    },
  );
});

describe("a file that can never be fetched", () => {
  test("is gone once Meta has lost it", async () => {
    const { id, meta_id } = await fileAtMeta();
    paloma.simulator.media.lose(meta_id);
    expect(await archive(id)).toEqual({ kind: "given_up", error: "gone" });
  });

  test.each<[string, Effect]>([
    ["subcode 33", { kind: "graph_error", code: 100, subcode: 33, httpStatus: 404 }],
    [
      "Graph's words for it",
      { kind: "graph_error", code: 100, details: "Object with ID '1' does not exist, or so." },
    ],
    ["410", { kind: "http_error", status: 410, when: "before" }],
  ])("is gone where the lookup answers %s", async (_what, effect) => {
    const { id } = await fileAtMeta();
    trouble("media_lookup", effect);
    expect(await archive(id)).toEqual({ kind: "given_up", error: "gone" });
  });

  test("is too large by Meta's word, or by the length that comes", async () => {
    const { id } = await fileRow();
    let isCancelled = false;
    const body = () =>
      new ReadableStream({
        cancel() {
          isCancelled = true;
        },
      });
    const tooLarge = 100 * MEBIBYTE + 1;
    answerByHand({ file_size: tooLarge }, () => new Response("never asked for"));
    expect(await archive(id)).toEqual({ kind: "given_up", error: "too_large" });
    answerByHand({}, () => {
      return new Response(body(), { headers: { "content-length": String(tooLarge) } });
    });
    expect(await archive(id)).toEqual({ kind: "given_up", error: "too_large" });
    expect(isCancelled).toBe(true);
  });
});
