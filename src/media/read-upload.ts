/** The file in an upload request, sent as a form or as the bare body. */
import { readBody } from "../http/read-body.ts";

/** 16 MiB: Meta's limit for audio and video, and what fits a Worker's memory several times. */
export const UPLOAD_LIMIT_BYTES = 16 * 1024 * 1024;

/** 100 MiB: Meta's limit for documents. What is over 16 MiB goes through the bucket. */
export const STREAM_LIMIT_BYTES = 100 * 1024 * 1024;

/** Room for a form's boundaries, part headers and small fields around the file. */
const FORM_FRAMING_BYTES = 64 * 1024;

const FORM = /^multipart\/form-data\s*;/i;

const DIGITS = /^\d{1,15}$/;

/** The bytes: in memory, or on their way. */
export type UploadContent =
  | { kind: "blob"; blob: Blob }
  | { kind: "stream"; stream: ReadableStream<Uint8Array>; sizeBytes: number };

/** A file to upload, as its sender describes it. */
export type Upload = {
  content: UploadContent;
  mimeType: string;
  filename: string | null;
  /** The business number to upload it for, if the request names one. */
  from: string | null;
};

export type UploadReading =
  | { ok: true; upload: Upload }
  | {
      ok: false;
      reason: "form_too_large" | "length_unknown" | "too_large" | "malformed" | "no_file";
    };

/**
 * Reads `multipart/form-data` with the members `file` and `from` (RFC 7578), or a body that is the
 * file itself, described by Content-Type and the query's `filename` and `from`. A bare body that
 * says it is larger than fits memory is left to be streamed.
 */
export async function readUpload(request: Request): Promise<UploadReading> {
  const contentType = request.headers.get("content-type") ?? "";
  const query = new URL(request.url).searchParams;
  if (FORM.test(contentType)) return readForm(request, contentType, query);
  const content = await readBareBody(request);
  if (typeof content === "string") return { ok: false, reason: content };
  return {
    ok: true,
    upload: {
      content,
      mimeType: contentType,
      filename: query.get("filename"),
      from: query.get("from"),
    },
  };
}

async function readBareBody(
  request: Request,
): Promise<UploadContent | "length_unknown" | "too_large"> {
  const length = request.headers.get("content-length") ?? "";
  const sizeBytes = DIGITS.test(length) ? Number(length) : 0;
  if (sizeBytes > STREAM_LIMIT_BYTES) return "too_large";
  const stream: ReadableStream<Uint8Array> | null = request.body;
  if (sizeBytes > UPLOAD_LIMIT_BYTES && stream !== null) {
    return { kind: "stream", stream, sizeBytes };
  }
  const body = await readBody(request, UPLOAD_LIMIT_BYTES);
  return body === null ? "length_unknown" : { kind: "blob", blob: new Blob([body]) };
}

async function readForm(
  request: Request,
  contentType: string,
  query: URLSearchParams,
): Promise<UploadReading> {
  const body = await readBody(request, UPLOAD_LIMIT_BYTES + FORM_FRAMING_BYTES);
  if (body === null) return { ok: false, reason: "form_too_large" };
  const form = await parseForm(body, contentType);
  if (form === null) return { ok: false, reason: "malformed" };
  const file = form.get("file");
  if (!(file instanceof File)) return { ok: false, reason: "no_file" };
  if (file.size > UPLOAD_LIMIT_BYTES) return { ok: false, reason: "form_too_large" };
  const from = form.get("from") ?? query.get("from");
  return {
    ok: true,
    upload: {
      content: { kind: "blob", blob: file },
      mimeType: file.type,
      filename: file.name,
      from: typeof from === "string" ? from : null,
    },
  };
}

async function parseForm(body: Uint8Array, contentType: string): Promise<FormData | null> {
  try {
    return await new Response(body, { headers: { "content-type": contentType } }).formData();
  } catch {
    return null;
  }
}
