/** Files in D1: those that customers sent and those that callers uploaded. */
import { and, desc, eq, gt, isNull, sql } from "drizzle-orm";
import type { Database } from "./d1.ts";
import { media } from "./schema.ts";

export type MediaFile = typeof media.$inferSelect;

/** The prefix of our ids; Meta's ids never have it. */
export const MEDIA_ID_PREFIX = "med_";

/** Finds a file by our id or by Meta's; if Meta delivered it twice, the newest row. */
export async function findMediaFile(db: Database, id: string): Promise<MediaFile | null> {
  const column = id.startsWith(MEDIA_ID_PREFIX) ? media.id : media.meta_id;
  const [file] = await db
    .select()
    .from(media)
    .where(eq(column, id))
    .orderBy(desc(media.created_at))
    .limit(1);
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
  const [file] = await db
    .select()
    .from(media)
    .where(
      and(
        // The partial index's condition.
        sql`origin = 'uploaded'`,
        eq(media.sha256, sha256),
        eq(media.phone_number_id, phone_number_id),
        gt(media.meta_expires_at, keptBeyond),
        eq(media.mime_type, mime_type),
        sql`filename IS ${filename}`,
      ),
    )
    .orderBy(desc(media.meta_expires_at))
    .limit(1);
  return file ?? null;
}

export async function insertMediaFile(db: Database, file: MediaFile): Promise<void> {
  await db.insert(media).values(file);
}

/** Records that the bucket has the file; false if its row was deleted. */
export async function recordStored(
  db: Database,
  id: string,
  stored: { size_bytes: number; sha256: string; stored_at: number },
): Promise<boolean> {
  const result = await db
    .update(media)
    .set({ ...stored, error: null })
    .where(eq(media.id, id));
  return result.meta.changes > 0;
}

/** Records why the bucket lacks the file; the same reason again writes nothing. */
export async function recordArchiveError(db: Database, id: string, error: string): Promise<void> {
  await db
    .update(media)
    .set({ error })
    .where(and(eq(media.id, id), isNull(media.stored_at), sql`error IS NOT ${error}`));
}

/** Records a newer copy at Meta. */
export async function recordRenewal(
  db: Database,
  id: string,
  renewed: { renewed_meta_id: string; meta_expires_at: number },
): Promise<void> {
  await db.update(media).set(renewed).where(eq(media.id, id));
}

/** Records that Meta no longer has the file. */
export async function recordMetaCopyGone(db: Database, id: string, at: number): Promise<void> {
  await db.update(media).set({ meta_expires_at: at }).where(eq(media.id, id));
}
