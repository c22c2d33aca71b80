/** Files in D1: those that customers sent and those that callers uploaded. */
import { runLogged, selectChanged } from "./change-log.ts";
import type { Database } from "./d1.ts";
import type { media } from "./schema.ts";
import { sql, type SQL } from "./sql.ts";

export type MediaFile = typeof media.$inferSelect;

/** The prefix of our ids; Meta's ids never have it. */
export const MEDIA_ID_PREFIX = "med_";

/** Finds a file by our id or by Meta's; if Meta delivered it twice, the newest row. */
export async function findMediaFile(db: Database, id: string): Promise<MediaFile | null> {
  const column = sql.raw(id.startsWith(MEDIA_ID_PREFIX) ? "id" : "meta_id");
  const [file] = await db.all<MediaFile>(
    sql`SELECT * FROM media WHERE ${column} = ${id} ORDER BY created_at DESC LIMIT 1`,
  );
  return file ?? null;
}

/** An upload for this number with these bytes and this name that Meta keeps until after a time. */
export async function findUpload(
  db: Database,
  {
    phone_number_id,
    sha256,
    mime_type,
    filename,
  }: Pick<MediaFile, "phone_number_id" | "mime_type" | "filename"> & {
    sha256: string;
  },
  keptBeyond: number,
): Promise<MediaFile | null> {
  // First the partial index's condition.
  const [file] = await db.all<MediaFile>(sql`
    SELECT * FROM media
    WHERE origin = 'uploaded' AND sha256 = ${sha256} AND phone_number_id = ${phone_number_id}
      AND meta_expires_at > ${keptBeyond} AND mime_type = ${mime_type} AND filename IS ${filename}
    ORDER BY meta_expires_at DESC LIMIT 1`);
  return file ?? null;
}

export async function insertMediaFile(db: Database, file: MediaFile): Promise<void> {
  await db.run(sql`
    INSERT INTO media (
      id, phone_number_id, origin, meta_id, renewed_meta_id, meta_expires_at, mime_type, sha256,
      filename, size_bytes, stored_at, error, created_at)
    VALUES (
      ${file.id}, ${file.phone_number_id}, ${file.origin}, ${file.meta_id}, ${file.renewed_meta_id},
      ${file.meta_expires_at}, ${file.mime_type}, ${file.sha256}, ${file.filename},
      ${file.size_bytes}, ${file.stored_at}, ${file.error}, ${file.created_at})`);
}

/** Records that the bucket has the file; false if its row was deleted. */
export async function recordStored(
  db: Database,
  id: string,
  stored: { size_bytes: number; sha256: string; stored_at: number },
): Promise<boolean> {
  const { size_bytes, sha256, stored_at } = stored;
  const update = sql`
    UPDATE media SET
      size_bytes = ${size_bytes}, sha256 = ${sha256}, stored_at = ${stored_at}, error = NULL
    WHERE id = ${id}`;
  const [result] = await runLogged(db, [update], {}, [carriersOf(id)]);
  return result !== undefined && result.meta.changes > 0;
}

/** Records why the bucket lacks the file; the same reason again writes nothing. */
export async function recordArchiveError(db: Database, id: string, error: string): Promise<void> {
  const isNews = sql`id = ${id} AND stored_at IS NULL AND error IS NOT ${error}`;
  const news = sql`${carriersOf(id)} AND EXISTS (SELECT 1 FROM media WHERE ${isNews})`;
  await runLogged(db, [sql`UPDATE media SET error = ${error} WHERE ${isNews}`], {}, [news]);
}

/** The messages that show the file. */
function carriersOf(id: string): SQL {
  return selectChanged(
    "message",
    "messages.id",
    sql`FROM messages WHERE media_id IS NOT NULL AND media_id = ${id}`,
  );
}

/** Records a newer copy at Meta. */
export async function recordRenewal(
  db: Database,
  id: string,
  renewed: { renewed_meta_id: string; meta_expires_at: number },
): Promise<void> {
  const { renewed_meta_id, meta_expires_at } = renewed;
  await db.run(sql`
    UPDATE media SET renewed_meta_id = ${renewed_meta_id}, meta_expires_at = ${meta_expires_at}
    WHERE id = ${id}`);
}

/** Records that Meta no longer has the file. */
export async function recordMetaCopyGone(db: Database, id: string, at: number): Promise<void> {
  await db.run(sql`UPDATE media SET meta_expires_at = ${at} WHERE id = ${id}`);
}
