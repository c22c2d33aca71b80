import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createGraphClient } from "../../src/graph/client.ts";
import type { OutgoingFile } from "../../src/graph/multipart.ts";
import { ACCESS_TOKEN, graphConfig, PHONE_NUMBER_ID } from "./graph-fixture.ts";

const graph = createGraphClient(graphConfig());

const TEXT = {
  messaging_product: "whatsapp",
  to: "+5219982220001",
  type: "text",
  text: { body: "Luna is well, come at ten" },
};

function fileOf(text: string): OutgoingFile {
  const blob = new Blob([text]);
  const open = async () => blob.stream();
  return { open, sizeBytes: blob.size, filename: "a.pdf", mimeType: "application/pdf" };
}

const requests: Request[] = [];

let answer: (request: Request) => Response | Promise<Response>;

beforeEach(() => {
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
    const request = new Request(input, init);
    requests.push(request);
    return answer(request);
  });
});

afterEach(() => {
  requests.length = 0;
  vi.restoreAllMocks();
});

function lastRequest(): Request {
  const request = requests.at(-1);
  if (request === undefined) throw new Error("nothing was sent");
  return request;
}

/** Every way to call Meta, for what holds for all of them. */
const CALLS: readonly (readonly [string, () => Promise<{ ok: boolean }>])[] = [
  ["sendMessage", () => graph.sendMessage(PHONE_NUMBER_ID, TEXT)],
  ["markAsRead", () => graph.markAsRead(PHONE_NUMBER_ID, "wamid.1", { typing: false })],
  ["uploadMedia", () => graph.uploadMedia(PHONE_NUMBER_ID, fileOf("x"))],
  ["mediaInfo", () => graph.mediaInfo(PHONE_NUMBER_ID, "13")],
  ["download", () => graph.download("https://lookaside.fbsbx.com/1", null)],
];

