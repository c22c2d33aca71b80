import { Hono } from "hono";
import { hexadecimal } from "../encoding.ts";
import type { GraphContext, GraphEnvironment } from "../graph/graph-context.ts";
import { businessNumber, refuse } from "../graph/graph-context.ts";
import { unknownObject } from "../graph/graph-error.ts";
import type { StoredMedia } from "./media-store.ts";
import { MEDIA_DOWNLOAD_PATH } from "./media-store.ts";
import { readMediaUpload } from "./media-upload.ts";

/** Upload, lookup and deletion of media. */
export function mediaRoutes(): Hono<GraphEnvironment> {
  const routes = new Hono<GraphEnvironment>();

  routes.post("/:id/media", async (c) => {
    const number = businessNumber(c, c.req.param("id"));
    if (number === undefined) return refuse(c, unknownObject(c.req.param("id")));
    const upload = await readMediaUpload(c.req.raw);
    if (!upload.ok) return refuse(c, upload.error);
    const { mimeType, bytes } = upload;
    const { id } = await c.env.stage.media.add({
      phoneNumberId: number.id,
      origin: "uploaded",
      mimeType,
      bytes,
    });
    return c.json({ id });
  });

  routes.get("/:id", (c) => {
    const media = ownedMedia(c, c.req.param("id"));
    if (media === undefined) return refuse(c, unknownObject(c.req.param("id")));
    return c.json({
      messaging_product: "whatsapp",
      url: new URL(c.env.stage.media.download(media), c.req.url).href,
      mime_type: media.mimeType,
      sha256: hexadecimal(media.sha256),
      file_size: media.bytes.length,
      id: media.id,
    });
  });

  routes.delete("/:id", (c) => {
    const media = ownedMedia(c, c.req.param("id"));
    if (media === undefined) return refuse(c, unknownObject(c.req.param("id")));
    c.env.stage.media.delete(media.id);
    return c.json({ success: true });
  });

  return routes;
}

/** The bytes themselves; Meta serves them from another host, the simulator from its own. */
export function mediaDownloadRoute(): Hono<GraphEnvironment> {
  return new Hono<GraphEnvironment>().get(MEDIA_DOWNLOAD_PATH, (c) => {
    const media = c.env.stage.media.findByHash(c.req.query("hash") ?? "");
    return media === undefined
      ? c.body(null, 404)
      : c.body(media.bytes, 200, { "Content-Type": media.mimeType });
  });
}

/** With `phone_number_id` in the query, Meta looks only among that number's media. */
function ownedMedia(c: GraphContext, id: string): StoredMedia | undefined {
  const media = c.env.stage.media.find(id);
  const owner = c.req.query("phone_number_id");
  return owner === undefined || media?.phoneNumberId === owner ? media : undefined;
}
