/** Files at the simulated Meta and in our records, as webhooks and uploads leave them. */
import { env } from "cloudflare:workers";
import { parseConfig } from "../../src/config/config.ts";
import { mediaPlaces, type MediaPlaces } from "../../src/media/source.ts";
import { insertMediaFile, type MediaFile } from "../../src/store/media.ts";
import { NUMBER } from "./paloma.ts";
import { unique } from "./store-rows.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

export const FILE_TEXT = "%PDF-1.7 receta de Luna";

export async function sha256Of(bytes: Uint8Array): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

export function places(): MediaPlaces {
  const parsed = parseConfig({ ...env });
  if (!parsed.ok) throw new Error("not configured");
  return mediaPlaces(env, parsed.config);
}

/** A file that Meta has and whose row is there; nobody was asked to fetch it. */
export async function fileAtMeta(
  changes: Partial<MediaFile> = {},
  bytes: Uint8Array = new TextEncoder().encode(FILE_TEXT),
): Promise<MediaFile> {
  const form = new FormData();
  form.set("messaging_product", "whatsapp");
  form.set("type", "application/pdf");
  form.set("file", new File([bytes], "receta.pdf", { type: "application/pdf" }));
  const response = await fetch(`https://graph.facebook.com/v25.0/${NUMBER}/media`, {
    method: "POST",
    headers: { authorization: "Bearer test-access-token" },
    body: form,
  });
  const { id }: { id: string } = await response.json();
  return fileRow({ meta_id: id, sha256: await sha256Of(bytes), ...changes });
}

/** A row as the webhook writes it. */
export async function fileRow(changes: Partial<MediaFile> = {}): Promise<MediaFile> {
  const now = Date.now();
  const file: MediaFile = {
    id: unique("med_"),
    phone_number_id: NUMBER,
    origin: "received",
    meta_id: String(crypto.getRandomValues(new Uint32Array(1))[0]),
    renewed_meta_id: null,
    meta_expires_at: now + 7 * DAY_MS,
    mime_type: "application/pdf",
    sha256: null,
    filename: "receta.pdf",
    size_bytes: null,
    stored_at: null,
    error: null,
    created_at: now,
    ...changes,
  };
  await insertMediaFile(places().database, file);
  return file;
}
