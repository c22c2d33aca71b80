/** Statuses of a queue batch into D1: one transaction, whatever their number. */
import { sql, type SQL } from "drizzle-orm";
import type { MessageStatus } from "../messages/message-status.ts";
import type { Database } from "./database.ts";
import { runBatch } from "./run-batch.ts";
import { recomputeStatuses } from "./status-recompute.ts";
import { jsonChunks } from "./value-size.ts";

/**
 * Records the statuses and recomputes the messages they speak of. Those whose message is not known
 * yet wait as rows. Repeating it changes nothing; throws what D1 throws.
 */
export async function recordStatuses(
  database: Database,
  statuses: readonly MessageStatus[],
): Promise<void> {
  await runBatch(database, jsonChunks(statuses).flatMap(statements));
}

function statements(rows: string): SQL[] {
  return [
    // A status may know our id before the answer to the send has told us the wamid.
    sql`
      UPDATE messages SET wamid = told.wamid
      FROM (
        SELECT value ->> 'message_id' AS id, value ->> 'wamid' AS wamid
        FROM json_each(${rows}) WHERE value ->> 'message_id' IS NOT NULL) AS told
      WHERE messages.id = told.id AND messages.wamid IS NULL
        AND messages.direction = 'outbound'`,
    sql`
      INSERT INTO message_statuses (
        wamid, status, participant, phone_number_id, message_id, at, payload, received_at)
      SELECT
        value ->> 'wamid', value ->> 'status', value ->> 'participant',
        value ->> 'phone_number_id',
        (SELECT id FROM messages
         WHERE wamid = value ->> 'wamid' AND phone_number_id = value ->> 'phone_number_id'),
        value ->> 'at', value ->> 'payload', value ->> 'received_at'
      FROM json_each(${rows})
      WHERE true
      ON CONFLICT DO NOTHING`,
    recomputeStatuses(sql`
      SELECT id FROM messages WHERE (wamid, phone_number_id) IN (
        SELECT value ->> 'wamid', value ->> 'phone_number_id' FROM json_each(${rows}))`),
  ];
}
