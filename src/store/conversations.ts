/**
 * Conversations in D1: look-ups, merges, and the columns that D1 alone owns (name, owner, assignee,
 * subject).
 */
import { runLogged, selectChanged } from "./change-log.ts";
import { conversationIdsOf } from "./contacts.ts";
import type { Database } from "./d1.ts";
import { batchedLookup, fitsValue, jsonChunks } from "./rows.ts";
import type { conversations } from "./schema.ts";
import { listOf, sql, type SQL } from "./sql.ts";

/** Messages moved in one statement: a longer one would block D1's single thread. */
const MESSAGES_AT_ONCE = 500;

/** The conversation of an id today: the id itself, or the conversation that it was merged into. */
export function survivorOf(id: SQL | string): SQL {
  return sql`coalesce((SELECT into_id FROM merged_conversations WHERE id = ${id}), ${id})`;
}

/** The conversations that were merged into these. */
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

/** Undoes the merge of a conversation whose object takes over another one. */
export async function reclaimConversation(database: Database, id: string): Promise<void> {
  await runLogged(database, [sql`DELETE FROM merged_conversations WHERE id = ${id}`], {}, [
    selectChanged("conversation", "id", sql`FROM merged_conversations WHERE id = ${id}`),
  ]);
}

/**
 * Merges a conversation and all its messages into another. Idempotent. After the first statement,
 * writes under the old id reach the new conversation.
 */
export async function redirectConversation(
  database: Database,
  from: string,
  into: string,
): Promise<void> {
  const conversations = [from, into];
  const redirect = [
    sql`INSERT INTO merged_conversations (id, into_id) VALUES (${from}, ${into})
        ON CONFLICT DO UPDATE SET into_id = excluded.into_id`,
    sql`UPDATE merged_conversations SET into_id = ${into} WHERE into_id = ${from}`,
    // The target may have been merged into this conversation before.
    sql`DELETE FROM merged_conversations WHERE id = ${into}`,
  ];
  await runLogged(database, redirect, { conversations });
  for (;;) {
    const next = sql`
      FROM (SELECT id FROM messages WHERE conversation_id = ${from}
        ORDER BY id LIMIT ${MESSAGES_AT_ONCE})`;
    const move = sql`
      UPDATE messages SET conversation_id = ${into}
      WHERE conversation_id = ${from} AND id IN (SELECT id ${next})`;
    const [moved] = await runLogged(database, [move], {}, [selectChanged("message", "id", next)]);
    if (moved === undefined || moved.meta.changes === 0) break;
  }
  const end = [
    sql`UPDATE conversations SET
          owner = coalesce(owner, (SELECT owner FROM conversations WHERE id = ${from})),
          assignee = coalesce(assignee, (SELECT assignee FROM conversations WHERE id = ${from})),
          subject = coalesce(subject, (SELECT subject FROM conversations WHERE id = ${from})),
          (contact_name, contact_folded) = (
            SELECT contact_name, contact_folded FROM conversations AS named
            WHERE id IN (${into}, ${from})
            ORDER BY contact_name IS NULL, id <> ${into} LIMIT 1),
          messages_from = ''
        WHERE id = ${into}`,
    sql`DELETE FROM conversation_addresses WHERE conversation_id = ${from}`,
    sql`DELETE FROM conversations WHERE id = ${from}`,
  ];
  await runLogged(database, end, { conversations });
}

/** Deletes the conversations and every id that was merged into them. */
export async function eraseConversations(
  database: Database,
  ids: readonly string[],
): Promise<void> {
  const wanted = listOf(ids);
  const statements = [
    sql`DELETE FROM merged_conversations WHERE id IN ${wanted} OR into_id IN ${wanted}`,
    sql`DELETE FROM conversation_addresses WHERE conversation_id IN ${wanted}`,
    sql`DELETE FROM conversations WHERE id IN ${wanted}`,
  ];
  await runLogged(database, statements, {}, [
    selectChanged("conversation", "id", sql`FROM conversations WHERE id IN ${wanted}`),
  ]);
}

