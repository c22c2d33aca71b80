/** The newest message of each conversation, for lists that show one. */
import type { Database } from "./d1.ts";
import type { MessageRow } from "./messages.ts";
import { sql } from "./sql.ts";

/** What a list shows of a message, without its payload. */
export type LastMessageRow = Pick<
  MessageRow,
  | "id"
  | "conversation_id"
  | "direction"
  | "type"
  | "body"
  | "edited_body"
  | "revoked_at"
  | "state"
  | "meta_status"
  | "sent_by"
  | "created_at"
>;

/**
 * The newest message of each conversation that has one, by conversation id. Reactions, edits and revokes
 * don't count: they show at the messages that they target.
 */
export async function lastMessages(
  database: Database,
  conversationIds: readonly string[],
): Promise<Map<string, LastMessageRow>> {
  if (conversationIds.length === 0) return new Map();
  const rows = await database.all<LastMessageRow>(sql`
    SELECT messages.id, messages.conversation_id, messages.direction, messages.type, messages.body,
      messages.edited_body, messages.revoked_at, messages.state, messages.meta_status,
      messages.sent_by, messages.created_at
    FROM json_each(${JSON.stringify(conversationIds)}) AS asked CROSS JOIN messages
    WHERE messages.conversation_id = asked.value AND messages.id = (
      SELECT newest.id FROM messages AS newest
      WHERE newest.conversation_id = asked.value
        AND newest.type NOT IN ('reaction', 'edit', 'revoke')
      ORDER BY newest.id DESC LIMIT 1)`);
  return new Map(rows.map((row) => [row.conversation_id, row]));
}
