/** The files known to us. */
import { desc, eq } from "drizzle-orm";
import type { Database } from "./database.ts";
import { media } from "./schema.ts";

export type MediaFile = typeof media.$inferSelect;

/** Our ids begin so; Meta's never do. */
export const MEDIA_ID_PREFIX = "med_";

/** By our id, or by Meta's: the newest, should Meta have told of it twice. */
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

export async function insertMediaFile(db: Database, file: MediaFile): Promise<void> {
  await db.insert(media).values(file);
}