describe("every call", () => {
  test.each(CALLS)(
    "I12: %s goes with the token and follows no redirect by itself",
    async (_, call) => {
      answer = () => Response.json({});
      await call();
      expect(lastRequest().headers.get("authorization")).toBe(`Bearer ${ACCESS_TOKEN}`);
      expect(lastRequest().headers.get("user-agent")).toBe("Paloma");
      expect(lastRequest().redirect).toBe("manual");
    },
  );

  test.each(CALLS)("I12: %s refuses a redirect and asks nobody else", async (_, call) => {
    for (const status of [301, 302, 303, 307, 308]) {
      requests.length = 0;
      answer = () =>
        new Response(null, { status, headers: { location: "https://evil.example/steal" } });
      const result = await call();
      expect(result).toMatchObject({
        ok: false,
        class: status === 303 ? "ambiguous" : "operator",
        error: { http_status: status, message: expect.stringContaining("redirect") },
      });
      expect(requests).toHaveLength(1);
      expect(JSON.stringify(result)).not.toContain("evil");
    }
  });

  test.each(CALLS)("%s: a lost connection is ambiguous", async (_, call) => {
    answer = () => {
      throw new TypeError(`Network connection lost: Bearer ${ACCESS_TOKEN} ${TEXT.text.body}`);
    };
    const result = await call();
    expect(result).toEqual({
      ok: false,
      class: "ambiguous",
      error: {
        code: null,
        message: "The connection to Meta was lost before the answer came",
        details: null,
        fbtrace_id: null,
        http_status: null,
        retry_after_seconds: null,
      },
    });
  });

  test.each(CALLS)("I11: %s puts no token into an error that quotes it", async (_, call) => {
    answer = () =>
      Response.json(
        {
          error: {
            code: 190,
            message: `Bad ${ACCESS_TOKEN}`,
            error_data: { details: ACCESS_TOKEN },
          },
        },
        { status: 401 },
      );
    const result = await call();
    expect(result).toMatchObject({ ok: false, class: "operator", error: { code: 190 } });
    expect(JSON.stringify(result)).not.toContain(ACCESS_TOKEN);
  });

  test.each(CALLS)("%s: an answer that is a web page is the status alone", async (_, call) => {
    answer = () => new Response(`<html>${ACCESS_TOKEN}</html>`, { status: 502 });
    expect(await call()).toMatchObject({
      ok: false,
      class: "ambiguous",
      error: { code: null, http_status: 502 },
    });
  });

  test.each(CALLS)("%s: too long a refusal is left unread", async (_, call) => {
    let cancelled = false;
    const endless = new ReadableStream({
      type: "bytes",
      pull: (controller) => controller.enqueue(new Uint8Array(64 * 1024).fill(32)),
      cancel() {
        cancelled = true;
      },
    });
    answer = () => new Response(endless, { status: 500 });
    expect(await call()).toMatchObject({ ok: false, class: "ambiguous" });
    expect(cancelled).toBe(true);
  });

  test.each(CALLS)("%s: a refusal that breaks off is the status alone", async (_, call) => {
    const broken = new ReadableStream({
      type: "bytes",
      pull: (controller) => controller.error(new Error("connection reset")),
    });
    answer = () => new Response(broken, { status: 429, headers: { "retry-after": "3" } });
    expect(await call()).toMatchObject({
      ok: false,
      class: "retry",
      error: { http_status: 429, retry_after_seconds: 3 },
    });
  });

  test.each(CALLS.slice(0, 4))("%s: a success that can't be read is ambiguous", async (_, call) => {
    const unreadable = [null, "", "<html>", "[]", "{}", '{"messages":[],"success":false,"id":""}'];
    for (const body of unreadable) {
      answer = () => new Response(body);
      expect(await call()).toMatchObject({ ok: false, class: "ambiguous", error: { code: null } });
    }
  });

  test.each(CALLS.slice(0, 4))("%s: an error that comes with HTTP 200 counts", async (_, call) => {
    answer = () => Response.json({ error: { code: 131047, message: "Re-engagement message" } });
    expect(await call()).toMatchObject({
      ok: false,
      class: "permanent",
      error: { code: 131047, http_status: 200 },
    });
  });

  test.each(CALLS.slice(0, 4))("%s: no answer in time is ambiguous", async (name, call) => {
    // An upload has up to 100 MiB to send first.
    const patienceMs = name === "uploadMedia" ? 150_000 : 30_000;
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    vi.spyOn(globalThis, "fetch").mockImplementation(
      (_input, init) =>
        new Promise((_resolve, reject) => {
          init?.signal?.addEventListener("abort", () => reject(new DOMException("", "AbortError")));
        }),
    );
    const answered = call();
    await vi.advanceTimersByTimeAsync(patienceMs);
    expect(await answered).toMatchObject({
      ok: false,
      class: "ambiguous",
      error: { message: `Meta did not answer within ${patienceMs} ms`, http_status: null },
    });
    vi.useRealTimers();
  });

  test("a call that was answered leaves no timer behind", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    await createGraphClient(graphConfig()).sendMessage(PHONE_NUMBER_ID, TEXT);
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });

  test.each(["http://graph.facebook.com", "http://proxy.example", "ftp://localhost", "data:x"])(
    "I12: nothing leaves for the base URL %s",
    async (base) => {
      const client = createGraphClient(graphConfig({ graphApiBaseUrl: new URL(base) }));
      expect(await client.sendMessage(PHONE_NUMBER_ID, TEXT)).toMatchObject({
        ok: false,
        class: "operator",
        error: { message: expect.stringContaining("GRAPH_API_BASE_URL") },
      });
      expect(await client.mediaInfo(null, "13")).toMatchObject({ ok: false, class: "operator" });
      expect(requests).toHaveLength(0);
    },
  );

  test.each(["", "EAAG\r\nX-Evil: 1", "EAAG 1", "EAAG\u20ac", "EAAG\u00e9"])(
    "I11: the token %j is not sent, and not told",
    async (accessToken) => {
      const client = createGraphClient(graphConfig({ accessToken }));
      const result = await client.sendMessage(PHONE_NUMBER_ID, TEXT);
      expect(result).toMatchObject({ ok: false, class: "operator" });
      expect(JSON.stringify(result)).not.toContain("EAAG");
      expect(requests).toHaveLength(0);
    },
  );

  test.each(["../13", "13?fields=x", "13#", "13/messages", "١٣", "me", ""])(
    "I12: nothing leaves for the id %j",
    async (id) => {
      const refused = { ok: false, class: "permanent", error: { code: null, http_status: null } };
      expect(await graph.sendMessage(id, TEXT)).toMatchObject(refused);
      expect(await graph.markAsRead(id, "wamid.1", { typing: true })).toMatchObject(refused);
      expect(await graph.uploadMedia(id, fileOf("x"))).toMatchObject(refused);
      expect(await graph.mediaInfo(PHONE_NUMBER_ID, id)).toMatchObject(refused);
      expect(await graph.mediaInfo(id, "13")).toMatchObject(refused);
      expect(requests).toHaveLength(0);
    },
  );
});

