/** What stands between a file and whoever sent it or asks for it. */
import type { Problem } from "../http/problem.ts";
import { UPLOAD_LIMIT_BYTES, type UploadReading } from "../media/read-upload.ts";
import type { ServeResult } from "../media/serve-media.ts";
import type { UploadResult } from "../media/upload-media.ts";
import { metaProblem } from "./meta-problem.ts";

type Refused<Result extends { ok: boolean }> = Exclude<Result, { ok: true }>;

/** What stands in an upload's way before Meta is asked. */
const UNREADABLE: Readonly<Record<Refused<UploadReading>["reason"], Problem>> = {
  too_large: {
    code: "too_large",
    detail: `A file may have at most ${UPLOAD_LIMIT_BYTES} bytes (16 MiB).`,
  },
  malformed: invalidUpload("", "a multipart/form-data body with its boundary, as RFC 7578 has it"),
  no_file: invalidUpload("/file", 'a part named "file" with a filename'),
};

const UNSERVED = {
  unknown: { code: "not_found", detail: "No media file has this id." },
  gone: {
    code: "not_found",
    detail: "Meta's copy has expired: it keeps received media for 7 days and uploads for 30 days.",
  },
} as const satisfies Record<string, Problem>;

export const NO_LINK: Problem = {
  code: "not_configured",
  detail: "Set WHATSAPP_APP_SECRET: it signs the links.",
};

export function unreadableUpload({ reason }: Refused<UploadReading>): Problem {
  return UNREADABLE[reason];
}

export function refusedUpload(result: Refused<UploadResult>): Problem {
  return result.reason === "unacceptable"
    ? invalidUpload("/file", result.detail)
    : metaProblem(result.failure, "rejected_by_meta");
}

export function unservedMedia(result: Refused<ServeResult>): Problem {
  return result.reason === "meta"
    ? metaProblem(result.failure, "meta_unavailable")
    : UNSERVED[result.reason];
}

export function invalidUpload(pointer: string, detail: string): Problem {
  return {
    code: "invalid_request",
    detail: "The file can't be uploaded as it was sent.",
    errors: [{ pointer, detail }],
  };
}