export type ConversationRow = typeof conversations.$inferSelect;

export const NEWEST_FIRST = sql.raw("ORDER BY last_message_at DESC, id DESC");

export function selectConversations(database: Database, which: SQL): Promise<ConversationRow[]> {
  return database.all<ConversationRow>(sql`SELECT * FROM conversations ${which}`);
}

/** Finds a conversation by its id, or by the id of one that was merged into it. */
export const findConversation = batchedLookup(loadConversations);

/** The newest conversation on a business number with the person of a current or former address. */
export const findConversationWith = batchedLookup(loadConversationsWith);

async function loadConversations(
  database: Database,
  ids: readonly string[],
): Promise<(ConversationRow | null)[]> {
  const found = new Map<string, ConversationRow>();
  for (const chunk of jsonChunks(ids.filter(fitsValue))) {
    const rows = await database.all<ConversationRow & { asked: string }>(sql`
      SELECT conversations.*, input.value AS asked
      FROM json_each(${chunk}) AS input
      JOIN conversations ON conversations.id = ${survivorOf(sql`input.value`)}`);
    for (const { asked, ...conversation } of rows) found.set(asked, conversation);
  }
  return ids.map((id) => found.get(id) ?? null);
}

async function loadConversationsWith(
  database: Database,
  keys: readonly { identity: string; phone_number_id: string }[],
): Promise<(ConversationRow | null)[]> {
  const wanted = listOf(keys.map(({ identity }) => identity));
  const rows = await database.all<ConversationRow & { asked: string }>(sql`
    SELECT conversations.*, user_id AS asked FROM conversations
    WHERE user_id IS NOT NULL AND user_id IN ${wanted}
    UNION ALL
    SELECT conversations.*, phone AS asked FROM conversations
    WHERE phone IS NOT NULL AND phone IN ${wanted}
    UNION ALL
    SELECT conversations.*, address AS asked
    FROM conversation_addresses AS known CROSS JOIN conversations
    WHERE known.address IN ${wanted} AND conversations.id = known.conversation_id
    ${NEWEST_FIRST}`);
  return keys.map(({ identity, phone_number_id }) => {
    const row = rows.find(
      (each) => each.asked === identity && each.phone_number_id === phone_number_id,
    );
    if (row === undefined) return null;
    const { asked: _asked, ...conversation } = row;
    return conversation;
  });
}

/** What only D1 knows of a conversation; null clears a column, absent keeps it. */
export type RecordChange = {
  owner?: string | null | undefined;
  assignee?: string | null | undefined;
  subject?: string | null | undefined;
  changed_by: string;
};

/** Sets the columns of the business, and who changed them; of a merged conversation those of the other. */
export async function patchConversation(
  database: Database,
  id: string,
  change: RecordChange,
  now: number,
): Promise<void> {
  const { owner, assignee, subject, changed_by } = change;
  const changes = [
    sql`changed_by = ${changed_by}, updated_at = ${now}`,
    ...(owner === undefined ? [] : [sql`owner = ${owner}`]),
    ...(assignee === undefined ? [] : [sql`assignee = ${assignee}`]),
    ...(subject === undefined ? [] : [sql`subject = ${subject}`]),
  ];
  const which = sql`WHERE id = ${survivorOf(id)}`;
  const update = sql`UPDATE conversations SET ${sql.join(changes, sql`, `)} ${which}`;
  await runLogged(database, [update], {}, [
    selectChanged("conversation", "id", sql`FROM conversations ${which}`),
  ]);
}

/** Conversations of one person, newest first. */
export async function conversationsOf(
  database: Database,
  address: { phone: string } | { user_id: string },
): Promise<ConversationRow[]> {
  const identity = "phone" in address ? address.phone : address.user_id;
  return selectConversations(database, sql`WHERE ${isWith(identity)} ${NEWEST_FIRST}`);
}

/** Whether the conversation is with the person of this address. */
export function isWith(identity: string): SQL {
  return sql`id IN (${conversationIdsOf(sql`${identity}`)})`;
}
