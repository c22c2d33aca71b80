import type { Identifiers } from "../identifiers.ts";
import type { Settings } from "../settings.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
/** Meta, "Media": ids of uploads live 30 days, ids from webhooks 7. */
const UPLOADED_LIFE_MS = 30 * DAY_MS;
const INBOUND_LIFE_MS = 7 * DAY_MS;
/** Meta, "Media": a download address lives 5 minutes. */
export const URL_LIFE_MS = 5 * 60 * 1000;

export interface StoredMedia {
  readonly id: string;
  readonly phoneNumberId: string;
  readonly origin: "uploaded" | "inbound";
  readonly mimeType: string;
  /** Of the upload; null for what a customer sent. */
  readonly filename: string | null;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly sha256: Uint8Array;
  /** Unix milliseconds. */
  readonly expiresAt: number;
}

interface NewMedia {
  readonly phoneNumberId: string;
  readonly origin: "uploaded" | "inbound";
  readonly mimeType: string;
  /** Of the upload; null for what a customer sent. */
  readonly filename: string | null;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export interface MediaStore {
  add(media: NewMedia): Promise<StoredMedia>;
  /** Undefined when unknown, deleted or past its life. */
  find(id: string): StoredMedia | undefined;
  delete(id: string): void;
  /** Path and query of a download address that lives so long. */
  download(media: StoredMedia, lifeMs: number): string;
  /** What a download address stands for, undefined once it is past its life. */
  findByHash(hash: string): StoredMedia | undefined;
}

export const MEDIA_DOWNLOAD_PATH = "/whatsapp_business/attachments/";

export function mediaStore(settings: Settings, identifiers: Identifiers): MediaStore {
  const media = new Map<string, StoredMedia>();
  const downloads = new Map<string, { readonly id: string; readonly expiresAt: number }>();

  function find(id: string): StoredMedia | undefined {
    const found = media.get(id);
    return found !== undefined && settings.now() < found.expiresAt ? found : undefined;
  }

  return {
    find,
    async add(added) {
      const lifeMs = added.origin === "uploaded" ? UPLOADED_LIFE_MS : INBOUND_LIFE_MS;
      const stored: StoredMedia = {
        ...added,
        id: identifiers.objectId(),
        sha256: new Uint8Array(await crypto.subtle.digest("SHA-256", added.bytes)),
        expiresAt: settings.now() + lifeMs,
      };
      media.set(stored.id, stored);
      return stored;
    },
    delete: (id) => void media.delete(id),
    download({ id }, lifeMs) {
      const hash = identifiers.mediaHash();
      const expiresAt = settings.now() + lifeMs;
      downloads.set(hash, { id, expiresAt });
      return `${MEDIA_DOWNLOAD_PATH}?mid=${id}&ext=${Math.floor(expiresAt / 1000)}&hash=${hash}`;
    },
    findByHash(hash) {
      const download = downloads.get(hash);
      return download !== undefined && settings.now() < download.expiresAt
        ? find(download.id)
        : undefined;
    },
  };
}
