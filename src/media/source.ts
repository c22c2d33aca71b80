/**
 * A file to serve, by what we and Meta know of it.
 *
 * Where files are: at Meta, in our records, and in the bucket if there is one.
 *
 * What a file is, without its bytes.
 *
 * Takes a file away from Meta; a copy kept here stays with the messages that carry it.
 *
 * What comes of a request about a file.
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
  /** What our row says; null for a file that only Meta may know. */
  file: MediaFile | null;
  /** Meta's id of its newest copy. */
  metaId: string;
  phoneNumberId: string | null;
};

/** By our id or Meta's; null for an id that is neither. */
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
  /** No file of this id was ever known. */
  | { ok: false; reason: "unknown" }
  /** It was there, and Meta has deleted it. */
  | { ok: false; reason: "gone" }
  | { ok: false; reason: "meta"; failure: GraphFailure };

const OK = 200;

/**
 * A failed call to Meta about a file.
 *
 * @param isKnown whether we know it: of any other id only Meta can say whether it ever was a file's
 */
export function refusal(
  failure: GraphFailure,
  isKnown: boolean,
): Exclude<ServeResult, { ok: true }> {
  if (isGone(failure)) return { ok: false, reason: isKnown ? "gone" : "unknown" };
  // A good answer without an address tells of something else: a number, an account.
  const isOther = !isKnown && failure.error.http_status === OK;
  return isOther ? { ok: false, reason: "unknown" } : { ok: false, reason: "meta", failure };
}

/** `sha256` in lower-case hex; the size in bytes. Null = not told. */
type MediaFacts = { mime_type: string; sha256: string | null; file_size: number | null };

type LookUpResult = { ok: true; media: MediaFacts } | Exclude<ServeResult, { ok: true }>;

/**
 * The file by our id or Meta's, as long as it is stored here or Meta has it. What was uploaded to be
 * sent is known as long as it is at Meta: gone there, by time or by command, it is gone.
 *
 * @param phoneNumberId looks among this number's files alone; null = among all
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
 * By our id or Meta's; messages that carried it keep naming it, and the same bytes are uploaded anew.
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
    // The token may delete more than files, and the id could be anything's.
    const info = await graph.mediaInfo(null, source.metaId);
    if (!info.ok) return refusal(info, false);
  }
  const deleted = await graph.deleteMedia(source.phoneNumberId, source.metaId);
  if (!deleted.ok) return refusal(deleted, source.file !== null);
  if (source.file !== null) await recordMetaCopyGone(database, source.file.id, now);
  return { ok: true };
}
