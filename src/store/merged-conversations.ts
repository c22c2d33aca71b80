/** Conversations that became part of another, in D1. */
import { sql, type SQL, type SQLWrapper } from "drizzle-orm";
import type { Database } from "./database.ts";
import { runBatch } from "./run-batch.ts";

/** Messages moved in one statement, so that none holds D1's one thread for long. */
const MESSAGES_AT_ONCE = 500;

/** The conversation that an id stands for today. */
export function survivorOf(id: SQLWrapper | string): SQL {
  return sql`coalesce((SELECT into_id FROM merged_conversations WHERE id = ${id}), ${id})`;
}

/** The conversations that became part of these. */
export async function listMergedInto(
  database: Database,
  ids: readonly string[],
): Promise<string[]> {
  if (ids.length === 0) return [];
  const rows = await database.all<{ id: string }>(sql`
    SELECT merged.id FROM json_each(${JSON.stringify(ids)}) AS asked
    CROSS JOIN merged_conversations AS merged
    WHERE merged.into_id = asked.value`);
  return rows.map(({ id }) => id);
}

/** An object that takes a conversation in is itself no longer part of another. */
export async function reclaimConversation(database: Database, id: string): Promise<void> {
  await runBatch(database, [sql`DELETE FROM merged_conversations WHERE id = ${id}`]);
}

/**
 * Makes the id and all its messages belong to another conversation. Repeating it changes nothing.
 * From its first statement on, whoever still writes under the old id writes under the new one.
 */
export async function redirectConversation(
  database: Database,
  from: string,
  into: string,
): Promise<void> {
  await runBatch(database, [
    sql`INSERT INTO merged_conversations (id, into_id) VALUES (${from}, ${into})
        ON CONFLICT DO UPDATE SET into_id = excluded.into_id`,
    sql`UPDATE merged_conversations SET into_id = ${into} WHERE into_id = ${from}`,
    // The survivor may have been part of this one before.
    sql`DELETE FROM merged_conversations WHERE id = ${into}`,
  ]);
  for (;;) {
    const moved = await database.run(sql`
      UPDATE messages SET conversation_id = ${into} WHERE id IN (
        SELECT id FROM messages WHERE conversation_id = ${from} LIMIT ${MESSAGES_AT_ONCE})`);
    if (moved.meta.changes === 0) break;
  }
  await runBatch(database, [
    sql`UPDATE conversations SET
          owner = coalesce(owner, (SELECT owner FROM conversations WHERE id = ${from})),
          subject = coalesce(subject, (SELECT subject FROM conversations WHERE id = ${from})),
          contact_name =
            coalesce(contact_name, (SELECT contact_name FROM conversations WHERE id = ${from}))
        WHERE id = ${into}`,
    sql`DELETE FROM conversation_addresses WHERE conversation_id = ${from}`,
    sql`DELETE FROM conversations WHERE id = ${from}`,
  ]);
}

/** The conversations are gone, and no id leads to them any more. */
export async function eraseConversations(
  database: Database,
  ids: readonly string[],
): Promise<void> {
  const wanted = sql`(SELECT value FROM json_each(${JSON.stringify(ids)}))`;
  await runBatch(database, [
    sql`DELETE FROM merged_conversations WHERE id IN ${wanted} OR into_id IN ${wanted}`,
    sql`DELETE FROM conversation_addresses WHERE conversation_id IN ${wanted}`,
    sql`DELETE FROM conversations WHERE id IN ${wanted}`,
  ]);
}
