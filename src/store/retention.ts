/** What is older than it may be kept, in bounded steps. */
import { sql, type SQL } from "drizzle-orm";
import { lowestId, lowestMessageId } from "../messages/message-id.ts";
import type { Database } from "./database.ts";
import { IDEMPOTENCY_KEY_LIFE_MS } from "./messages.ts";
import { runBatch } from "./run-batch.ts";

/** Rows a step takes away, so that none holds D1's one thread for long. */
const ROWS_AT_ONCE = 500;

/** Conversations a step takes away: each is a call of its object. */
const CONVERSATIONS_AT_ONCE = 50;

export type OldMessage = {
  id: string;
  conversation_id: string;
  /** 1 if it is a customer's and staff never read it. */
  unread: number;
};

/** The oldest, but for those that are yet to be sent, and those whose idempotency key still lives. */
export async function listOldMessages(
  database: Database,
  before: number,
  now: number,
): Promise<OldMessage[]> {
  return database.all<OldMessage>(sql`
    SELECT m.id, m.conversation_id,
      m.direction = 'inbound' AND m.id > coalesce(c.read_up_to, '') AS unread
    FROM messages AS m LEFT JOIN conversations AS c ON c.id = m.conversation_id
    WHERE m.id < ${lowestMessageId(before)}
      AND (m.state NOT IN ('pending', 'scheduled', 'queued') OR m.expires_at < ${before})
      AND (m.idempotency_key IS NULL OR m.id < ${lowestMessageId(now - IDEMPOTENCY_KEY_LIFE_MS)})
    ORDER BY m.id LIMIT ${ROWS_AT_ONCE}`);
}

/** Ids of files that no message carries any more, or ever did. */
export async function listOldFiles(database: Database, before: number): Promise<string[]> {
  const rows = await database.all<{ id: string }>(sql`
    SELECT id FROM media
    WHERE id < ${lowestId("med_", before)}
      AND NOT EXISTS (
        SELECT 1 FROM messages
        WHERE messages.media_id IS NOT NULL AND messages.media_id = media.id)
    ORDER BY id LIMIT ${ROWS_AT_ONCE}`);
  return rows.map(({ id }) => id);
}

export async function eraseFiles(database: Database, ids: readonly string[]): Promise<void> {
  await runBatch(database, [
    sql`DELETE FROM media WHERE id IN (SELECT value FROM json_each(${JSON.stringify(ids)}))`,
  ]);
}

/** Returns how many. */
export async function eraseOldAccountEvents(database: Database, before: number): Promise<number> {
  return eraseWithParts(
    database,
    "account_events",
    sql`SELECT id FROM account_events WHERE received_at < ${before}
        ORDER BY received_at, id LIMIT ${ROWS_AT_ONCE}`,
  );
}

/** Returns how many. */
export async function eraseOldDeadLetters(database: Database, before: number): Promise<number> {
  return eraseWithParts(
    database,
    "dead_letters",
    sql`SELECT id FROM dead_letters WHERE id < ${lowestId("ded_", before)}
        ORDER BY id LIMIT ${ROWS_AT_ONCE}`,
  );
}

async function eraseWithParts(
  database: Database,
  table: "account_events" | "dead_letters",
  ids: SQL,
): Promise<number> {
  const [, erased] = await runBatch(database, [
    sql`DELETE FROM oversized_values WHERE owner_id IN (${ids})`,
    sql`DELETE FROM ${sql.identifier(table)} WHERE id IN (${ids})`,
  ]);
  return erased?.meta.changes ?? 0;
}

/** Ids of conversations in which nothing was said since, and of which no message is left. */
export async function listSilentConversations(
  database: Database,
  before: number,
): Promise<string[]> {
  const rows = await database.all<{ id: string }>(sql`
    SELECT id FROM conversations
    WHERE last_message_at < ${before}
      AND NOT EXISTS (SELECT 1 FROM messages WHERE conversation_id = conversations.id)
    ORDER BY last_message_at, id LIMIT ${CONVERSATIONS_AT_ONCE}`);
  return rows.map(({ id }) => id);
}
