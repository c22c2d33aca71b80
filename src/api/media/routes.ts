/** `/v1/media`: upload a file, read it, or make a link that reads it without a token. */
import { createMiddleware } from "hono/factory";
import { isGraphId } from "../../graph/url.ts";
import type { ApiEnvironment } from "../../http/context.ts";
import { encodingProblem } from "../../http/encoding.ts";
import { authorize, withKnownQuery } from "../../http/middleware.ts";
import { refuse } from "../../http/problems.ts";
import { createRoutes } from "../../http/routes.ts";
import type { ProblemResponse } from "../../lib/problem.ts";
import { signMediaLink, verifyMediaLink } from "../../media/link.ts";
import { serveMedia } from "../../media/serve.ts";
import { findMediaSource, mediaPlaces } from "../../media/source.ts";
import { readUpload, uploadMedia } from "../../media/upload.ts";
import type { MediaFile } from "../../store/media.ts";
import { timestamp } from "../schema.ts";
import {
  invalidUpload,
  NO_LINK,
  refusedUpload,
  unreadableUpload,
  unservedMedia,
} from "./problems.ts";
import type { MediaLinkView, MediaView } from "./schema.ts";

/** Lets a signed link through without a token; any other request needs one. */
const authorizeReader = createMiddleware<ApiEnvironment, "/media/:id", object, ProblemResponse>(
  async (context, next) => {
    const proof = {
      expires: context.req.query("expires"),
      signature: context.req.query("signature"),
    };
    const { config } = context.var;
    if (!(await verifyMediaLink(config, context.req.param("id"), proof, Date.now()))) {
      return authorize("read")(context, next);
    }
    context.set("caller", null);
    return withKnownQuery(context, next);
  },
);

export const mediaRoutes = createRoutes()
  .post("/media", authorize("send"), async (context) => {
    const { config } = context.var;
    const encoded = encodingProblem(context.req.raw);
    if (encoded !== null) return refuse(context, encoded);
    const places = mediaPlaces(context.env, config);
    const reading = await readUpload(context.req.raw);
    if (!reading.ok) {
      return refuse(context, unreadableUpload(reading, places.bucket !== null));
    }
    const from = reading.upload.from ?? config.phoneNumberId;
    if (!isGraphId(from)) {
      const detail = "must be the id of a business number of yours, as Meta gives it";
      return refuse(context, invalidUpload("/from", detail));
    }
    const result = await uploadMedia(places, from, reading.upload, Date.now());
    if (!result.ok) return refuse(context, refusedUpload(result));
    const media = presentMedia(result.file);
    return context.json(media, 201, { location: media.url });
  })
  .get("/media/:id", authorizeReader, async (context) => {
    const places = mediaPlaces(context.env, context.var.config);
    const result = await serveMedia(places, context.req.param("id"), {
      headers: context.req.raw.headers,
      wantsBody: context.req.method !== "HEAD",
    });
    return result.ok ? result.response : refuse(context, unservedMedia(result));
  })
  .post("/media/:id/link", authorize("read"), async (context) => {
    const { config } = context.var;
    const id = context.req.param("id");
    if ((await findMediaSource(context.var.database, id)) === null) {
      return refuse(context, unservedMedia({ ok: false, reason: "unknown" }));
    }
    const link = await signMediaLink(config, id, Date.now());
    if (link === null) return refuse(context, NO_LINK);
    const view: MediaLinkView = { url: link.url, expires_at: timestamp(link.expires_at) };
    return context.json(view, 200);
  });

function presentMedia(file: MediaFile): MediaView {
  return {
    id: file.id,
    meta_id: file.renewed_meta_id ?? file.meta_id,
    mime_type: file.mime_type,
    sha256: file.sha256,
    size_bytes: file.size_bytes,
    filename: file.filename,
    url: `/v1/media/${file.id}`,
    stored: file.stored_at !== null,
    created_at: timestamp(file.created_at),
  };
}
