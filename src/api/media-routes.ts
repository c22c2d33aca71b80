/** `/v1/media`: upload a file, read it, or make a link that reads it without a token. */
import { Hono } from "hono";
import { createMiddleware } from "hono/factory";
import { createGraphClient } from "../graph/graph-client.ts";
import { isGraphId } from "../graph/graph-url.ts";
import { signMediaLink, verifyMediaLink } from "../media/media-link.ts";
import { readUpload, UPLOAD_LIMIT_BYTES, type UploadReading } from "../media/read-upload.ts";
import { findMediaSource, serveMedia } from "../media/serve-media.ts";
import { uploadMedia } from "../media/upload-media.ts";
import { createDatabase } from "../store/database.ts";
import type { MediaFile } from "../store/media-files.ts";
import type { ApiEnvironment } from "./api-environment.ts";
import { authorize } from "./authorize.ts";
import { metaProblem } from "./meta-problem.ts";
import { problemResponse, type Problem } from "../http/problem.ts";

export const mediaRoutes = new Hono<ApiEnvironment>();

mediaRoutes.post("/v1/media", authorize("send"), async (context) => {
  const { config, requestId } = context.var;
  const reading = await readUpload(context.req.raw);
  if (!reading.ok) return problemResponse(UNREADABLE[reading.reason], requestId);
  const from = reading.upload.from ?? config.phoneNumberId;
  if (!isGraphId(from)) {
    return problemResponse(
      invalid("/from", "the id of a business number of yours, as Meta gives it"),
      requestId,
    );
  }
  const result = await uploadMedia(
    createGraphClient(config),
    createDatabase(context.env.DB),
    from,
    reading.upload,
    Date.now(),
  );
  if (result.ok) {
    const media = presentMedia(result.file);
    return context.json(media, 201, { location: media.url });
  }
  return problemResponse(
    result.reason === "unacceptable"
      ? invalid("/file", result.detail)
      : metaProblem(result.failure, "rejected_by_meta"),
    requestId,
  );
});

/** A valid link needs no token; anything else does. */
const authorizeReader = createMiddleware<ApiEnvironment, "/v1/media/:id">(async (context, next) => {
  const proof = {
    expires: context.req.query("expires"),
    signature: context.req.query("signature"),
  };
  const { config } = context.var;
  if (!(await verifyMediaLink(config, context.req.param("id"), proof, Date.now()))) {
    return authorize("read")(context, next);
  }
  context.set("caller", null);
  await next();
  return undefined;
});

mediaRoutes.get("/v1/media/:id", authorizeReader, async (context) => {
  const result = await serveMedia(
    createGraphClient(context.var.config),
    createDatabase(context.env.DB),
    context.req.param("id"),
    context.req.raw.headers,
  );
  return result.ok
    ? result.response
    : problemResponse(
        result.reason === "meta"
          ? metaProblem(result.failure, "meta_unavailable")
          : UNSERVED[result.reason],
        context.var.requestId,
      );
});

mediaRoutes.post("/v1/media/:id/link", authorize("read"), async (context) => {
  const { config, requestId } = context.var;
  const id = context.req.param("id");
  if ((await findMediaSource(createDatabase(context.env.DB), id)) === null) {
    return problemResponse(UNSERVED.unknown, requestId);
  }
  const link = await signMediaLink(config, id, Date.now());
  if (link === null) {
    return problemResponse(
      { code: "not_configured", detail: "Set WHATSAPP_APP_SECRET: it signs the links." },
      requestId,
    );
  }
  return context.json({ url: link.url, expires_at: new Date(link.expires_at).toISOString() });
});

/** What stands in an upload's way before Meta is asked. */
const UNREADABLE: Readonly<Record<Exclude<UploadReading, { ok: true }>["reason"], Problem>> = {
  too_large: {
    code: "too_large",
    detail: `A file may have at most ${UPLOAD_LIMIT_BYTES} bytes (16 MiB).`,
  },
  malformed: invalid("", "a multipart/form-data body with its boundary, as RFC 7578 has it"),
  no_file: invalid("/file", 'a part named "file" with a filename'),
};

const UNSERVED = {
  unknown: { code: "not_found", detail: "No media file has this id." },
  gone: {
    code: "not_found",
    detail: "Meta's copy has expired: it keeps received media for 7 days and uploads for 30 days.",
  },
} as const satisfies Record<string, Problem>;

function presentMedia(file: MediaFile) {
  return {
    id: file.id,
    meta_id: file.meta_id,
    mime_type: file.mime_type,
    sha256: file.sha256,
    size_bytes: file.size_bytes,
    filename: file.filename,
    url: `/v1/media/${file.id}`,
    created_at: new Date(file.created_at).toISOString(),
  };
}

function invalid(pointer: string, detail: string): Problem {
  return {
    code: "invalid_request",
    detail: "The file can't be uploaded as it was sent.",
    errors: [{ pointer, detail }],
  };
}