describe("sendMessage", () => {
  test("posts the message as it is", async () => {
    answer = () =>
      Response.json({
        messaging_product: "whatsapp",
        contacts: [{ input: "+5219982220001", wa_id: "5219982220001" }],
        messages: [{ id: "wamid.HBg", message_status: "accepted" }],
      });
    expect(await graph.sendMessage(PHONE_NUMBER_ID, TEXT)).toEqual({
      ok: true,
      value: {
        wamid: "wamid.HBg",
        wa_id: "5219982220001",
        user_id: null,
        message_status: "accepted",
      },
    });
    const request = lastRequest();
    expect(request.method).toBe("POST");
    expect(request.url).toBe(`https://graph.facebook.com/v25.0/${PHONE_NUMBER_ID}/messages`);
    expect(request.headers.get("content-type")).toBe("application/json");
    expect(await request.json()).toEqual(TEXT);
  });

  test("a recipient may be known by user id alone", async () => {
    answer = () =>
      Response.json({ contacts: [{ input: "MX.1", user_id: "MX.1" }], messages: [{ id: "w" }] });
    expect(await graph.sendMessage(PHONE_NUMBER_ID, { recipient: "MX.1" })).toEqual({
      ok: true,
      value: { wamid: "w", wa_id: null, user_id: "MX.1", message_status: null },
    });
  });

  test("the wamid is enough of an answer, and nothing else is", async () => {
    answer = () => Response.json({ messages: [{ id: "w" }] });
    expect(await graph.sendMessage(PHONE_NUMBER_ID, TEXT)).toMatchObject({
      ok: true,
      value: { wamid: "w", wa_id: null },
    });
    answer = () => Response.json({ contacts: [{ wa_id: "52" }], messages: [{}] });
    expect(await graph.sendMessage(PHONE_NUMBER_ID, TEXT)).toMatchObject({ class: "ambiguous" });
  });

  test("an answer that breaks off is ambiguous", async () => {
    answer = () =>
      new Response(
        new ReadableStream<Uint8Array>({
          pull: (controller) => controller.error(new Error("connection reset")),
        }),
      );
    expect(await graph.sendMessage(PHONE_NUMBER_ID, TEXT)).toMatchObject({
      ok: false,
      class: "ambiguous",
      error: { http_status: 200 },
    });
  });

  test("I11: an error that quotes the message or the recipient is told without them", async () => {
    answer = () =>
      Response.json(
        {
          error: {
            code: 100,
            message: `Invalid: ${TEXT.text.body}`,
            error_data: { details: `to ${TEXT.to} (5219982220001), template visit_reminder` },
          },
        },
        { status: 400 },
      );
    expect(await graph.sendMessage(PHONE_NUMBER_ID, TEXT)).toMatchObject({
      error: {
        message: "Invalid: [withheld]",
        details: "to [withheld] ([withheld]), template visit_reminder",
      },
    });
  });
});

describe("markAsRead", () => {
  test.each([
    [false, {}],
    [true, { typing_indicator: { type: "text" } }],
  ])("typing %s", async (typing, indicator) => {
    answer = () => Response.json({ success: true });
    expect(await graph.markAsRead(PHONE_NUMBER_ID, "wamid.1", { typing })).toEqual({
      ok: true,
      value: { success: true },
    });
    expect(lastRequest().url).toBe(`https://graph.facebook.com/v25.0/${PHONE_NUMBER_ID}/messages`);
    expect(await lastRequest().json()).toEqual({
      messaging_product: "whatsapp",
      status: "read",
      message_id: "wamid.1",
      ...indicator,
    });
  });
});

describe("uploadMedia", () => {
  test("posts a form with product, type and file", async () => {
    answer = () => Response.json({ id: "1037543291543636" });
    expect(await graph.uploadMedia(PHONE_NUMBER_ID, fileOf("%PDF"))).toEqual({
      ok: true,
      value: { id: "1037543291543636" },
    });
    expect(lastRequest().url).toBe(`https://graph.facebook.com/v25.0/${PHONE_NUMBER_ID}/media`);
    const form = await lastRequest().formData();
    expect(form.get("messaging_product")).toBe("whatsapp");
    expect(form.get("type")).toBe("application/pdf");
    const sent = form.get("file");
    if (!(sent instanceof File)) throw new Error("no file");
    expect([sent.name, sent.type, await sent.text()]).toEqual(["a.pdf", "application/pdf", "%PDF"]);
  });
});

