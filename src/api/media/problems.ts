/** Why a file can't be uploaded or served, as problems for the caller. */
import { invalidProblem, metaProblem } from "../../http/problems.ts";
import type { Problem } from "../../lib/problem.ts";
import type { ServeResult } from "../../media/source.ts";
import {
  STREAM_LIMIT_BYTES,
  UPLOAD_LIMIT_BYTES,
  type UploadReading,
  type UploadResult,
} from "../../media/upload.ts";

type Refused<Result extends { ok: boolean }> = Exclude<Result, { ok: true }>;

const IN_MEMORY = `${UPLOAD_LIMIT_BYTES} bytes (16 MiB)`;

const STREAMED = `${STREAM_LIMIT_BYTES} bytes (100 MiB)`;

const TOO_LARGE = {
  form_too_large: `A file in a form may have at most ${IN_MEMORY}: send a larger one as the bare body, with Content-Type and Content-Length.`,
  length_unknown: `A body without Content-Length may have at most ${IN_MEMORY}: say its length to send up to ${STREAMED}.`,
  too_large: `A file may have at most ${STREAMED}.`,
} as const;

const NO_BUCKET = `A file may have at most ${IN_MEMORY}: this deployment has no bucket (binding MEDIA) to stream a larger one through.`;

const INTERRUPTED =
  "The transfer into the bucket (binding MEDIA) broke off, or the body was not as long as Content-Length says: send the file again.";

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

/** Why an upload request can't be read. */
export function unreadableUpload({ reason }: Refused<UploadReading>, hasBucket: boolean): Problem {
  switch (reason) {
    case "malformed":
      return invalidUpload("", "must be multipart/form-data with its boundary, as RFC 7578 has it");
    case "no_file":
      return invalidUpload("/file", 'is required: a part named "file" with a filename');
    case "form_too_large":
    case "length_unknown":
    case "too_large":
      return { code: "too_large", detail: hasBucket ? TOO_LARGE[reason] : NO_BUCKET };
  }
}

/** Why a file was read but not uploaded. */
export function refusedUpload(result: Refused<UploadResult>): Problem {
  switch (result.reason) {
    case "unacceptable":
      return invalidUpload("/file", result.detail);
    case "no_bucket":
      return { code: "too_large", detail: NO_BUCKET };
    case "interrupted":
      return { code: "unavailable", detail: INTERRUPTED };
    case "meta":
      return metaProblem(result.failure, "rejected_by_meta");
  }
}

export function unservedMedia(result: Refused<ServeResult>): Problem {
  return result.reason === "meta"
    ? metaProblem(result.failure, "meta_unavailable")
    : UNSERVED[result.reason];
}

export function invalidUpload(pointer: string, detail: string): Problem {
  return invalidProblem([{ pointer, detail }]);
}
