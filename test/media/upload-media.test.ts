import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { type Upload, uploadMedia } from "../../src/media/upload.ts";
import { places, sha256Of } from "../support/media-files.ts";
import { NUMBER, type Paloma, startPaloma } from "../support/paloma.ts";

let paloma: Paloma;
let bytes: Uint8Array;

beforeEach(() => {
  paloma = startPaloma();
  bytes = crypto.getRandomValues(new Uint8Array(2000));
});

/** A body on its way, which says how long it is. */
function streamed(sizeBytes = bytes.length): Upload {
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(bytes.subarray(0, 700));
      controller.enqueue(bytes.subarray(700));
      controller.close();
    },
  });
  const content = { kind: "stream", stream, sizeBytes } as const;
  return { content, mimeType: "application/pdf", filename: "análisis.pdf", from: null };
}

const upload = (what: Upload, where = places()) => uploadMedia(where, NUMBER, what, Date.now());

const uploads = () => paloma.simulator.calls.filter(({ route }) => route === "media_upload").length;

const keptFiles = async () => (await env.MEDIA.list()).objects.length;

describe("a streamed upload", () => {
  test("is kept, and its digest taken on the way", async () => {
    const result = await upload(streamed());
    if (!result.ok) throw new Error(result.reason);
    expect(result.file).toMatchObject({
      sha256: await sha256Of(bytes),
      size_bytes: 2000,
      filename: "análisis.pdf",
      stored_at: expect.any(Number),
    });
    const object = await env.MEDIA.get(result.file.id);
    expect(await object?.bytes()).toEqual(bytes);
  });

  test("that comes twice is uploaded and kept once", async () => {
    const first = await upload(streamed());
    const kept = await keptFiles();
    expect(await upload(streamed())).toEqual(first);
    expect(await keptFiles()).toBe(kept);
    expect(uploads()).toBe(1);
  });

  test.each([1999, 2001])("of 2000 bytes that says %i is not taken", async (sizeBytes) => {
    const kept = await keptFiles();
    expect(await upload(streamed(sizeBytes))).toEqual({ ok: false, reason: "interrupted" });
    expect(await keptFiles()).toBe(kept);
    expect(uploads()).toBe(0);
  });

  test("that Meta refuses is not kept", async () => {
    const effect = { kind: "graph_error", code: 131053 } as const;
    paloma.simulator.rules.add({ match: { route: "media_upload" }, effect });
    const kept = await keptFiles();
    expect(await upload(streamed())).toMatchObject({ ok: false, reason: "meta" });
    expect(await keptFiles()).toBe(kept);
  });

  test("needs a bucket to go through", async () => {
    const refused = { ok: false, reason: "no_bucket" };
    expect(await upload(streamed(), { ...places(), bucket: null })).toEqual(refused);
  });
});
