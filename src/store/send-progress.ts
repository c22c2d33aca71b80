/** What conversation objects report of the messages they send, into D1. */
import { sql } from "drizzle-orm";
import { survivorOf } from "./merged-conversations.ts";
import { statementsOf } from "./statement.ts";
import { adoptStatuses } from "./status-recompute.ts";

/** One message's progress; columns of `messages` by name. */
export type SendProjection = {
  id: string;
  conversation_id: string;
  state_revision: number;
  state: string;
  wamid: string | null;
  /** JSON text. */
  error: string | null;
  failed_at: number | null;
};

/**
 * Statements for rows of SendProjection as JSON, to run in order in one batch: the states, and the
 * statuses that came before their wamid was known. A wamid that an echo brought first stays the
 * echo's: one wamid is one row.
 */
export const recordSends = statementsOf((rows) => [
  sql`
    UPDATE messages SET
      conversation_id = told.conversation_id, state = told.state, error = told.error,
      failed_at = told.failed_at, state_revision = told.state_revision,
      wamid = coalesce(messages.wamid, CASE WHEN NOT EXISTS (
        SELECT 1 FROM messages AS other
        WHERE other.wamid = told.wamid AND other.phone_number_id = messages.phone_number_id)
        THEN told.wamid END)
    FROM (
      SELECT value ->> 'id' AS id,
        ${survivorOf(sql`value ->> 'conversation_id'`)} AS conversation_id,
        value ->> 'state' AS state, value ->> 'error' AS error, value ->> 'wamid' AS wamid,
        value ->> 'failed_at' AS failed_at, value ->> 'state_revision' AS state_revision
      FROM json_each(${rows})) AS told
    WHERE messages.id = told.id AND told.state_revision > messages.state_revision`,
  ...adoptStatuses(sql`SELECT value ->> 'id' FROM json_each(${rows})`),
]);
