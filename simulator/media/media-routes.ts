import { Hono } from "hono";
import { hexadecimal } from "../encoding.ts";
import type { GraphContext, GraphEnvironment } from "../graph/graph-context.ts";
import { businessNumber, refuse } from "../graph/graph-context.ts";
import { unknownObject } from "../graph/graph-error.ts";
import type { Effect } from "../trouble/effect.ts";
import { LostConnection } from "../trouble/troubled-call.ts";
import type { StoredMedia } from "./media-store.ts";
import { MEDIA_DOWNLOAD_PATH, URL_LIFE_MS } from "./media-store.ts";
import { readMediaUpload } from "./media-upload.ts";

/** Upload, lookup and deletion of media. */
export function mediaRoutes(): Hono<GraphEnvironment> {
  const routes = new Hono<GraphEnvironment>();

  routes.post("/:id/media", async (c) => {
    const number = businessNumber(c, c.req.param("id"));
    if (number === undefined) return refuse(c, unknownObject(c.req.param("id")));
    const upload = await readMediaUpload(c.req.raw);
    if (!upload.ok) return refuse(c, upload.error);
    const { mimeType, filename, bytes } = upload;
    const { id } = await c.env.stage.media.add({
      phoneNumberId: number.id,
      origin: "uploaded",
      mimeType,
      filename,
      bytes,
    });
    return c.json({ id });
  });

  routes.get("/:id", (c) => {
    const media = ownedMedia(c, c.req.param("id"));
    if (media === undefined) return refuse(c, unknownObject(c.req.param("id")));
    return c.json({
      messaging_product: "whatsapp",
      url: downloadUrl(c, media),
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
    if (media === undefined) return c.body(null, 404);
    const headers = { "Content-Type": media.mimeType, "Content-Length": `${media.bytes.length}` };
    if (hasEffect(c, "cut_off")) return c.body(brokenOff(media.bytes), 200, headers);
    const bytes = hasEffect(c, "wrong_bytes") ? altered(media.bytes) : media.bytes;
    return c.body(bytes, 200, headers);
  });
}

/** Somebody else's; nothing is there. */
const FOREIGN_HOST = "https://files.example";

function downloadUrl(c: GraphContext, media: StoredMedia): string {
  const { stage } = c.env;
  const lifeMs = hasEffect(c, "expired_url") ? 0 : URL_LIFE_MS;
  const host = hasEffect(c, "foreign_host") ? FOREIGN_HOST : c.req.url;
  return new URL(stage.media.download(media, lifeMs), host).href;
}

function hasEffect(c: GraphContext, kind: Effect["kind"]): boolean {
  return c.env.effects.some((effect) => effect.kind === kind);
}

function altered(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const other = bytes.slice();
  other[0] = 255 - (other[0] ?? 0);
  return other;
}

/** The first half, and then the connection breaks. */
function brokenOff(bytes: Uint8Array<ArrayBuffer>): ReadableStream {
  let isHalfSent = false;
  return new ReadableStream({
    pull(controller) {
      if (isHalfSent) controller.error(new LostConnection());
      else controller.enqueue(bytes.subarray(0, bytes.length / 2));
      isHalfSent = true;
    },
  });
}

/** With `phone_number_id` in the query, Meta looks only among that number's media. */
function ownedMedia(c: GraphContext, id: string): StoredMedia | undefined {
  const media = c.env.stage.media.find(id);
  const owner = c.req.query("phone_number_id");
  return owner === undefined || media?.phoneNumberId === owner ? media : undefined;
}
