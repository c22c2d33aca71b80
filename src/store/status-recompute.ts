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
  const told = sql`
    message_statuses AS s
    WHERE s.wamid = messages.wamid AND s.phone_number_id = messages.phone_number_id`;
  const payload = sql`CASE WHEN json_valid(s.payload) THEN s.payload END`;
  return sql`
    UPDATE messages SET
      (meta_status, meta_error) = (
        SELECT status, CASE status WHEN 'failed' THEN ${payload} -> '$.errors[0]' END FROM ${told}
        ORDER BY ${STATUS_RANK} DESC, at DESC, status, participant LIMIT 1),
      pricing = (
        SELECT ${payload} -> '$.pricing' AS price FROM ${told}
        ORDER BY price IS NULL, at DESC, status, participant LIMIT 1),
      (sent_at, delivered_at, read_at, meta_failed_at) = (
        SELECT
          min(CASE status WHEN 'sent' THEN at END),
          coalesce(
            min(CASE status WHEN 'delivered' THEN at END),
            min(CASE WHEN status IN ('read', 'played') THEN at END)),
          min(CASE WHEN status IN ('read', 'played') THEN at END),
          min(CASE status WHEN 'failed' THEN at END)
        FROM ${told})
    WHERE id IN (${messageIds}) AND EXISTS (SELECT 1 FROM ${told})`;
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
