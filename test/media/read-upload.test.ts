import { describe, expect, test } from "vitest";
import { readUpload, STREAM_LIMIT_BYTES, UPLOAD_LIMIT_BYTES } from "../../src/media/upload.ts";

const ADDRESS = "https://paloma.example/v1/media";

function formRequest(fill: (form: FormData) => void, address = ADDRESS): Request {
  const form = new FormData();
  fill(form);
  return new Request(address, { method: "POST", body: form });
}

function rawRequest(body: BodyInit | null, contentType: string, query = ""): Request {
  return new Request(ADDRESS + query, {
    method: "POST",
    body,
    headers: { "content-type": contentType },
  });
}

function putText(form: FormData): void {
  form.set("file", new File(["x"], "a.txt"));
}

function formOfSize(sizeBytes: number): Request {
  return formRequest((form) => {
    form.set("file", new File([new Uint8Array(sizeBytes)], "a.mp4"));
  });
}

async function uploadOf(request: Request) {
  const reading = await readUpload(request);
  if (!reading.ok) throw new Error(reading.reason);
  const { content, ...rest } = reading.upload;
  if (content.kind === "stream") throw new Error("not in memory");
  const { blob } = content;
  return { ...rest, size: blob.size, text: blob.size < 100 ? await blob.text() : "" };
}

describe("a form", () => {
  test("has a file, its name and type, and may name the number", async () => {
    const request = formRequest((form) => {
      form.set("file", new File(["%PDF"], "Ñandú.pdf", { type: "application/pdf" }));
      form.set("from", "111");
    }, `${ADDRESS}?from=222`);
    expect(await uploadOf(request)).toEqual({
      mimeType: "application/pdf",
      filename: "Ñandú.pdf",
      from: "111",
      size: 4,
      text: "%PDF",
    });
  });

  test("may name the number in the query", async () => {
    expect(await uploadOf(formRequest(putText, `${ADDRESS}?from=222`))).toMatchObject({
      from: "222",
    });
    expect(await uploadOf(formRequest(putText))).toMatchObject({ from: null });
  });

  test("a file as `from` names no number", async () => {
    const request = formRequest((form) => {
      form.set("file", new File(["x"], "a.txt"));
      form.set("from", new File(["1"], "from.txt"));
    });
    expect(await uploadOf(request)).toMatchObject({ from: null });
  });

  test("without a file, or with a text in its place, is refused", async () => {
    const refused = { ok: false, reason: "no_file" };
    expect(await readUpload(formRequest((form) => form.set("from", "1")))).toEqual(refused);
    expect(await readUpload(formRequest((form) => form.set("file", "text")))).toEqual(refused);
  });

  test.each([
    ["no boundary", "multipart/form-data; x=y", "--x"],
    ["another boundary", "multipart/form-data; boundary=a", "--b\r\n"],
    ["cut off", "multipart/form-data; boundary=a", "--a\r\nContent-Disposition: form-da"],
    ["empty", "Multipart/Form-Data; boundary=a", ""],
  ])("%s is malformed", async (_, contentType, body) => {
    expect(await readUpload(rawRequest(body, contentType))).toEqual({
      ok: false,
      reason: "malformed",
    });
  });

  test("a file may have 16 MiB and not a byte more", async () => {
    expect(await uploadOf(formOfSize(UPLOAD_LIMIT_BYTES))).toMatchObject({ size: 16_777_216 });
    expect(await readUpload(formOfSize(UPLOAD_LIMIT_BYTES + 1))).toEqual({
      ok: false,
      reason: "form_too_large",
    });
  });

  test("many small fields are no way around the limit", async () => {
    const request = formRequest((form) => {
      form.set("file", new File(["x"], "a.txt"));
      form.set("padding", "x".repeat(UPLOAD_LIMIT_BYTES + 64 * 1024));
    });
    expect(await readUpload(request)).toEqual({ ok: false, reason: "form_too_large" });
  });
});

describe("a bare body", () => {
  test("is the file, described by header and query", async () => {
    const request = rawRequest(
      "OggS",
      "audio/ogg; codecs=opus",
      "?filename=nota%20de%20voz.ogg&from=9",
    );
    expect(await uploadOf(request)).toEqual({
      mimeType: "audio/ogg; codecs=opus",
      filename: "nota de voz.ogg",
      from: "9",
      size: 4,
      text: "OggS",
    });
  });

  test("may come without a type, a name and even bytes", async () => {
    const request = new Request(ADDRESS, { method: "POST" });
    expect(await uploadOf(request)).toEqual({
      mimeType: "",
      filename: null,
      from: null,
      size: 0,
      text: "",
    });
  });

  test("may have 16 MiB and not a byte more, whatever Content-Length says", async () => {
    const whole = rawRequest(new Uint8Array(UPLOAD_LIMIT_BYTES), "video/mp4");
    expect(await uploadOf(whole)).toMatchObject({ size: UPLOAD_LIMIT_BYTES });
    let cancelled = false;
    const endless = new ReadableStream({
      type: "bytes",
      pull: (controller) => controller.enqueue(new Uint8Array(1024 * 1024)),
      cancel() {
        cancelled = true;
      },
    });
    const lying = new Request(ADDRESS, {
      method: "POST",
      body: endless,
      headers: { "content-type": "video/mp4", "content-length": "4" },
    });
    expect(await readUpload(lying)).toEqual({ ok: false, reason: "length_unknown" });
    expect(cancelled).toBe(true);
  });

  test("that says it is larger is left to be streamed, up to 100 MiB", async () => {
    const declared = (bytes: number | string) =>
      new Request(ADDRESS, {
        method: "POST",
        body: "%PDF",
        headers: { "content-type": "application/pdf", "content-length": String(bytes) },
      });
    for (const sizeBytes of [UPLOAD_LIMIT_BYTES + 1, STREAM_LIMIT_BYTES]) {
      expect(await readUpload(declared(sizeBytes))).toMatchObject({
        ok: true,
        upload: { content: { kind: "stream", sizeBytes } },
      });
    }
    expect(await readUpload(declared(STREAM_LIMIT_BYTES + 1))).toEqual({
      ok: false,
      reason: "too_large",
    });
    expect(await readUpload(declared("9".repeat(400)))).toMatchObject({ ok: true });
  });
});
