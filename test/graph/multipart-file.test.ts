import { describe, expect, test } from "vitest";
import { multipartFile, type OutgoingFile } from "../../src/graph/multipart.ts";

const PDF = { filename: "Ñandú.pdf", mimeType: "application/pdf" };

function file(text: string, changes: Partial<OutgoingFile> = {}): OutgoingFile {
  const blob = new Blob([text]);
  return { ...PDF, open: async () => blob.stream(), sizeBytes: blob.size, ...changes };
}

describe("a form with a file", () => {
  test("is read as the form it is", async () => {
    const { contentType, body } = multipartFile(file("%PDF--boundary?"));
    const headers = { "content-type": contentType };
    const form = await new Response(body, { headers }).formData();
    expect(form.get("messaging_product")).toBe("whatsapp");
    expect(form.get("type")).toBe("application/pdf");
    const sent = form.get("file");
    if (!(sent instanceof File)) throw new Error("no file");
    expect([sent.name, sent.type, await sent.text()]).toEqual([
      PDF.filename,
      PDF.mimeType,
      "%PDF--boundary?",
    ]);
  });

  test("has another boundary each time", () => {
    const [one, other] = [multipartFile(file("")), multipartFile(file(""))];
    expect(one.contentType).not.toBe(other.contentType);
  });

  test("does not open its file before somebody reads", async () => {
    let isOpen = false;
    const blob = new Blob(["%PDF"]);
    const open = async () => {
      isOpen = true;
      return blob.stream();
    };
    const { body } = multipartFile(file("%PDF", { open }));
    await scheduler.wait(10);
    expect(isOpen).toBe(false);
    await new Response(body).arrayBuffer();
    expect(isOpen).toBe(true);
  });

  test.each<[string, Partial<OutgoingFile>]>([
    ["shorter than told", { sizeBytes: 5 }],
    ["longer than told", { sizeBytes: 3 }],
    ["not to be opened", { open: () => Promise.reject(new Error("R2 is down")) }],
  ])("breaks off where the file is %s", async (_what, changes) => {
    const { body } = multipartFile(file("%PDF", changes));
    await expect(new Response(body).arrayBuffer()).rejects.toThrow(
      /fixed-length|FixedLengthStream|R2 is down/,
    );
  });
});
