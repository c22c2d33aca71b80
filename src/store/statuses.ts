/** Statuses of a queue batch into D1: one transaction, whatever their number. */
import { sql, type SQL } from "drizzle-orm";
import type { MessageStatus } from "../messages/message-status.ts";
import type { Database } from "./database.ts";
import { messagesByWamid } from "./messages-by-wamid.ts";
import { namingOf, newlyNamed, selectNewlyNamed, type NewlyNamed } from "./newly-named.ts";
import { runBatch } from "./run-batch.ts";
import { statementOf, statementsOf } from "./statement.ts";
import { adoptStatuses, STATUS_RANK } from "./status-recompute.ts";
import { jsonChunks } from "./value-size.ts";

/** A status, and the ids under which the people whom it names would have been erased. */
export type StatusToRecord = MessageStatus & {
  erasure_ids?: readonly string[];
  /** The addresses of whom it went to: canonical phones and BSUIDs. */
  addresses?: readonly string[];
};

export type RecordedStatuses = {
  known: KnownStatus[];
  /** What of it says something new of who a person is. */
  named: NewlyNamed[];
};

/** A status whose message is known. */
export type KnownStatus = { message_id: string; status: string; participant: string; at: number };

/**
 * Records the statuses and recomputes the messages they speak of. Those whose message is not known
 * yet wait as rows, but for those of somebody who was erased: their message is not known any more. Returns those whose message is known, recorded just now or before, and with
 * them all that waited for a message nobody confirmed; and by what else people are known. Repeating it
 * changes nothing; throws what D1 throws.
 */
export async function recordStatuses(
  database: Database,
  statuses: readonly StatusToRecord[],
): Promise<RecordedStatuses> {
  const chunks = jsonChunks(statuses);
  if (chunks.length === 0) return { known: [], named: [] };
  const naming = jsonChunks(namingOf(statuses));
  const results = await runBatch(database, [
    ...naming.map(selectNewlyNamed),
    ...chunks.flatMap(record),
    ...chunks.map(selectKnown),
  ]);
  return {
    known: knownStatuses(results.slice(-chunks.length)),
    named: newlyNamed(results.slice(0, naming.length)),
  };
}

/** What `selectKnown` and `statusesOf` select. */
export function knownStatuses(results: readonly D1Result[]): KnownStatus[] {
  // The columns of our own statements.
  return results.flatMap(({ results: rows }) => rows as KnownStatus[]); // oxlint-disable-line typescript/no-unsafe-type-assertion
}

/** Every status of the messages with these ids (a JSON list), oldest first. */
export const statusesOf = statementOf((ids) =>
  inOrder(statusesOfMessages(sql`SELECT value FROM json_each(${ids})`)),
);

function statusesOfMessages(messageIds: SQL): SQL {
  return sql`
    SELECT m.id AS message_id, s.status, s.participant, s.at
    FROM messages AS m CROSS JOIN message_statuses AS s
    WHERE m.id IN (${messageIds}) AND s.wamid = m.wamid AND s.phone_number_id = m.phone_number_id`;
}

/** As they happened; what shares a second in its usual order. */
function inOrder(statuses: SQL): SQL {
  return sql`SELECT * FROM (${statuses}) ORDER BY at, ${STATUS_RANK}`;
}

/** Takes away what waits for a message and speaks of this person, and what does in groups. */
export async function eraseStatuses(
  database: Database,
  identities: readonly string[],
): Promise<void> {
  const wanted = sql`(SELECT value FROM json_each(${JSON.stringify(identities)}))`;
  const key = sql`wamid, status, participant, phone_number_id`;
  await runBatch(database, [
    // A payload nested deeper than SQLite reads is looked at no further, and expires.
    sql`
      DELETE FROM message_statuses WHERE (${key}) IN (
        SELECT ${key} FROM message_statuses
        WHERE message_id IS NULL AND json_valid(payload)
          AND (payload ->> 'recipient_id' IN ${wanted}
            OR payload ->> 'recipient_user_id' IN ${wanted}))`,
    sql`
      DELETE FROM message_statuses WHERE (${key}) IN (
        SELECT ${key} FROM message_statuses
        WHERE participant <> '' AND participant IN ${wanted})`,
  ]);
}

/**
 * What waited for a message is told when its object records the wamid. Where Meta's answer was
 * lost it never will: such a message's statuses are told together, as often as one of them comes.
 */
const selectKnown = statementOf((rows) =>
  inOrder(sql`
    SELECT m.id AS message_id, told.value ->> 'status' AS status,
      told.value ->> 'participant' AS participant, told.value ->> 'at' AS at
    FROM json_each(${rows}) AS told CROSS JOIN messages AS m
    WHERE m.wamid = told.value ->> 'wamid'
      AND m.phone_number_id = told.value ->> 'phone_number_id'
    UNION
    ${statusesOfMessages(sql`${messagesByWamid(rows)} AND m.state <> 'accepted'`)}`),
);

const record = statementsOf((rows) => [
  // A status may know our id before the answer to the send has told us the wamid. One that claims
  // another message's wamid is ignored: it must not hold the others up.
  sql`
    UPDATE OR IGNORE messages SET wamid = told.wamid
    FROM (
      SELECT value ->> 'message_id' AS id, value ->> 'wamid' AS wamid,
        value ->> 'phone_number_id' AS phone_number_id
      FROM json_each(${rows}) WHERE value ->> 'message_id' IS NOT NULL) AS told
    WHERE messages.id = told.id AND messages.phone_number_id = told.phone_number_id
      AND messages.wamid IS NULL AND messages.direction = 'outbound'`,
  // Told twice with different times, the earliest counts, whichever comes first.
  sql`
    INSERT INTO message_statuses (
      wamid, status, participant, phone_number_id, message_id, at, payload, received_at)
    SELECT
      told.value ->> 'wamid', told.value ->> 'status', told.value ->> 'participant',
      told.value ->> 'phone_number_id', m.id,
      told.value ->> 'at', told.value ->> 'payload', told.value ->> 'received_at'
    FROM json_each(${rows}) AS told LEFT JOIN messages AS m
      ON m.wamid = told.value ->> 'wamid'
        AND m.phone_number_id = told.value ->> 'phone_number_id'
    WHERE m.id IS NOT NULL OR NOT EXISTS (
      SELECT 1 FROM json_each(told.value, '$.erasure_ids') AS named CROSS JOIN erasures
      WHERE erasures.id = named.value)
    ON CONFLICT DO UPDATE SET at = excluded.at, payload = excluded.payload
    WHERE (excluded.at, excluded.payload) < (message_statuses.at, message_statuses.payload)`,
  ...adoptStatuses(messagesByWamid(rows)),
]);
