/**
 * A form (RFC 7578) with one file, written while it is sent: memory never holds the whole file, and
 * the length is known in advance.
 */
import { utf8 } from "../lib/bytes.ts";

/** A file to send. */
export type OutgoingFile = {
  /** Opens the bytes; called once, when the first byte is needed. */
  open: () => Promise<ReadableStream<Uint8Array>>;
  sizeBytes: number;
  /** Without quotes and control characters. */
  filename: string;
  mimeType: string;
};

/** The form of Meta's upload: `messaging_product`, `type` and `file`. */
export function multipartFile(file: OutgoingFile): { contentType: string; body: ReadableStream } {
  const boundary = `paloma-${crypto.randomUUID()}`;
  const head = utf8(
    field(boundary, "messaging_product", "whatsapp") +
      field(boundary, "type", file.mimeType) +
      `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${file.filename}"\r\n` +
      `Content-Type: ${file.mimeType}\r\n\r\n`,
  );
  const tail = utf8(`\r\n--${boundary}--\r\n`);
  // Its length becomes the request's Content-Length.
  const form = new FixedLengthStream(head.byteLength + file.sizeBytes + tail.byteLength);
  // If writing fails, the request fails too, and its caller handles that.
  write(form.writable, head, file, tail).catch(() => undefined);
  return { contentType: `multipart/form-data; boundary=${boundary}`, body: form.readable };
}

function field(boundary: string, name: string, value: string): string {
  return `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
}

async function write(
  form: WritableStream<Uint8Array>,
  head: Uint8Array,
  file: OutgoingFile,
  tail: Uint8Array,
): Promise<void> {
  try {
    // Waits until the request reads.
    await writePart(form, head);
    const bytes = await file.open();
    await bytes.pipeTo(form, { preventClose: true });
    await writePart(form, tail);
    await form.close();
  } catch (error) {
    await form.abort(error);
  }
}

async function writePart(form: WritableStream<Uint8Array>, part: Uint8Array): Promise<void> {
  const writer = form.getWriter();
  await writer.write(part);
  writer.releaseLock();
}
