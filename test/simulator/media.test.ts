import { describe, expect, it } from "vitest";
import { kindOf, maxBytesOf } from "../../simulator/media/media-rules.ts";
import { HOUR_MS, NUMBER, graphReply, startSimulator, TOKEN } from "./start-simulator.ts";
import type { GraphReply, TestBench } from "./start-simulator.ts";

const KILOBYTE = 1024;
const MEGABYTE = 1024 * KILOBYTE;
const DAY_MS = 24 * HOUR_MS;
const authorization = { Authorization: `Bearer ${TOKEN}` };

const NAMES: Readonly<Record<string, string>> = {
  "image/jpeg": "Luna.JPG",
  "image/png": "luna.png",
  "audio/ogg; codecs=opus": "nota.ogg",
  "video/3gpp": "luna.3gp",
  "image/webp": "luna.webp",
};

async function upload(
  bench: TestBench,
  type: string,
  bytes: Uint8Array<ArrayBuffer> | string,
  fields: Record<string, string> = { messaging_product: "whatsapp", type },
  filename = NAMES[type] ?? "archivo",
): Promise<GraphReply> {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  form.set("file", new File([bytes], filename, { type }));
  return post(bench, form);
}

async function post(bench: TestBench, body: BodyInit): Promise<GraphReply> {
  const url = `https://graph.facebook.com/v25.0/${NUMBER}/media`;
  const request = new Request(url, { method: "POST", headers: authorization, body });
  return graphReply(await bench.simulator.fetch(request));
}

function animatedWebp(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  bytes.set(new TextEncoder().encode("RIFF\0\0\0\0WEBPVP8X"));
  bytes[20] = 0x02;
  return bytes;
}

