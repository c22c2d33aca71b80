/** A person's messages in D1, for export and for erasure with their statuses and files. */
import { lowestMessageId } from "../lib/ids.ts";
import { runLogged, selectChanged } from "./change-log.ts";
import type { Database } from "./d1.ts";
import { IDEMPOTENCY_KEY_LIFE_MS } from "./idempotency-keys.ts";
import { hasId, hasIdIn } from "./message-keys.ts";
import { type MessageRow, selectMessages, type StatusRow } from "./messages.ts";
import { limitTo, listOf, sql, type SQL } from "./sql.ts";
import { STATUS_RANK } from "./statuses.ts";

/** The last 16 digits of an id identify its message at any place. */
const FROM_TAIL = -16;

/** The messages of a conversation, or those that a person wrote in groups. */
export type OwnMessages =
  | { of: "conversation"; id: string; until?: Until }
  /** By any identity of the person, in Meta's spelling. */
  | { of: "participant"; identities: readonly string[] };

/** The messages before a moment. Meta's stamps are in seconds, so `but` lists those within its second. */
export type Until = {
  /** The last millisecond of our own messages. */
  ours: number;
  /** The lowest id of Meta's messages that is too late. */
  others: string;
  but: readonly string[];
};

/** A page of messages, oldest first; `after` is the last id of the page before. */
export async function listOwnMessages(
  database: Database,
  own: OwnMessages,
  { after, limit }: { after: string; limit: number },
): Promise<MessageRow[]> {
  // For groups, without the `+` SQLite would read all messages in order to find one person's.
  const id = own.of === "participant" ? sql`+messages.id` : sql`messages.id`;
  return selectMessages(
    database,
    sql`WHERE ${isOwn(own)} AND ${id} > ${after} ORDER BY ${id} ${limitTo(limit)}`,
  );
}

/** Ids of up to `limit` messages; none once all are deleted. */
export async function listOwnMessageIds(
  database: Database,
  own: OwnMessages,
  limit: number,
): Promise<string[]> {
  const rows = await database.all<{ id: string }>(
    sql`SELECT id FROM messages WHERE ${isOwn(own)} ${limitTo(limit)}`,
  );
  return rows.map(({ id }) => id);
}

/** The statuses of these messages, by message id and in order. */
export async function listStatusesOf(
  database: Database,
  messageIds: readonly string[],
): Promise<Map<string, StatusRow[]>> {
  const rows = await database.all<StatusRow & { message_id: string }>(sql`
    SELECT * FROM (
      SELECT m.id AS message_id, s.status, s.at, s.participant, s.payload
      ${statusesOf(messageIds)})
    ORDER BY at, ${STATUS_RANK}, status`);
  return Map.groupBy(rows, ({ message_id }) => message_id);
}

/**
 * Ids of the files to delete with these messages: those that no other message carries. With
 * `withReceived`, also files that the customer sent and staff forwarded to others.
 */
export async function listFilesOf(
  database: Database,
  messageIds: readonly string[],
  { withReceived }: { withReceived: boolean },
): Promise<string[]> {
  const ids = JSON.stringify(messageIds);
  const rows = await database.all<{ id: string }>(sql`
    SELECT DISTINCT media.id
    FROM json_each(${ids}) AS input CROSS JOIN messages AS m CROSS JOIN media
    WHERE ${hasId("m", sql`input.value`)} AND media.id = m.media_id
      AND (${withReceived ? 1 : 0} AND media.origin = 'received' OR NOT EXISTS (
        SELECT 1 FROM messages AS other
        WHERE other.media_id IS NOT NULL AND other.media_id = media.id
          AND other.id NOT IN (SELECT value FROM json_each(${ids}))))`);
  return rows.map(({ id }) => id);
}

/** The living idempotency keys in these messages, which a Worker of 0.1.0 claimed. */
export async function listKeysOf(
  database: Database,
  messageIds: readonly string[],
  now: number,
): Promise<{ sent_by: string; idempotency_key: string }[]> {
  return database.all(sql`
    SELECT m.sent_by, m.idempotency_key
    FROM json_each(${JSON.stringify(messageIds)}) AS input CROSS JOIN messages AS m
    WHERE ${hasId("m", sql`input.value`)} AND m.idempotency_key IS NOT NULL
      AND m.id >= ${lowestMessageId(now - IDEMPOTENCY_KEY_LIFE_MS)}`);
}

/** Deletes these messages, their statuses and these files' rows in one transaction. */
export async function eraseMessages(
  database: Database,
  messageIds: readonly string[],
  fileIds: readonly string[],
): Promise<void> {
  const ids = sql`${JSON.stringify(messageIds)}`;
  const files = listOf(fileIds);
  const statements = [
    sql`
      DELETE FROM message_statuses WHERE (wamid, status, participant, phone_number_id) IN (
        SELECT s.wamid, s.status, s.participant, s.phone_number_id ${statusesOf(messageIds)})`,
    sql`DELETE FROM media WHERE id IN ${files}`,
    sql`DELETE FROM messages WHERE ${hasIdIn("messages", ids)}`,
  ];
  await runLogged(database, statements, { messages: messageIds }, [
    selectChanged(
      "conversation",
      "conversation_id",
      sql`FROM messages WHERE ${hasIdIn("messages", ids)}`,
    ),
    // Other messages may carry a file that its customer sent.
    selectChanged(
      "message",
      "id",
      sql`FROM messages WHERE media_id IS NOT NULL AND media_id IN ${files}`,
    ),
  ]);
}

function statusesOf(messageIds: readonly string[]): SQL {
  return sql`
    FROM json_each(${JSON.stringify(messageIds)}) AS input
    CROSS JOIN messages AS m CROSS JOIN message_statuses AS s
    WHERE ${hasId("m", sql`input.value`)} AND s.wamid = m.wamid AND s.phone_number_id = m.phone_number_id`;
}

function isOwn(own: OwnMessages): SQL {
  switch (own.of) {
    case "conversation": {
      const isOfIt = sql`messages.conversation_id = ${own.id}`;
      if (own.until === undefined) return isOfIt;
      const { ours, others, but } = own.until;
      return sql`${isOfIt} AND (
        iif(messages.direction = 'outbound', messages.created_at <= ${ours},
          messages.id < ${others})
        OR substr(messages.id, ${FROM_TAIL}) IN (
          SELECT substr(value, ${FROM_TAIL}) FROM json_each(${JSON.stringify(but)})))`;
    }
    case "participant": {
      const participant = sql.raw("messages.participant");
      const wanted = listOf(own.identities);
      return sql`${participant} IS NOT NULL
        AND (${participant} ->> 'user_id' IN ${wanted} OR ${participant} ->> 'wa_id' IN ${wanted})`;
    }
  }
}
