/** `POST /{phone_number_id}/media`, and `GET` and `DELETE /{media_id}`. */
import { encodingProblem } from "../../http/encoding.ts";
import { createRoutes } from "../../http/routes.ts";
import { signMediaLink } from "../../media/link.ts";
import { deleteMedia, lookUpMedia, mediaPlaces } from "../../media/source.ts";
import { readUpload, uploadMedia } from "../../media/upload.ts";
import { NO_LINK, refusedUpload, unreadableUpload, unservedMedia } from "../media/problems.ts";
import { authorizeGraph, refuse, requireGraphId } from "./context.ts";
import type { GraphMediaView } from "./schema.ts";

export const graphMediaRoutes = createRoutes()
  .post(
    "/:phone_number_id/media",
    authorizeGraph("send"),
    requireGraphId("phone_number_id"),
    async (context) => {
      const encoded = encodingProblem(context.req.raw);
      if (encoded !== null) return refuse(context, encoded);
      const places = mediaPlaces(context.env, context.var.config);
      const reading = await readUpload(context.req.raw);
      if (!reading.ok) return refuse(context, unreadableUpload(reading, places.bucket !== null));
      const result = await uploadMedia(
        places,
        context.req.param("phone_number_id"),
        reading.upload,
        Date.now(),
      );
      // Meta's own id, as Graph would answer: every route accepts it like our id.
      return result.ok
        ? context.json({ id: result.file.renewed_meta_id ?? result.file.meta_id })
        : refuse(context, refusedUpload(result));
    },
  )
  .get("/:media_id", authorizeGraph("read"), async (context) => {
    const { config } = context.var;
    const id = context.req.param("media_id");
    const result = await lookUpMedia(
      mediaPlaces(context.env, config),
      id,
      context.req.query("phone_number_id") ?? null,
      Date.now(),
    );
    if (!result.ok) return refuse(context, unservedMedia(result));
    const link = await signMediaLink(config, id, Date.now());
    if (link === null) return refuse(context, NO_LINK);
    const view: GraphMediaView = {
      messaging_product: "whatsapp",
      url: new URL(link.url, context.req.url).href,
      ...result.media,
      id,
    };
    return context.json(view);
  })
  .delete("/:media_id", authorizeGraph("send"), async (context) => {
    const result = await deleteMedia(
      mediaPlaces(context.env, context.var.config),
      context.req.param("media_id"),
      Date.now(),
    );
    return result.ok ? context.json({ success: true }) : refuse(context, unservedMedia(result));
  });
