/** The file in an upload request, sent as a form or as the bare body. */
import { readBody } from "../http/read-body.ts";

/** 16 MiB: Meta's limit for audio and video, and what fits a Worker's memory several times. */
export const UPLOAD_LIMIT_BYTES = 16 * 1024 * 1024;

/** Room for a form's boundaries, part headers and small fields around the file. */
const FORM_FRAMING_BYTES = 64 * 1024;

const FORM = /^multipart\/form-data\s*;/i;

/** A file to upload, as its sender describes it. */
export type Upload = {
  file: Blob;
  mimeType: string;
  filename: string | null;
  /** The business number to upload it for, if the request names one. */
  from: string | null;
};

export type UploadReading =
  | { ok: true; upload: Upload }
  | { ok: false; reason: "too_large" | "malformed" | "no_file" };

/**
 * Reads `multipart/form-data` with the members `file` and `from` (RFC 7578), or a body that is the
 * file itself, described by Content-Type and the query's `filename` and `from`.
 */
export async function readUpload(request: Request): Promise<UploadReading> {
  const contentType = request.headers.get("content-type") ?? "";
  const query = new URL(request.url).searchParams;
  const isForm = FORM.test(contentType);
  const limitBytes = UPLOAD_LIMIT_BYTES + (isForm ? FORM_FRAMING_BYTES : 0);
  const body = await readBody(request, limitBytes);
  if (body === null) return { ok: false, reason: "too_large" };
  if (!isForm) {
    return {
      ok: true,
      upload: {
        file: new Blob([body]),
        mimeType: contentType,
        filename: query.get("filename"),
        from: query.get("from"),
      },
    };
  }
  const form = await parseForm(body, contentType);
  if (form === null) return { ok: false, reason: "malformed" };
  const file = form.get("file");
  if (!(file instanceof File)) return { ok: false, reason: "no_file" };
  if (file.size > UPLOAD_LIMIT_BYTES) return { ok: false, reason: "too_large" };
  const from = form.get("from") ?? query.get("from");
  return {
    ok: true,
    upload: {
      file,
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
