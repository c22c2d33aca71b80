/** Fallbacks in D1: messages that were sent instead of others. */
import { runLogged } from "./change-log.ts";
import type { Database } from "./d1.ts";
import { hasId, IS_SENT_AS_INPUT, ON_KNOWN_MESSAGE } from "./message-keys.ts";
import { type MessageRow, selectMessages } from "./messages.ts";
import { jsonChunks } from "./rows.ts";
import { sql } from "./sql.ts";

/** A fallback; its row copies all other columns from the other message. */
type FallbackClaim = {
  id: string;
  fallback_of: string;
  type: string;
  body: string;
  payload: string;
  /** The id of its file. */
  media_id: string | null;
  send_options: string;
  expires_at: number;
  created_at: number;
};

/** Inserts a fallback unless the message has one; whether the stored one is this one. */
export async function insertFallback(
  database: Database,
  { id, fallback_of, ...own }: FallbackClaim,
): Promise<boolean> {
  const insert = sql`
      INSERT INTO messages (
        id, fallback_of, type, body, payload, media_id, send_options, expires_at, created_at, state,
        conversation_id, phone_number_id, direction, metadata, biz_opaque_callback_data, sent_by)
      SELECT
        ${id}, ${fallback_of}, ${own.type}, ${own.body}, ${own.payload}, ${own.media_id},
        ${own.send_options}, ${own.expires_at}, ${own.created_at}, 'queued',
        conversation_id, phone_number_id, direction, metadata, biz_opaque_callback_data, sent_by
      FROM messages WHERE ${hasId("messages", sql`${fallback_of}`)}
      ${ON_KNOWN_MESSAGE}`;
  await runLogged(database, [insert], { messages: [id] });
  const stored = await findFallback(database, fallback_of);
  return stored?.id === id;
}

/** The fallback that was sent instead of this message. */
export async function findFallback(
  database: Database,
  messageId: string,
): Promise<MessageRow | null> {
  const [row] = await selectMessages(
    database,
    sql`WHERE messages.fallback_of IS NOT NULL AND messages.fallback_of = ${messageId} LIMIT 1`,
  );
  return row ?? null;
}

/** A message that Meta accepted and later failed. */
type LateFailure = {
  id: string;
  conversation_id: string;
  type: string;
  /** Where its fallback is due: Meta's reason is the closed session window, and none was sent yet. */
  send_options: string | null;
};

/** The messages of these wamids that failed. */
export async function listLateFailures(
  database: Database,
  wamids: readonly { wamid: string; phone_number_id: string }[],
  refusalCode: number,
): Promise<LateFailure[]> {
  const failed: LateFailure[] = [];
  for (const chunk of jsonChunks(wamids)) {
    // Meta writes a code as a number or as text.
    const rows = await database.all<LateFailure>(sql`
      SELECT m.id, m.conversation_id, m.type,
        CASE WHEN m.meta_error ->> 'code' IN (${refusalCode}, ${String(refusalCode)})
          AND m.send_options ->> 'fallback' IS NOT NULL
          AND NOT EXISTS (
            SELECT 1 FROM messages AS sent
            WHERE sent.fallback_of IS NOT NULL AND sent.fallback_of = m.id)
        THEN m.send_options END AS send_options
      FROM json_each(${chunk}) AS input CROSS JOIN messages AS m
      WHERE ${IS_SENT_AS_INPUT} AND m.meta_status = 'failed'`);
    failed.push(...rows);
  }
  return failed;
}
