/**
 * One file by our id or Meta's: where it is (D1, Meta, the bucket), what is known of it without its
 * bytes, and how it is deleted at Meta.
 */
import type { Config } from "../config/config.ts";
import { createGraphClient, type GraphClient, type GraphFailure } from "../graph/client.ts";
import { isGraphId } from "../graph/url.ts";
import { createDatabase, type Database } from "../store/d1.ts";
import {
  findMediaFile,
  MEDIA_ID_PREFIX,
  type MediaFile,
  recordMetaCopyGone,
} from "../store/media.ts";
import { bucketOf } from "./bucket.ts";
import { isGone } from "./rules.ts";

export type MediaSource = {
  id: string;
  /** Our row; null for a file that only Meta may know. */
  file: MediaFile | null;
  /** Meta's id of its newest copy. */
  metaId: string;
  phoneNumberId: string | null;
};

/** Finds a file by our id or Meta's; null for an id that is neither. */
export async function findMediaSource(db: Database, id: string): Promise<MediaSource | null> {
  const file = await findMediaFile(db, id);
  if (file !== null) {
    const metaId = file.renewed_meta_id ?? file.meta_id;
    return { id, file, metaId, phoneNumberId: file.phone_number_id };
  }
  if (id.startsWith(MEDIA_ID_PREFIX) || !isGraphId(id)) return null;
  return { id, file, metaId: id, phoneNumberId: null };
}

export type MediaPlaces = { graph: GraphClient; database: Database; bucket: R2Bucket | null };

export function mediaPlaces(
  env: Pick<Env, "DB"> & { MEDIA?: R2Bucket },
  config: Config,
): MediaPlaces {
  return {
    graph: createGraphClient(config),
    database: createDatabase(env.DB),
    bucket: bucketOf(env),
  };
}

export type ServeResult =
  | { ok: true; response: Response }
  /** No file ever had this id. */
  | { ok: false; reason: "unknown" }
  /** Meta has deleted the file. */
  | { ok: false; reason: "gone" }
  | { ok: false; reason: "meta"; failure: GraphFailure };

const OK = 200;

/**
 * The result of a failed call to Meta about a file.
 *
 * @param isKnown whether we have a row for it: without one, the id may never have been a file's
 */
export function refusal(
  failure: GraphFailure,
  isKnown: boolean,
): Exclude<ServeResult, { ok: true }> {
  if (isGone(failure)) return { ok: false, reason: isKnown ? "gone" : "unknown" };
  // A good answer without a download address is about another kind of object: a number, an account.
  const isOther = !isKnown && failure.error.http_status === OK;
  return isOther ? { ok: false, reason: "unknown" } : { ok: false, reason: "meta", failure };
}

/** `sha256` in lower-case hex; the size in bytes. Null = unknown. */
type MediaFacts = { mime_type: string; sha256: string | null; file_size: number | null };

type LookUpResult = { ok: true; media: MediaFacts } | Exclude<ServeResult, { ok: true }>;

/**
 * The file's facts by our id or Meta's, as long as it is stored here or Meta has it. An uploaded file
 * counts as unknown once Meta's copy has expired or was deleted, as at Meta.
 *
 * @param phoneNumberId finds only this number's files; null = of all numbers
 * @param now milliseconds since the epoch
 */
export async function lookUpMedia(
  { graph, database }: MediaPlaces,
  id: string,
  phoneNumberId: string | null,
  now: number,
): Promise<LookUpResult> {
  const source = await findMediaSource(database, id);
  const owner = source?.phoneNumberId ?? phoneNumberId;
  if (source === null || (phoneNumberId !== null && owner !== phoneNumberId)) {
    return { ok: false, reason: "unknown" };
  }
  const { file } = source;
  if (file?.origin === "uploaded" && file.meta_expires_at <= now) {
    return { ok: false, reason: "unknown" };
  }
  if (file !== null && file.stored_at !== null) {
    const { mime_type, sha256, size_bytes: file_size } = file;
    return { ok: true, media: { mime_type, sha256, file_size } };
  }
  const info = await graph.mediaInfo(owner, source.metaId);
  if (!info.ok) return refusal(info, file !== null);
  const { mime_type, sha256, file_size } = info.value;
  const media = {
    mime_type: file?.mime_type ?? mime_type,
    sha256: file?.sha256 ?? sha256,
    file_size: file?.size_bytes ?? file_size,
  };
  return { ok: true, media };
}

type DeleteResult = { ok: true } | Exclude<ServeResult, { ok: true }>;

/**
 * Deletes a file at Meta, by our id or Meta's. Our copy stays with the messages that carry it, and the
 * same bytes are uploaded again if they are sent again.
 *
 * @param now milliseconds since the epoch
 */
export async function deleteMedia(
  { graph, database }: MediaPlaces,
  id: string,
  now: number,
): Promise<DeleteResult> {
  const source = await findMediaSource(database, id);
  if (source === null) return { ok: false, reason: "unknown" };
  if (source.file === null) {
    // The token may delete more than files, so the id must first prove to be a file's.
    const info = await graph.mediaInfo(null, source.metaId);
    if (!info.ok) return refusal(info, false);
  }
  const deleted = await graph.deleteMedia(source.phoneNumberId, source.metaId);
  if (!deleted.ok) return refusal(deleted, source.file !== null);
  if (source.file !== null) await recordMetaCopyGone(database, source.file.id, now);
  return { ok: true };
}
