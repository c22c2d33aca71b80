/**
 * A form with one file in it, written as it is sent: the file is never whole in memory, and the
 * length is known beforehand (RFC 7578).
 */
/** A file to send: where its bytes come from, and what it is. */
export type OutgoingFile = {
  /** Called once, when the first byte is asked for. */
  open: () => Promise<ReadableStream<Uint8Array>>;
  sizeBytes: number;
  /** Without quotes and control characters. */
  filename: string;
  mimeType: string;
};

/** The form of Meta's upload: `messaging_product`, `type` and `file`. */
export function multipartFile(file: OutgoingFile): { contentType: string; body: ReadableStream } {
  const boundary = `paloma-${crypto.randomUUID()}`;
  const text = new TextEncoder();
  const head = text.encode(
    field(boundary, "messaging_product", "whatsapp") +
      field(boundary, "type", file.mimeType) +
      `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${file.filename}"\r\n` +
      `Content-Type: ${file.mimeType}\r\n\r\n`,
  );
  const tail = text.encode(`\r\n--${boundary}--\r\n`);
  // Its length becomes the request's Content-Length.
  const form = new FixedLengthStream(head.byteLength + file.sizeBytes + tail.byteLength);
  // Where it breaks off, so does the request: whoever made that hears of it.
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
    // Waits until somebody reads.
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

const HEX = /^[0-9a-f]{64}$/i;

/** 32 bytes with their padding. */
const BASE64 = /^[A-Za-z0-9+/]{43}=$/;

/** A SHA-256 as lower-case hex; Meta writes it in hex or in base64. Null if it is neither. */
export function sha256Hex(text: string): string | null {
  if (HEX.test(text)) return text.toLowerCase();
  return BASE64.test(text) ? Uint8Array.fromBase64(text).toHex() : null;
}
