/**
 * Statuses of a queue batch into D1: one transaction, whatever their number.
 *
 * A status of an outbound message, as Meta reported it and as it travels through the queue.
 *
 * What Meta's statuses make of a message, recomputed from all of its recorded statuses: whatever
 * order they come in, and however often, the result is the same.
 *
 * What conversation objects report of the messages they send, into D1.
 */
import { sql, type SQL } from "drizzle-orm";
import { survivorOf } from "./conversations.ts";
import { type Database, runBatch, statementOf, statementsOf } from "./d1.ts";
import type { StatusToRecord } from "./message-status.ts";
import { namingOf, newlyNamed, type NewlyNamed, selectNewlyNamed } from "./newly-named.ts";
import { jsonChunks } from "./rows.ts";

/**
 * Selects the ids of messages by wamid, in the order of a join that SQLite can't turn round: a
 * row value in a list would not use the partial index but read every message there is.
 *
 * @param rows JSON objects with a wamid and a phone_number_id
 */
export function messagesByWamid(rows: SQL): SQL {
  return sql`
    SELECT m.id FROM json_each(${rows}) AS told CROSS JOIN messages AS m
    WHERE m.wamid = told.value ->> 'wamid'
      AND m.phone_number_id = told.value ->> 'phone_number_id'`;
}

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

type RecordedStatuses = {
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