describe("mediaInfo", () => {
  const url = "https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=13";
  const hex = "9b8d2915fd8445d6a8a53c859063c0d3e6d7de2f98d9d6588151703800cb4832";

  test.each([
    ["hex and a string", { sha256: hex.toUpperCase(), file_size: "303833" }, hex, 303_833],
    ["base64 and a number", { sha256: Uint8Array.fromHex(hex).toBase64(), file_size: 0 }, hex, 0],
    ["neither", {}, null, null],
    ["nonsense", { sha256: "x", file_size: "many" }, null, null],
    ["a negative size", { file_size: -1 }, null, null],
    ["half a byte", { file_size: 1.5 }, null, null],
  ])("reads %s", async (_, members, sha256, size) => {
    answer = () => Response.json({ url, mime_type: "image/jpeg", ...members });
    expect(await graph.mediaInfo(PHONE_NUMBER_ID, "13")).toEqual({
      ok: true,
      value: { url, mime_type: "image/jpeg", sha256, file_size: size },
    });
    expect(lastRequest().method).toBe("GET");
    expect(lastRequest().url).toBe(
      `https://graph.facebook.com/v25.0/13?phone_number_id=${PHONE_NUMBER_ID}`,
    );
  });

  test("asks for no number where none is known; a missing type is any", async () => {
    answer = () => Response.json({ url });
    expect(await graph.mediaInfo(null, "13")).toMatchObject({
      value: { mime_type: "application/octet-stream" },
    });
    expect(lastRequest().url).toBe("https://graph.facebook.com/v25.0/13");
  });
});

describe("download", () => {
  test("streams, with the range asked for and uncompressed", async () => {
    answer = () => new Response("bytes", { status: 206 });
    const result = await graph.download("https://lookaside.fbsbx.com/1", "bytes=0-4");
    if (!result.ok) throw new Error("refused");
    expect(result.value.status).toBe(206);
    expect(await result.value.text()).toBe("bytes");
    expect(lastRequest().headers.get("range")).toBe("bytes=0-4");
    expect(lastRequest().headers.get("accept-encoding")).toBe("identity");
  });

  test("without a range asks for the whole", async () => {
    answer = () => new Response("bytes");
    await graph.download("https://lookaside.fbsbx.com/1", null);
    expect(lastRequest().headers.has("range")).toBe(false);
  });

  test.each([
    "https://evil.example/1",
    "http://lookaside.fbsbx.com/1",
    "https://user:pw@lookaside.fbsbx.com/1",
    "https://10.0.0.1/1",
    "//lookaside.fbsbx.com/1",
    "not a URL",
    "",
  ])("I12: %j gets neither token nor request", async (url) => {
    expect(await graph.download(url, null)).toMatchObject({ ok: false, class: "permanent" });
    expect(requests).toHaveLength(0);
  });

  test("headers that do not come within 30 s are given up", async () => {
    vi.useFakeTimers();
    try {
      answer = (request) =>
        new Promise((_resolve, reject) => {
          request.signal.addEventListener("abort", () => reject(new Error("aborted")));
        });
      const result = graph.download("https://lookaside.fbsbx.com/1", null);
      await vi.advanceTimersByTimeAsync(29_999);
      expect(requests[0]?.signal.aborted).toBe(false);
      await vi.advanceTimersByTimeAsync(1);
      expect(await result).toMatchObject({
        class: "ambiguous",
        error: { message: "Meta did not answer within 30000 ms" },
      });
    } finally {
      vi.useRealTimers();
    }
  });

  test("a refusal that never ends is given up with them", async () => {
    vi.useFakeTimers();
    try {
      answer = ({ signal }) => {
        const silent = new ReadableStream<Uint8Array>({
          start(controller) {
            signal.addEventListener("abort", () => controller.error(new Error("aborted")));
          },
        });
        return new Response(silent, { status: 404 });
      };
      const result = graph.download("https://lookaside.fbsbx.com/1", null);
      await vi.advanceTimersByTimeAsync(30_000);
      expect(await result).toMatchObject({ ok: false, error: { http_status: 404 } });
    } finally {
      vi.useRealTimers();
    }
  });

  test("a body that takes longer is not cut off", async () => {
    vi.useFakeTimers();
    try {
      answer = () => new Response("bytes");
      const result = await graph.download("https://lookaside.fbsbx.com/1", null);
      await vi.advanceTimersByTimeAsync(600_000);
      expect(lastRequest().signal.aborted).toBe(false);
      expect(result.ok).toBe(true);
    } finally {
      vi.useRealTimers();
    }
  });
});
