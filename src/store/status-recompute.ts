/**
 * What Meta's statuses make of a message, recomputed from all of its recorded statuses: whatever
 * order they come in, and however often, the result is the same.
 */
import { sql, type SQL } from "drizzle-orm";

/**
 * sent < failed < delivered < read < played, since `failed` can follow `sent`, and `delivered`
 * may never come. A value not known yet ranks below all of these, and above our own states.
 */
export const STATUS_RANK = sql`CASE status
  WHEN 'sent' THEN 1 WHEN 'failed' THEN 2 WHEN 'delivered' THEN 3
  WHEN 'read' THEN 4 WHEN 'played' THEN 5 ELSE 0 END`;

/**
 * The statement that brings the messages up to date with their statuses. A payload nested deeper
 * than SQLite reads has nothing for us, and must not hold the others up.
 *
 * @param messageIds selects the ids of the messages concerned
 */
function recomputeStatuses(messageIds: SQL): SQL {
  return sql`
    UPDATE messages SET
      meta_status = derived.status,
      meta_error = CASE derived.status WHEN 'failed' THEN derived.payload -> '$.errors[0]' END,
      pricing = derived.pricing,
      sent_at = derived.sent_at,
      delivered_at = coalesce(derived.delivered_at, derived.read_at),
      read_at = derived.read_at,
      meta_failed_at = derived.failed_at
    FROM (
      SELECT
        message_id, status, payload, row_number() OVER best AS place,
        first_value(payload -> '$.pricing') OVER priced AS pricing,
        min(CASE status WHEN 'sent' THEN at END) OVER whole AS sent_at,
        min(CASE status WHEN 'delivered' THEN at END) OVER whole AS delivered_at,
        min(CASE WHEN status IN ('read', 'played') THEN at END) OVER whole AS read_at,
        min(CASE status WHEN 'failed' THEN at END) OVER whole AS failed_at
      FROM (
        SELECT m.id AS message_id, s.status, s.at, s.participant,
          CASE WHEN json_valid(s.payload) THEN s.payload END AS payload
        FROM messages AS m
        JOIN message_statuses AS s
          ON s.wamid = m.wamid AND s.phone_number_id = m.phone_number_id
        WHERE m.id IN (${messageIds}))
      WINDOW
        whole AS (PARTITION BY message_id),
        best AS (PARTITION BY message_id ORDER BY ${STATUS_RANK} DESC, at DESC, status, participant),
        priced AS (
          PARTITION BY message_id
          ORDER BY payload -> '$.pricing' IS NULL, at DESC, status, participant)
    ) AS derived
    WHERE messages.id = derived.message_id AND derived.place = 1`;
}

/**
 * Statements for messages whose wamid may just have become known, to run in order in one batch:
 * the statuses that waited for it become theirs.
 *
 * @param messageIds selects the ids of the messages concerned
 */
export function adoptStatuses(messageIds: SQL): SQL[] {
  return [
    sql`
      UPDATE message_statuses SET message_id = m.id
      FROM messages AS m
      WHERE m.id IN (${messageIds}) AND message_statuses.wamid = m.wamid
        AND message_statuses.phone_number_id = m.phone_number_id
        AND message_statuses.message_id IS NULL`,
    recomputeStatuses(messageIds),
  ];
}