describe("media", () => {
  it("gives uploaded bytes back through an address that lives 5 minutes", async () => {
    const bench = startSimulator();
    const { body } = await upload(bench, "image/jpeg", "Luna");
    const id = String(body["id"]);
    const lookup = await bench.graph("GET", `${id}?phone_number_id=${NUMBER}`);
    expect(lookup.body).toEqual({
      messaging_product: "whatsapp",
      id,
      url: expect.stringMatching(/^https:\/\/graph\.facebook\.com\/whatsapp_business\//),
      mime_type: "image/jpeg",
      sha256: "9d77a24d0f4c91a2e968ca607e49dd3b15d5489f66a5bc81fa72803b32443419",
      file_size: 4,
    });
    const url = String(lookup.body["url"]);
    const download = (headers: Record<string, string>): Promise<Response> =>
      bench.simulator.fetch(new Request(url, { headers }));
    const file = await download(authorization);
    expect(file.headers.get("Content-Type")).toBe("image/jpeg");
    expect(new TextDecoder().decode(await file.arrayBuffer())).toBe("Luna");
    expect((await download({})).status).toBe(401);
    bench.pass(5 * 60 * 1000 - 1);
    expect((await download(authorization)).status).toBe(200);
    bench.pass(1);
    expect((await download(authorization)).status).toBe(404);
  });

  it("serves nothing without an address's hash", async () => {
    const bench = startSimulator();
    const url = "https://graph.facebook.com/whatsapp_business/attachments/?mid=1";
    const response = await bench.simulator.fetch(new Request(url, { headers: authorization }));
    expect(response.status).toBe(404);
  });

  it.each([
    ["image/png", 5 * MEGABYTE],
    ["audio/ogg; codecs=opus", 16 * MEGABYTE],
    ["video/3gpp", 16 * MEGABYTE],
    ["image/webp", 100 * KILOBYTE],
  ])("takes %s of %i bytes and not one more", async (type, most) => {
    const bench = startSimulator();
    expect((await upload(bench, type, new Uint8Array(most))).code).toBeUndefined();
    expect((await upload(bench, type, new Uint8Array(most + 1))).code).toBe(131053);
  });

  it("takes documents of 100 MB", () => {
    expect(kindOf("application/pdf")).toBe("document");
    expect(maxBytesOf("document", new Uint8Array())).toBe(100 * MEGABYTE);
  });

  it("takes an animated sticker of 500 KB", async () => {
    const bench = startSimulator();
    expect((await upload(bench, "image/webp", animatedWebp(500 * KILOBYTE))).status).toBe(200);
    expect((await upload(bench, "image/webp", animatedWebp(500 * KILOBYTE + 1))).code).toBe(131053);
  });

  it.each(["audio/opus", "image/gif", "text/html", ""])(
    "refuses a file of type '%s'",
    async (type) => {
      const bench = startSimulator();
      const fields = { messaging_product: "whatsapp", type: "audio/ogg" };
      expect((await upload(bench, type, "x", fields)).code).toBe(100);
    },
  );

  it.each([
    ["application/pdf", "cotizacion"],
    ["audio/ogg", "nota.opus"],
    ["image/jpeg", "foto.png"],
    ["image/png", "png"],
  ])("refuses %s that is called '%s'", async (type, filename) => {
    const bench = startSimulator();
    expect((await upload(bench, type, "x", undefined, filename)).code).toBe(100);
  });

  it("refuses forms that lack a part", async () => {
    const bench = startSimulator();
    expect((await upload(bench, "image/png", "x", { type: "image/png" })).code).toBe(100);
    expect((await upload(bench, "image/png", "x", { messaging_product: "whatsapp" })).code).toBe(
      100,
    );
    const form = new FormData();
    form.set("messaging_product", "whatsapp");
    form.set("file", "not a file");
    expect((await post(bench, form)).code).toBe(100);
    expect((await post(bench, "no form at all")).code).toBe(100);
  });

  it("forgets uploads after 30 days and received files after 7", async () => {
    const bench = startSimulator();
    const uploaded = String((await upload(bench, "image/png", "x")).body["id"]);
    await bench.simulator.customers.write({ from: "5219982220001", content: { type: "image" } });
    await bench.simulator.flush();
    const received = /"id":"(\d+)"/.exec(
      bench.received[0]?.text.split('"image"').at(-1) ?? "",
    )?.[1];
    bench.pass(7 * DAY_MS - 1);
    expect((await bench.graph("GET", `${received}`)).status).toBe(200);
    bench.pass(1);
    expect((await bench.graph("GET", `${received}`)).code).toBe(100);
    bench.pass(23 * DAY_MS - 1);
    expect((await bench.graph("GET", uploaded)).status).toBe(200);
    bench.pass(1);
    expect((await bench.graph("GET", uploaded)).code).toBe(100);
  });

  it("is deleted, and only found by its own number", async () => {
    const bench = startSimulator();
    const id = String((await upload(bench, "image/png", "x")).body["id"]);
    expect((await bench.graph("GET", `${id}?phone_number_id=2`)).code).toBe(100);
    expect((await bench.graph("DELETE", id)).body).toEqual({ success: true });
    expect((await bench.graph("GET", id)).code).toBe(100);
  });

  it("can be sent by id where it suits the message", async () => {
    const bench = startSimulator();
    await bench.openWindow();
    const png = String((await upload(bench, "image/png", "x")).body["id"]);
    const { body } = await upload(bench, "image/webp", animatedWebp(200 * KILOBYTE));
    const sticker = String(body["id"]);
    expect((await bench.send({ type: "image", image: { id: png } })).status).toBe(200);
    expect((await bench.send({ type: "sticker", sticker: { id: sticker } })).status).toBe(200);
    const wrong = await bench.send({ type: "video", video: { id: png } });
    expect(wrong.code).toBe(131053);
    expect(wrong.details).toContain("Unsupported video mime type image/png");
  });

  it("that a customer sent can be sent on only if it is small enough", async () => {
    const bench = startSimulator();
    await bench.simulator.customers.write({
      from: "5219982220001",
      content: { type: "sticker", base64: btoa("x".repeat(100 * KILOBYTE + 1)) },
    });
    await bench.simulator.flush();
    const id = /"sticker":\{.*?"id":"(\d+)"/.exec(bench.received[0]?.text ?? "")?.[1];
    expect((await bench.send({ type: "sticker", sticker: { id } })).code).toBe(131053);
  });
});
